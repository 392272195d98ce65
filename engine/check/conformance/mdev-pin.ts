import { PAGE, type Pfn, type Result } from "../../core/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
} from "../../vfio/index.ts";
import {
  addMdev,
  addMtty,
  addPci,
  type Bench,
  type BenchOptions,
  type Process,
  setUp,
  withVendor,
} from "../bench/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import type { Area, Lab } from "./lab.ts";
import { containerOf } from "./vfio-states.ts";

/** Where the program's buffer is for the device. */
const AT = 16 * PAGE;
const PAGES = 4;
const RIGHTS = 3;

interface Ready {
  readonly bench: Bench;
  readonly app: Process;
  readonly container: number;
  readonly groups: readonly number[];
  readonly buffer: number;
  /** What the vendor driver was told of unmapping: [iova, size] each. */
  readonly told: (readonly [number, number])[];
}

interface Wish extends Omit<BenchOptions, "kernel" | "ops"> {
  readonly type?: number;
  /** A device of the bus is in the container too. */
  readonly hasPci?: boolean;
  /** The vendor driver asked to be told. */
  readonly listens?: boolean;
  /** What it does when it is told. */
  readonly onUnmap?: (bench: Bench) => void;
}

/** A mediated device in a container, and four pages mapped; its driver is asked through the verbs. */
function ready(lab: Lab, wish: Wish = {}): Ready {
  const { type = VFIO.VFIO_TYPE1v2_IOMMU, hasPci = false, listens = true, onUnmap, ...rest } = wish;
  const told: (readonly [number, number])[] = [];
  let bench: Bench | undefined;
  const ops = withVendor({
    unmapping: (_machine, _ops, _mdev, iova, size) => {
      told.push([iova, size]);
      if (bench) onUnmap?.(bench);
    },
  });
  bench = lab.bench({ ...rest, ops });
  addMtty(bench);
  const { app } = bench;
  const offered = [addMdev(bench), ...(hasPci ? [addPci(bench, "0000:01:00.0")] : [])];
  const { container, groups } = setUp(app, offered, type);
  const buffer = app.buffer(PAGES);
  app.good(app.map(container, { vaddr: buffer, iova: AT, size: PAGES * PAGE }), "map");
  if (listens) registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  return { bench, app, container, groups, buffer, told };
}

function pin({ machine }: Bench, ...pages: readonly number[]): Result<readonly Pfn[]> {
  return pinPages(machine, 0, { iovas: pages.map((page) => AT + page * PAGE), prot: RIGHTS });
}

function unpin({ machine }: Bench, ...pages: readonly number[]): Result<number> {
  return unpinPages(
    machine,
    0,
    pages.map((page) => AT + page * PAGE),
  );
}

/** The errno of a verb; nothing where it worked. */
function failed(got: Result<unknown>): Actual {
  return got.ok ? {} : { errno: got.errno };
}

/** vfio_pin_pages, vfio_unpin_pages, and the notifier. */
export const MDEV_PIN: Area = {
  "MDEV-PIN-001": (lab) => {
    const { machine } = ready(lab).bench;
    return [
      failed(pinPages(machine, -1, { iovas: [AT], prot: RIGHTS })),
      failed(pinPages(machine, 0, { iovas: [], prot: RIGHTS })),
    ];
  },
  "MDEV-PIN-005": (lab) => {
    const bench = lab.bench({ noiommu: true, ops: withVendor({ isUnshielded: () => true }) });
    addMtty(bench);
    setUp(bench.root, [addMdev(bench)], VFIO.VFIO_NOIOMMU_IOMMU);
    return failed(pin(bench, 0));
  },
  "MDEV-PIN-007": (lab) => {
    const { bench } = ready(lab, { type: VFIO.VFIO_TYPE1_IOMMU });
    return failed(pin(bench, 0));
  },
  "MDEV-PIN-008": (lab) => {
    const alone = at(lab);
    return [failed(pin(ready(lab, { listens: false }).bench, 0)), failed(pin(alone, 0))];
  },
  "MDEV-PIN-011": (lab) => {
    const { bench, app, buffer } = ready(lab);
    const got = pin(bench, 0, 1, 3);
    const frames = got.ok ? got.value : [];
    const wanted = [0, 1, 3].map((page) => bench.page(app, buffer + page * PAGE));
    return {
      result: prose(
        said("n", frames.length === wanted.length),
        said("phys_pfn[] filled", frames.join() === wanted.join()),
      ),
    };
  },
  "MDEV-PIN-012": (lab) => {
    const { bench, app, container } = ready(lab);
    const first = pin(bench, 0);
    const charged = app.lockedVm;
    const second = pin(bench, 0);
    const count = containerOf(app, container).dmas[0]?.pins[0]?.count ?? 0;
    const isSame = first.ok && second.ok && first.value[0] === second.value[0];
    return {
      result: prose(
        said(`ref_count ${count}`),
        said("same pfn", isSame),
        said("no new accounting", charged === 1 && app.lockedVm === charged),
      ),
    };
  },
  "MDEV-PIN-013": (lab) => {
    const { bench, app } = ready(lab);
    pin(bench, 0);
    pin(bench, 0);
    unpin(bench, 0);
    const once = [bench.pins, app.lockedVm].join();
    unpin(bench, 0);
    const twice = [bench.pins, app.lockedVm].join();
    return {
      result: prose(
        said("page stays pinned until the second unpin", once === "1,1" && twice === "0,0"),
      ),
    };
  },
  "MDEV-PIN-014": (lab) => {
    const { bench, app } = ready(lab, { memlock: 2 });
    pin(bench, 0);
    const one = app.lockedVm;
    pin(bench, 1);
    const over = pin(bench, 2);
    const isChecked = !over.ok && over.errno === "ENOMEM" && app.lockedVm === 2;
    return {
      event: prose(
        said(`task locked_vm += ${one}`),
        said("checked against the mapping task RLIMIT_MEMLOCK", isChecked && bench.pins === 2),
      ),
    };
  },
  "MDEV-PIN-016": (lab) => {
    const { bench, app } = ready(lab, { hasPci: true });
    const [charged, pinned] = [app.lockedVm, bench.pins];
    pin(bench, 0);
    return {
      result: prose(
        said("pins", bench.pins === pinned + 1),
        said("does no accounting", app.lockedVm === charged),
        said("(already counted at MAP)", charged === PAGES),
      ),
    };
  },
  "MDEV-PIN-017": (lab) => {
    const { bench, app } = ready(lab);
    app.fork(); // keeps the descriptors
    app.exit();
    return failed(pin(bench, 0));
  },
  "MDEV-PIN-019": (lab) => {
    const { bench } = ready(lab);
    const got = unpin(bench, 0, 1);
    return {
      result: prose(said("counted as done (returns npage)", got.ok && got.value === 2)),
    };
  },
  "MDEV-PIN-020": (lab) => {
    const { bench } = ready(lab);
    const later = unpin(bench, 0, PAGES);
    if (!later.ok || later.value !== 1) return { result: "a later address that is not mapped" };
    return failed(unpin(bench, PAGES, 0));
  },
  "MDEV-PIN-021": (lab) => {
    const { bench, app, container, buffer, told } = ready(lab, {
      onUnmap: (one) => void unpin(one, 3),
    });
    const second = AT + PAGES * PAGE;
    app.good(app.map(container, { vaddr: buffer, iova: second, size: PAGE }), "map");
    pin(bench, 3);
    const got = app.unmap(container, AT, (PAGES + 1) * PAGE);
    const isWhole = told.length === 1 && told[0]?.join() === [AT, PAGES * PAGE].join();
    const isAll = Number(got.written?.size) === (PAGES + 1) * PAGE;
    return {
      event: prose(
        said(
          "notifier VFIO_IOMMU_NOTIFY_DMA_UNMAP called with iova and size of the WHOLE vfio_dma",
          isWhole,
        ),
        said("lock dropped", bench.pins === 0), // its driver could call back, and unpin
        said("scan restarts", isAll),
      ),
    };
  },
  "MDEV-PIN-022": (lab) => {
    const { bench, app, container, told } = ready(lab);
    pin(bench, 0);
    const got = app.unmap(container, AT, PAGES * PAGE);
    return {
      event: prose(
        said("callback repeated", told.length > 1),
        said(`after more than ${told.length - 1} tries on the same mapping`),
        said("kernel BUG", got.bug !== undefined),
      ),
    };
  },
  "MDEV-PIN-023": (lab) => {
    const { app, container, told } = ready(lab);
    const got = app.unmap(container, AT, PAGES * PAGE);
    const isSilent = told.length === 0 && Number(got.written?.size) === PAGES * PAGE;
    return { event: prose(said("notifier is NOT called", isSilent)) };
  },
  "MDEV-PIN-024": (lab) => {
    const { machine } = ready(lab).bench;
    return [
      failed(registerNotifier(machine, 0, 0)),
      failed(registerNotifier(machine, -1, NOTIFY_DMA_UNMAP)),
    ];
  },
  "MDEV-PIN-025": (lab) => {
    const { machine } = ready(lab).bench;
    return [2, 3].map((events) => failed(registerNotifier(machine, 0, events)));
  },
};

/** A device of the bus, alone in its container: device 0. */
function at(lab: Lab): Bench {
  const bench = lab.bench();
  setUp(bench.app, [addPci(bench, "0000:01:00.0")]);
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  return bench;
}
