import { Iova, PAGE } from "../../core/index.ts";
import { iovaToFrame, translate } from "../../iommu/index.ts";
import {
  addNotifier,
  addWatcher,
  duplicate,
  FOLL,
  getUserPage,
  migratePage,
  peek,
  readFrame,
  writeFrame,
} from "../../mm/index.ts";
import { FLAG } from "../../task/index.ts";
import { addPci, type Offered, type Process, setUp } from "../bench/index.ts";
import { type Actual, outcome, prose, said } from "./compare.ts";
import { failed } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";
import { containerOf } from "./vfio-states.ts";

const WRITABLE = 2;

/** One page of a program, pinned by VFIO and mapped at its own address. */
export interface Pinned {
  readonly app: Process;
  readonly pci: Offered;
  readonly container: number;
  readonly at: number;
  /** The frame that the device has. */
  readonly frame: number;
}

export function pinned(lab: Lab, flags = 3): Pinned {
  const bench = lab.bench();
  const { app } = bench;
  const pci = addPci(bench, "0000:01:00.0");
  const { container } = setUp(app, [pci]);
  const at = app.buffer(1);
  app.good(app.map(container, { vaddr: at, iova: at, size: PAGE, flags }), "map");
  return { app, pci, container, at, frame: reached({ app, pci, at }) };
}

/** The frame that the device reaches by its address; -1 for none. */
export function reached({ app, pci, at }: Pick<Pinned, "app" | "pci" | "at">): number {
  const got = translate(app.bench.machine, pci.stream, Iova(at), "write");
  return got.ok ? got.pfn : -1;
}

/** The device writes one byte. */
export function write(one: Pinned, byte: number): void {
  writeFrame(one.app.bench.machine, reached(one) as never, 0, [byte]);
}

/** The device reads one byte. */
function read(one: Pinned): number {
  return readFrame(one.app.bench.machine, reached(one) as never, 0, 1)[0] ?? -1;
}

/** May the process write through its entry without a fault? */
export function isWritable({ bench, task }: Process, at: number): boolean {
  return ((peek(bench.machine, task.mm, at)?.flags ?? 0) & WRITABLE) !== 0;
}

/** What a pin does not keep: the link from an address to its page. */
export const PIN_HAZARD: Area = {
  "PIN-HAZARD-001": (lab) => {
    const one = pinned(lab);
    const { app, at, frame, container } = one;
    const { bench } = app;
    const [maps, { mark }] = [bench.mapcount(frame), bench];
    app.must("munmap", at, PAGE);
    const isSilent = bench.order(mark, "vfio.unmap", "iommu.unmap", "iommu.flush") === "";
    return {
      event: prose(
        said("PTE cleared", bench.page(app, at) === -1),
        said(`mapcount-${maps - bench.mapcount(frame)}`),
        said("P stays allocated", bench.refs(frame) === 1),
        said("DMA still reaches P", reached(one) === frame),
        said("nothing tells VFIO", isSilent && containerOf(app, container).dmas.length === 1),
      ),
    };
  },
  "PIN-HAZARD-002": (lab) => {
    const { app, at, container } = pinned(lab);
    const locked = app.buffer(2);
    app.must("mlock", locked, 2 * PAGE);
    const charges = [app.lockedVm];
    const after = (change: () => unknown) => {
      change();
      charges.push(app.lockedVm);
    };
    after(() => app.must("munmap", at, PAGE));
    after(() => app.must("munmap", locked, 2 * PAGE));
    after(() => app.unmap(container, at, PAGE));
    const [before, unmapped, unlocked, undone] = charges;
    return {
      result: prose(
        said("unchanged", before === 3 && unmapped === before),
        said("munmap subtracts only VM_LOCKED VMAs", unlocked === 1),
        said("the VFIO charge stays until UNMAP_DMA", unlocked === 1 && undone === 0),
      ),
    };
  },
  "PIN-HAZARD-003": (lab) => {
    const one = pinned(lab);
    const { app, at, frame } = one;
    const munmap = app.call("munmap", at, PAGE);
    app.memory(1, at);
    const store = app.store(at, "Q");
    const isNew = app.bench.page(app, at) !== frame && app.load(at, 1) === "Q";
    const isSilent = munmap.value === 0 && store.value === 0;
    return {
      event: prose(
        said("split brain", isNew && reached(one) === frame),
        said("device sees old P", read(one) === 1),
        said("CPU uses new page Q", isNew),
        said("no error anywhere", isSilent),
      ),
    };
  },
  "PIN-HAZARD-005": (lab) => {
    const one = pinned(lab);
    const { app, at, frame } = one;
    const got = app.call("madvise", at, PAGE, FLAG.MADV_DONTNEED);
    const isZapped = app.bench.page(app, at) === -1;
    const isZero = app.load(at, 1) === "\0" && app.bench.page(app, at) !== frame;
    return {
      ...outcome(got),
      event: prose(
        said("PTE zapped", isZapped),
        said("next touch gets a fresh zero page", isZero),
        said("device keeps P", reached(one) === frame && read(one) === 1),
      ),
    };
  },
  "PIN-HAZARD-006": (lab): Actual[] => {
    const { app, at } = pinned(lab);
    app.must("mlock", at, PAGE);
    const bench = lab.bench();
    const { device } = bench.hold(addPci(bench, "0000:02:00.0"));
    const bar = bench.app.must("mmap", 0, PAGE, FLAG.PROT_READ, FLAG.MAP_SHARED, device, 0);
    return [
      outcome(app.call("madvise", at, PAGE, FLAG.MADV_DONTNEED)),
      outcome(bench.app.call("madvise", bar, PAGE, FLAG.MADV_DONTNEED)),
    ];
  },
  "PIN-HAZARD-023": (lab) => {
    const { app, at, frame } = pinned(lab);
    const { machine } = app.bench;
    const locked = app.memory(1);
    app.must("mlock", locked, PAGE);
    const before = app.bench.page(app, locked);
    const isRefused = app.call("madvise", locked, PAGE, FLAG.MADV_DONTNEED).errno === "EINVAL";
    const isMoved = migratePage(machine, app.task.mm, locked).ok;
    const isResident = isRefused && before > 0 && app.bench.page(app, locked) > 0;
    const stays = !migratePage(machine, app.task.mm, at).ok;
    app.must("munmap", at, PAGE);
    const isKept = stays && app.bench.refs(frame) === 1;
    return {
      result: prose(
        said("mlock keeps the VA resident", isResident),
        said("but allows migration", isMoved && app.bench.page(app, locked) !== before),
        said("a pin keeps the page", isKept),
        said("but not the VA->page link", app.bench.page(app, at) === -1),
      ),
    };
  },
  "PIN-HAZARD-024": (lab) => {
    const { app } = lab.bench();
    const { bench } = app;
    const at = app.buffer(6);
    const rows = { firstRow: 0, rows: 0 };
    addNotifier(bench.machine, { mm: app.task.mm, asid: 1, pasid: 1, ...rows });
    const told = (change: () => unknown): string => {
      const { mark } = bench;
      change();
      const ranges = bench.seen(mark, "sva.invalidate").map(({ args }) => args.slice(1, 3));
      return ranges.map(([start = 0, size = 0]) => `${(start - at) / PAGE}+${size / PAGE}`).join();
    };
    const changes = [
      told(() => app.must("munmap", at, PAGE)),
      told(() => app.must("madvise", at + PAGE, PAGE, FLAG.MADV_DONTNEED)),
      told(() => app.must("mremap", at + 5 * PAGE, PAGE, PAGE, 3, at + 64 * PAGE)),
      told(() => app.fork()),
      told(() => app.store(at + 2 * PAGE, "x")),
    ];
    const [unmapped, dropped, moved, forked, broken] = changes;
    const areTold = unmapped === "0+1" && dropped === "1+1" && moved === "5+1" && broken === "2+1";
    return {
      event: prose(
        said(
          "invalidate_range_start/end delivered for the range",
          areTold && forked?.includes("1+4") === true,
        ),
      ),
    };
  },
  "PIN-HAZARD-025": (lab) =>
    [["munmap"], ["madvise", FLAG.MADV_DONTNEED]].map(([call = "", ...advice]) => {
      const { app } = lab.bench();
      const { bench } = app;
      const at = app.buffer(2);
      const frames = [bench.page(app, at), bench.page(app, at + PAGE)];
      addWatcher(bench.machine, app.task.mm);
      const watcher = () => bench.machine.watchers[0];
      const mapped = () =>
        frames.filter((frame, page) => bench.page(app, at + page * PAGE) === frame);
      const held = () => frames.filter((frame) => bench.refs(frame) === 1);
      app.begin(String(call), at, 2 * PAGE, ...advice);
      while (watcher()?.changing !== 1 && bench.step());
      const isThere = mapped().length === 2 && held().length === 2;
      while (watcher()?.changed !== 1 && bench.step());
      const isUnmapped = mapped().length === 0 && held().length === 2;
      bench.run();
      return {
        result: prose(
          said("all pages still mapped and referenced", isThere),
          said("after _end they are unmapped", isUnmapped && watcher()?.changing === 0),
          said("may be freed", held().length === 0),
        ),
      };
    }),
  "PIN-HAZARD-026": (lab) => {
    const one = pinned(lab);
    const { app, at, frame } = one;
    const isNone = app.bench.machine.notifiers.length === 0;
    app.must("munmap", at, PAGE);
    app.memory(1, at);
    app.store(at, "Q");
    const { domains } = containerOf(app, one.container);
    const entry = iovaToFrame(app.bench.machine, domains[0]?.domain ?? -1, at);
    return {
      result: prose(
        said("none", isNone),
        said("type1 pins", app.bench.pins === 1),
        said("never follows the CPU page table", entry === frame),
      ),
    };
  },
  "PIN-HAZARD-028": (lab) => {
    const { app, frame } = pinned(lab);
    return failed(duplicate(app.bench.machine, frame as never));
  },
  "PIN-HAZARD-030": (lab) => {
    const { app } = lab.bench();
    const at = app.buffer(1);
    const before = app.bench.page(app, at);
    for (let n = 0; n < 3; n += 1) getUserPage(app.bench.machine, app.task.mm, at, FOLL.GET);
    app.must("mprotect", at, PAGE, FLAG.PROT_READ);
    app.must("mprotect", at, PAGE, FLAG.PROT_READ | FLAG.PROT_WRITE);
    const isFault = !isWritable(app, at);
    app.store(at, "x");
    const isReused = isFault && app.bench.page(app, at) === before;
    return {
      event: prose(
        said("page is always reused", isReused),
        said("whatever its refcount", app.bench.refs(before) === 4),
      ),
    };
  },
  "PIN-HAZARD-031": (lab) => {
    const bench = lab.bench();
    const { app } = bench;
    const pci = addPci(bench, "0000:01:00.0");
    const { container } = setUp(app, [pci]);
    const at = app.buffer(1);
    const shared = bench.page(app, at);
    app.fork();
    app.good(app.map(container, { vaddr: at, iova: at, size: PAGE, flags: 1 }), "map");
    const own = bench.page(app, at);
    app.store(at, "x");
    const { domains } = containerOf(app, container);
    const entry = bench.translate(domains[0]?.domain ?? -1, at);
    return {
      event: prose(
        said("unshare fault first", own !== shared),
        said(
          "so the pin and the later write see the same page",
          entry === own && bench.page(app, at) === own && app.load(at, 1) === "x",
        ),
      ),
    };
  },
};
