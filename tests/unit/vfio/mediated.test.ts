import { expect, test } from "vitest";
import { KERNELS, PAGE } from "../../../engine/core/index.ts";
import { addIommu } from "../../../engine/iommu/index.ts";
import { writeMemory, ZERO_PAGE } from "../../../engine/mm/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { frameOf, leaves, pinsOf, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const AT = 16 * PAGE;

/** A container with a stock mediated device, two mappings of 2 pages, and a device of the bus. */
function ready(options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  bench.mdev("mtty");
  bench.pci("0000:01:00.0");
  const [container = -1, mdev = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const pci = bench.fd(pid, "/dev/vfio/1");
  const buffer = bench.buffer(pid, 4);
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  bench.good(bench.map(pid, container, buffer, AT, 2 * PAGE));
  bench.good(bench.map(pid, container, buffer + 2 * PAGE, AT + 2 * PAGE, 2 * PAGE));
  const join = () => bench.ioctl(pid, pci, "VFIO_GROUP_SET_CONTAINER", container);
  return { bench, pid, container, mdev, pci, buffer, join };
}

/** The vendor driver of the mediated device pins one page. @returns its frame */
function pin(bench: Bench, iova: number): number {
  const pinned = pinPages(bench.machine, 0, { iovas: [iova], prot: 3 });
  if (!pinned.ok) throw new Error(pinned.why);
  return pinned.value[0] as number;
}

test.each(KERNELS)(
  "MDEV-PIN-021, MDEV-PIN-023: in %s who pinned hears of the whole mapping, who did not hears nothing",
  (kernel) => {
    const { bench, pid, container } = ready({ kernel });
    pin(bench, AT + 3 * PAGE);
    const told: number[][] = [];
    bench.unmapping = (iova, size) => {
      told.push([iova, size]);
      if (told.length < 11) return; // ten more calls are allowed
      unpinPages(bench.machine, 0, [AT + 3 * PAGE]);
    };
    const reply = bench.unmap(pid, container, AT, 4 * PAGE);
    expect(reply).toMatchObject({ ok: true, written: { size: BigInt(4 * PAGE) } });
    expect(told).toEqual(new Array(11).fill([AT + 2 * PAGE, 2 * PAGE]));
    expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]?.dmas]).toEqual([
      0,
      0,
      [],
    ]);
  },
);

test("MDEV-PIN-022: who keeps its pins crashes the kernel, after the eleventh call", () => {
  const { bench, pid, container } = ready();
  pin(bench, AT);
  let told = 0;
  bench.unmapping = () => {
    told += 1;
  };
  expect(word(bench.unmap(pid, container, AT, 4 * PAGE))).toBe("BUG");
  expect(told).toBe(11);
});

test("VFIO-DMA-065: a device of the bus joins: every page is pinned and charged, but for those pinned already", () => {
  const { bench, pid, buffer, join } = ready();
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  pin(bench, AT + 3 * PAGE);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
  bench.good(join());
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
  const domain = bench.machine.groups[1]?.domain ?? -1;
  const entries = [0, 1, 2, 3].map((page) => [
    AT + page * PAGE,
    frameOf(bench, pid, buffer + page * PAGE),
    PAGE,
  ]);
  expect(leaves(bench, domain)).toEqual(entries);
});

test("VFIO-DMA-065: what was replayed once is taken from the table the next time, and not pinned again", () => {
  const { bench, pid, container, join } = ready();
  bench.good(join());
  const far = bench.pci("0000:02:00.0", addIommu(bench.machine, { name: "smmu1" }));
  const third = bench.fd(pid, "/dev/vfio/2");
  bench.good(bench.ioctl(pid, third, "VFIO_GROUP_SET_CONTAINER", container));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
  expect(leaves(bench, bench.machine.groups[far]?.domain ?? -1)).toHaveLength(4);
});

test("VFIO-DMA-067: it leaves: mappings are kept, pages let go but for those that a vendor driver holds", () => {
  const { bench, pid, container, pci, join } = ready();
  bench.good(join());
  const frame = pin(bench, AT + 3 * PAGE);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
  const domain = bench.machine.groups[1]?.domain ?? -1;
  bench.good(bench.ioctl(pid, pci, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(bench.machine.domains[domain]?.isGone).toBe(true);
  expect(pinsOf(bench)).toEqual([[frame, 1]]);
  expect(bench.lockedVm(pid)).toBe(1);
  unpinPages(bench.machine, 0, [AT + 3 * PAGE]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
  bench.good(bench.ioctl(pid, pci, "VFIO_GROUP_SET_CONTAINER", container));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
});

test("a page that a vendor driver pinned as the zero page is not charged, and given back all the same", () => {
  const { bench, pid, container, join } = ready();
  const area = bench.area(pid, 1, { kind: "anonymous" });
  bench.good(bench.map(pid, container, area, 0x100000, PAGE, 1));
  const pinned = pinPages(bench.machine, 0, { iovas: [0x100000], prot: 1 });
  expect(pinned).toMatchObject({ ok: true, value: [ZERO_PAGE] });
  writeMemory(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, area, Uint8Array.of(1));
  bench.good(bench.unmap(pid, container, AT, 4 * PAGE));
  bench.good(join());
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 0]);
  bench.unmapping = () => void unpinPages(bench.machine, 0, [0x100000]);
  bench.good(bench.unmap(pid, container, 0x100000, PAGE));
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, -1]);
});

test("the last mediated device leaves an IOMMU domain behind: mappings and pages stay", () => {
  const { bench, pid, mdev, join } = ready();
  bench.good(join());
  bench.good(bench.ioctl(pid, mdev, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]?.dmas.length]).toEqual([
    4, 4, 2,
  ]);
  expect(bench.machine.containers[0]?.external).toEqual([]);
});

test("the last mediated device leaves nothing behind where there is no domain", () => {
  const { bench, pid, mdev } = ready();
  bench.good(bench.ioctl(pid, mdev, "VFIO_GROUP_UNSET_CONTAINER"));
  expect(bench.machine.containers[0]).toMatchObject({ driver: "unset", external: [], dmas: [] });
});

// biome-ignore format: one case a line
const LIMITED = [
  // kernel, pages that may be locked; then pinned, charged, which mappings count as entered
  ["v4.18", 3, 2, 2, [true, false]],
  ["v5.7",  3, 2, 2, [true, false]],
  ["v6.1",  3, 0, 0, [false, false]],
  ["v4.18", 1, 0, 0, [false, false]],
  ["v6.1",  1, 0, 0, [false, false]],
] as const;

test.each(LIMITED)(
  "vfio_iommu_replay: in %s a join that may lock %i of 4 pages is refused and leaves %i pinned, %i charged",
  (kernel, most, pins, charged, mapped) => {
    const { bench, pid, join } = ready({ kernel });
    bench.limit(pid, most * PAGE);
    expect(word(join())).toBe("ENOMEM");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([pins, charged]);
    const { groups, containers, vfioGroups } = bench.machine;
    expect(groups[1]?.domain).toBe(groups[1]?.defaultDomain);
    expect([containers[0]?.domains, vfioGroups[1]?.container]).toEqual([[], -1]);
    expect(containers[0]?.dmas.map(({ isMapped }) => isMapped)).toEqual(mapped);
  },
);

test.each([false, true])(
  "vfio_iommu_replay: v6.1 takes back what it pinned, but a vendor driver's charge; page by page: %s",
  (disablesHugepages) => {
    for (let nth = 1; nth <= 4; nth += 1) {
      const fails = [{ kind: "map", nth }] as const;
      const { bench, pid, join } = ready({ kernel: "v6.1", disablesHugepages, fails });
      pin(bench, AT);
      const before = state(bench);
      expect(word(join())).toBe("ENOMEM");
      const { leaves: _, ...now } = state(bench);
      expect(before).toMatchObject(now);
      bench.good(join());
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5, 4]);
    }
  },
);

// biome-ignore format: one case a line
const TWO_LIMITS = [
  // Pages that the one who made the mappings may lock, and the one who joins: of each run alone,
  // since its own counter does not move.
  [4, 2, "0"],
  [3, 4, "ENOMEM"],
  [4, 1, "ENOMEM"],
] as const;

test.each(TWO_LIMITS)(
  "vfio_lock_acct: a child joins, its pages are pinned, its parent charged: %i may be locked, %i by the child: %s",
  (owner, caller, got) => {
    const { bench, pid, container, pci } = ready({ kernel: "v6.1" });
    const child = bench.fork(pid);
    bench.limit(pid, owner * PAGE);
    bench.limit(child, caller * PAGE);
    expect(word(bench.ioctl(child, pci, "VFIO_GROUP_SET_CONTAINER", container))).toBe(got);
    const pages = got === "0" ? 4 : 0;
    expect([bench.pins(), bench.lockedVm(pid), bench.lockedVm(child)]).toEqual([pages, pages, 0]);
  },
);
