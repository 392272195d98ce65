import { describe, expect, test } from "vitest";
import { type Failure, Iova, KERNELS, PAGE } from "../../../engine/core/index.ts";
import { addIommu, mapDomain } from "../../../engine/iommu/index.ts";
import { REGISTERS, writeMemory, ZERO_PAGE } from "../../../engine/mm/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  pinPages,
  registerNotifier,
  unpinPages,
  VFIO,
} from "../../../engine/vfio/index.ts";
import { frameOf, leaves, news, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2, VFIO_DMA_MAP_FLAG_READ: READ } = VFIO;
const [ZERO_AT, AT, FAR] = [8 * PAGE, 16 * PAGE, 0x100000];

/**
 * A container with a stock mediated device, and a spimdev one that may join: then all is entered in
 * its parent's table, which has a page of somebody else right behind the second mapping.
 *
 *   ZERO_AT  one page, read only, never written: the zero page
 *   AT       three pages, each apart from the next in memory
 *   FAR      two pages side by side
 */
function ready(options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  const parent = bench.parent("hisi_zip-0");
  const domain = bench.machine.groups[parent]?.domain ?? -1;
  bench.mdev("mtty");
  bench.mdev("uuid-0", parent);
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/1");
  const second = bench.fd(pid, "/dev/vfio/2");
  registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
  const apart = bench.scattered(pid, 3);
  bench.good(bench.map(pid, container, apart, AT, 3 * PAGE));
  bench.good(bench.map(pid, container, bench.buffer(pid, 2), FAR, 2 * PAGE));
  const untouched = bench.area(pid, 1, { kind: "anonymous" });
  bench.good(bench.map(pid, container, untouched, ZERO_AT, PAGE, READ));
  const last = frameOf(bench, pid, apart + 2 * PAGE);
  const foreign = { iova: Iova(AT + 3 * PAGE), pfn: (last + 1) as never, size: PAGE, prot: 3 };
  mapDomain(bench.machine, domain, foreign);
  const join = () => bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container);
  return { bench, pid, domain, join };
}

function pin(bench: Bench, iovas: readonly number[]): void {
  for (const iova of iovas) {
    const prot = iova === ZERO_AT ? READ : 3;
    const pinned = pinPages(bench.machine, 0, { iovas: [iova], prot });
    if (!pinned.ok) throw new Error(pinned.why);
  }
}

/** Which call to enter something is refused: the first is the foreign page. */
const failing = (nth: number): { fails: Failure[] } => ({ fails: [{ kind: "map", nth: nth + 1 }] });

describe("vfio_iommu_replay: v6.1 leaves the parent's table, pins and charge as they were", () => {
  // biome-ignore format: one case a line
  test.each([
    ["nothing",                          []],
    ["the zero page",                    [ZERO_AT]],
    ["a page between two others",        [AT + PAGE]],
    ["the first and the last of three",  [AT, AT + 2 * PAGE]],
    ["the first of two side by side",    [FAR]],
    ["the second of two side by side",   [FAR + PAGE]],
    ["all of it",                        [ZERO_AT, AT, AT + PAGE, AT + 2 * PAGE, FAR, FAR + PAGE]],
  ] as const)("where a vendor driver has pinned %s", (_what, pinned) => {
    for (let nth = 1; nth <= 6; nth += 1) {
      const { bench, pid, domain, join } = ready({ kernel: "v6.1", ...failing(nth) });
      pin(bench, pinned);
      const before = state(bench);
      expect(word(join())).toBe("ENOMEM");
      expect(state(bench)).toEqual(before);
      bench.good(join());
      const real = pinned.filter((iova) => iova !== ZERO_AT).length;
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([5 + real, 5]);
      expect(leaves(bench, domain)).toHaveLength(7);
    }
  });
});

// biome-ignore format: one case a line
const LEFT = [
  // Which call fails; pages pinned then, of which as many are charged; entries in the parent's table.
  [1, 0, 0], [2, 1, 1], [3, 2, 2], [4, 3, 3], [5, 5, 4], [6, 5, 4],
] as const;

test.each(LEFT)(
  "vfio_iommu_replay: v4.18 undoes nothing: call %i fails, and %i pages stay pinned and charged, %i entered",
  (nth, pins, entries) => {
    const { bench, pid, domain, join } = ready(failing(nth));
    expect(word(join())).toBe("ENOMEM");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([pins, pins]);
    expect(leaves(bench, domain)).toHaveLength(1 + entries);
  },
);

describe("what the container has in a table already", () => {
  /** Three mappings of a device of the bus; the spimdev one then joins, and a call is refused. */
  function beside(nth: number) {
    const bench = new Bench({ kernel: "v6.1", fails: [{ kind: "map", nth: 3 + nth }] });
    const pid = bench.user;
    const parent = bench.parent("hisi_zip-0");
    bench.mdev("uuid-0", parent);
    bench.pci("one", addIommu(bench.machine, { name: "smmu1" }));
    const [container = -1] = bench.ready(pid, V2, "/dev/vfio/2");
    const buffer = bench.scattered(pid, 3);
    for (const page of [0, 1, 2]) {
      bench.good(bench.map(pid, container, buffer + page * PAGE, AT + 2 * page * PAGE, PAGE));
    }
    const second = bench.fd(pid, "/dev/vfio/1");
    news(bench);
    const join = () => bench.ioctl(pid, second, "VFIO_GROUP_SET_CONTAINER", container);
    return { bench, join, domain: bench.machine.groups[parent]?.domain ?? -1 };
  }

  test("is taken out of the parent's again, from the one that failed downwards and no other", () => {
    for (const nth of [1, 2, 3]) {
      const { bench, join, domain } = beside(nth);
      expect(word(join())).toBe("ENOMEM");
      expect(leaves(bench, domain)).toEqual([]);
      expect(news(bench, "iommu.unmap").map(([, , iova]) => iova)).toEqual(
        [2, 1, 0].filter((page) => page < nth - 1).map((page) => AT + 2 * page * PAGE),
      );
    }
  });

  test("warns for the one that was not entered, and for none behind it", () => {
    const { bench, join } = beside(2);
    join();
    expect(news(bench, "kernel.warn")).toHaveLength(1);
  });
});

/**
 * Two mappings side by side, the second one's page right behind the first one's last in memory, while
 * the first one's pages are apart: a run that does not stop at the end of its mapping is seen.
 */
function adjacent(bench: Bench, container: number) {
  const pid = bench.user;
  const at = bench.area(pid, 3, { kind: "anonymous" });
  const mm = bench.machine.tasks[pid]?.mm ?? -1;
  for (const page of [1, 2, 0]) writeMemory(bench.machine, mm, at + page * PAGE, Uint8Array.of(1));
  const frames = [0, 1, 2].map((page) => frameOf(bench, pid, at + page * PAGE));
  expect([frames[2], frames[1] === (frames[0] ?? 0) + 1]).toEqual([(frames[1] ?? 0) + 1, false]);
  bench.good(bench.map(pid, container, at, AT, 2 * PAGE));
  const entries = () => frames.map((pfn, page) => [AT + page * PAGE, pfn, PAGE]);
  const rest = () => bench.map(pid, container, at + 2 * PAGE, AT + 2 * PAGE, PAGE);
  return { entries, rest };
}

describe("a run ends with its mapping", () => {
  test("where it is pinned and entered, and where it is copied from table to table", () => {
    const bench = new Bench();
    const group = bench.pci("one");
    const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    const { entries, rest } = adjacent(bench, container);
    const domain = bench.machine.groups[group]?.domain ?? -1;
    expect([bench.pins(), leaves(bench, domain)]).toEqual([2, entries().slice(0, 2)]);
    bench.good(rest());
    const far = bench.pci("two", addIommu(bench.machine, { name: "smmu1" }));
    const second = bench.fd(bench.user, "/dev/vfio/1");
    bench.good(bench.ioctl(bench.user, second, "VFIO_GROUP_SET_CONTAINER", container));
    expect(leaves(bench, bench.machine.groups[far]?.domain ?? -1)).toEqual(entries());
    expect(bench.pins()).toBe(3);
  });

  test("where it is pinned for a domain that joins", () => {
    const bench = new Bench();
    bench.mdev("mtty");
    const group = bench.pci("one");
    const [container = -1] = bench.ready(bench.user, V2, "/dev/vfio/0");
    const { entries, rest } = adjacent(bench, container);
    bench.good(rest());
    const second = bench.fd(bench.user, "/dev/vfio/1");
    bench.good(bench.ioctl(bench.user, second, "VFIO_GROUP_SET_CONTAINER", container));
    expect(leaves(bench, bench.machine.groups[group]?.domain ?? -1)).toEqual(entries());
    expect(bench.pins()).toBe(3);
  });
});

describe("VFIO-DMA-067: the last domain leaves, a mediated device stays", () => {
  function left(options: BenchOptions = {}) {
    const bench = new Bench(options);
    const pid = bench.user;
    bench.mdev("mtty");
    bench.pci("one");
    const [container = -1, , pci = -1] = bench.ready(pid, V2, "/dev/vfio/0", "/dev/vfio/1");
    registerNotifier(bench.machine, 0, NOTIFY_DMA_UNMAP);
    const registers = { kind: "device", file: 0, pfn: REGISTERS + 7, registers: true } as const;
    const areas = [
      bench.buffer(pid, 1),
      bench.area(pid, 1, registers),
      bench.area(pid, 1, { kind: "anonymous" }),
    ];
    for (const [page, area] of areas.entries()) {
      bench.good(bench.map(pid, container, area, AT + page * PAGE, PAGE, page === 2 ? READ : 3));
    }
    const leave = () => bench.good(bench.ioctl(pid, pci, "VFIO_GROUP_UNSET_CONTAINER"));
    const join = () => bench.ioctl(pid, pci, "VFIO_GROUP_SET_CONTAINER", container);
    return { bench, pid, leave, join };
  }

  test.each(KERNELS)(
    "in %s registers and the zero page that a vendor driver holds are not charged",
    (kernel) => {
      const { bench, pid, leave } = left({ kernel });
      const pinned = [AT, AT + PAGE, AT + 2 * PAGE].map((iova) =>
        pinPages(bench.machine, 0, { iovas: [iova], prot: READ }),
      );
      // Registers are no page: v6.1, which gives pages, has none to give.
      const isNew = kernel === "v6.1";
      expect(pinned).toMatchObject([
        { ok: true },
        isNew ? { errno: "EINVAL" } : { value: [REGISTERS + 7] },
        { value: [ZERO_PAGE] },
      ]);
      expect(bench.lockedVm(pid)).toBe(1);
      leave();
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
      unpinPages(bench.machine, 0, [AT, AT + PAGE, AT + 2 * PAGE]);
      expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
    },
  );

  test("what it kept counts as entered nowhere: a join that fails lets all of it go", () => {
    const { bench, pid, leave, join } = left({
      kernel: "v6.1",
      fails: [{ kind: "map", nth: 6 }],
    });
    leave();
    const before = state(bench);
    expect(before.containers[0]?.dmas.map(({ isMapped }) => isMapped)).toEqual([
      false,
      false,
      false,
    ]);
    expect(word(join())).toBe("ENOMEM");
    const { pins, lockedVm, containers } = state(bench);
    expect(before).toMatchObject({ pins, lockedVm, containers });
    bench.good(join());
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([1, 1]);
  });
});
