import { expect, test } from "vitest";
import { type Failure, type Kernel, PAGE } from "../../../engine/core/index.ts";
import { createShared, PROT, REGISTERS, unmapArea } from "../../../engine/mm/index.ts";
import { DMA_ENTRIES_MAX, VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, news, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1v2_IOMMU: V2 } = VFIO;
const [READ, WRITE] = [VFIO.VFIO_DMA_MAP_FLAG_READ, VFIO.VFIO_DMA_MAP_FLAG_WRITE];

/** The mapping that is there already, in pages of device addresses: [16, 20). */
const LIVE = 16 * PAGE;
const END = 1n << 64n;

/** A container with one device and, at page 16, one mapping of the first 4 of 8 pages. */
function ready(options: BenchOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  const group = bench.pci("0000:01:00.0");
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const buffer = bench.buffer(pid, 8);
  bench.good(bench.map(pid, container, buffer, LIVE, 4 * PAGE));
  const domain = bench.machine.groups[group]?.domain ?? -1;
  return { bench, pid, container, buffer, domain };
}

// biome-ignore format: one case a line
const WORDS = [
  ["VFIO-DMA-001", "v4.18", { argsz: 31 },                            "EINVAL"],
  ["VFIO-DMA-001", "v4.18", { argsz: 32 },                            "0"],
  ["VFIO-DMA-001", "v4.18", { argsz: 4096 },                          "0"],
  ["vfio_iommu_type1_ioctl", "v4.18", { flags: 0 },                   "EINVAL"],
  ["vfio_iommu_type1_ioctl", "v4.18", { flags: READ },                "0"],
  ["vfio_iommu_type1_ioctl", "v4.18", { flags: WRITE },               "0"],
  ["vfio_iommu_type1_ioctl", "v4.18", { flags: 4 },                   "EINVAL"],
  ["vfio_iommu_type1_ioctl", "v6.1",  { flags: 8 },                   "EINVAL"],
  ["vfio_dma_do_map", "v6.1", { flags: 9 },                           "EINVAL"],
  ["VFIO-DMA-078", "v6.1",  { flags: 4 },                             "ENOENT"],
  ["VFIO-DMA-078", "v6.1",  { flags: 4, iova: BigInt(LIVE) },         "EINVAL"],
  ["vfio_dma_do_map", "v6.1", { flags: 5 },                           "EINVAL"],
  ["VFIO-DMA-010", "v4.18", { size: 0n },                             "EINVAL"],
  ["vfio_dma_do_map", "v4.18", { size: 0x800n },                      "EINVAL"],
  ["vfio_dma_do_map", "v4.18", { iova: 0x800n },                      "EINVAL"],
  ["vfio_dma_do_map", "v4.18", { vaddr: 0x7f000800n },                "EINVAL"],
  ["vfio_dma_do_map", "v4.18", { iova: END - 0x1000n, size: 0x2000n }, "EINVAL"],
  ["PGTABLE-015", "v4.18",  { iova: END - 0x2000n },                  "ERANGE"],
  ["PGTABLE-015", "v4.18",  { iova: 1n << 48n },                      "ERANGE"],
  ["PGTABLE-015", "v4.18",  { iova: (1n << 48n) - 0x1000n },          "ERANGE"],
  ["PGTABLE-015", "v4.18",  { iova: (1n << 48n) - 0x2000n },          "0"],
  ["VFIO-DMA-072", "v5.7",  { iova: (1n << 48n) - 0x1000n },          "EINVAL"],
  ["VFIO-DMA-072", "v6.1",  { iova: (1n << 48n) - 0x1000n },          "EINVAL"],
  ["VFIO-DMA-072", "v6.1",  { iova: (1n << 48n) - 0x2000n },          "0"],
  ["VFIO-DMA-013", "v4.18", { vaddr: END - 0x1000n, size: 0x2000n },  "EINVAL"],
  ["VFIO-DMA-018", "v4.18", { vaddr: END - 0x2000n },                 "EFAULT"],
  ["VFIO-DMA-018", "v4.18", { vaddr: 0x1000n },                       "EFAULT"],
  ["VFIO-DMA-019", "v4.18", { size: 0x9000n },                        "EFAULT"],
  ["VFIO-DMA-015", "v4.18", { iova: BigInt(LIVE), vaddr: 0x1000n },   "EEXIST"],
  ["vfio_dma_do_map", "v4.18", { iova: BigInt(LIVE), flags: 0 },      "EINVAL"],
  ["copy_from_user", "v4.18", { size: "much" },                       "EFAULT"],
] as const;

test.each(WORDS)("%s: %s, MAP_DMA with %o is %s", (_row, kernel, change, got) => {
  const { bench, pid, container, buffer } = ready({ kernel });
  const plain = { argsz: 32, flags: 3, vaddr: BigInt(buffer), iova: 0x100000n, size: 0x2000n };
  const before = state(bench);
  const reply = bench.ioctl(pid, container, "VFIO_IOMMU_MAP_DMA", { ...plain, ...change });
  expect(word(reply)).toBe(got);
  if (got !== "0") expect(state(bench)).toEqual(before);
});

// biome-ignore format: one case a line
const OVERLAPS = [
  ["the same",              16, 4, "EEXIST"],
  ["its first page",        16, 1, "EEXIST"],
  ["its last page",         19, 1, "EEXIST"],
  ["inside it",             17, 2, "EEXIST"],
  ["over its start",        15, 2, "EEXIST"],
  ["over its end",          19, 2, "EEXIST"],
  ["all of it and more",    14, 8, "EEXIST"],
  ["up to it",              14, 2, "0"],
  ["right behind it",       20, 2, "0"],
] as const;

test.each(OVERLAPS)(
  "VFIO-DMA-015: a second mapping, %s: [%i, +%i) is %s",
  (_what, page, pages, got) => {
    const { bench, pid, container, buffer } = ready();
    const before = state(bench);
    const reply = bench.map(pid, container, buffer, page * PAGE, pages * PAGE);
    expect(word(reply)).toBe(got);
    if (got !== "0") expect(state(bench)).toEqual(before);
  },
);

// biome-ignore format: one case a line
const ENTRIES = [
  ["VFIO-DMA-038", "v4.18", DMA_ENTRIES_MAX,     0x1000n,       "0"],
  ["VFIO-DMA-070", "v5.7",  DMA_ENTRIES_MAX - 1, 0x1000n,       "0"],
  ["VFIO-DMA-071", "v5.7",  DMA_ENTRIES_MAX,     0x1000n,       "ENOSPC"],
  ["VFIO-DMA-071", "v6.1",  DMA_ENTRIES_MAX,     0x1000n,       "ENOSPC"],
  ["VFIO-DMA-071", "v6.1",  DMA_ENTRIES_MAX,     BigInt(LIVE),  "EEXIST"],
  ["VFIO-DMA-071", "v6.1",  DMA_ENTRIES_MAX,     1n << 48n,     "ENOSPC"],
] as const;

test.each(ENTRIES)(
  "%s: in %s, with %i mappings, one more at %s is %s",
  (_row, kernel, count, iova, got) => {
    const { bench, pid, container, buffer } = ready({ kernel });
    const [object] = bench.machine.containers;
    if (!object?.dmas[0]) throw new Error("no mapping");
    const far = { ...object.dmas[0], iova: 64 * PAGE, isMapped: false };
    const more = Array.from({ length: count - 1 }, (_, index) => ({
      ...far,
      iova: far.iova + index * 4 * PAGE,
    }));
    bench.machine.containers[0] = { ...object, dmas: [object.dmas[0], ...more] };
    expect(word(bench.map(pid, container, buffer, Number(iova), PAGE))).toBe(got);
  },
);

// biome-ignore format: one case a line
const AREAS = [
  ["gup",          "anonymous, read-only, READ",  "v4.18", "anonymous", PROT.READ,              READ,  "0"],
  ["gup",          "anonymous, read-only, WRITE", "v4.18", "anonymous", PROT.READ,              WRITE, "EFAULT"],
  ["gup",          "anonymous, PROT_NONE, READ",  "v4.18", "anonymous", PROT.NONE,              READ,  "EFAULT"],
  ["gup",          "shared memory",               "v4.18", "shared",    PROT.READ | PROT.WRITE, 3,     "0"],
  ["VFIO-DMA-023", "registers",                   "v4.18", "registers", PROT.READ | PROT.WRITE, 3,     "0"],
  ["VFIO-DMA-023", "registers, read-only, WRITE", "v4.18", "registers", PROT.READ,              3,     "0"],
  ["follow_fault_pfn", "registers, read-only, WRITE", "v6.1", "registers", PROT.READ,           3,     "EFAULT"],
  ["follow_fault_pfn", "registers, read-only, READ", "v6.1", "registers", PROT.READ,            READ,  "0"],
  ["vaddr_get_pfn", "a ring of a driver",         "v4.18", "ring",      PROT.READ | PROT.WRITE, 3,     "EFAULT"],
] as const;

test.each(AREAS)("%s: %s, in %s", (_row, _what, kernel: Kernel, kind, prot, flags, got) => {
  const { bench, pid, container, domain } = ready({ kernel });
  const device = { kind: "device", file: 0 } as const;
  const backing = {
    anonymous: { kind: "anonymous" } as const,
    shared: { kind: "shared", memory: createShared(bench.machine, 2), page: 0 } as const,
    registers: { ...device, pfn: REGISTERS + 7, registers: true },
    ring: { ...device, pfn: frameOf(bench, pid, bench.buffer(pid, 2)), registers: false },
  }[kind];
  const at = bench.area(pid, 2, backing, prot);
  const charged = bench.lockedVm(pid);
  expect(word(bench.map(pid, container, at, 0x100000, 2 * PAGE, flags))).toBe(got);
  if (got !== "0") return;
  const [first] = leaves(bench, domain).slice(-2);
  const pfn = frameOf(bench, pid, at);
  expect(first).toEqual([0x100000, pfn, PAGE]);
  const isCounted = kind === "shared";
  expect(bench.lockedVm(pid)).toBe(charged + (isCounted ? 2 : 0));
  expect(bench.pins()).toBe(charged + (isCounted ? 2 : 0));
  bench.good(bench.unmap(pid, container, 0x100000, 2 * PAGE));
  expect([bench.lockedVm(pid), bench.pins()]).toEqual([charged, charged]);
});

/** 4 untouched pages; each failure of a kind as `fail KIND k` counts them. */
function failing(...fails: readonly Failure[]) {
  const bench = new Bench({ fails });
  const pid = bench.user;
  bench.pci("0000:01:00.0");
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const at = bench.area(pid, 4, { kind: "anonymous" });
  return { bench, pid, map: () => word(bench.map(pid, container, at, LIVE, 4 * PAGE)) };
}

// biome-ignore format: one case a line
const FAILURES = [
  ["map",      [1]], ["map",      [2]],    ["map",      [3]],    ["map",      [4]],
  ["pin",      [1]], ["pin",      [2, 3]], ["pin",      [3, 4]], ["pin",      [4, 5]],
  ["allocate", [1]], ["allocate", [2, 3]], ["allocate", [3, 4]], ["allocate", [4, 5]],
] as const;

test.each(FAILURES)(
  "VFIO-DMA-019: where %s %o fails, all is undone, and a second try works",
  (kind, nths) => {
    const { bench, pid, map } = failing(...nths.map((nth) => ({ kind, nth })));
    const before = state(bench);
    expect(map()).toBe("ENOMEM");
    expect(state(bench)).toEqual(before);
    expect(map()).toBe("0");
    expect([bench.pins(), bench.lockedVm(pid)]).toEqual([4, 4]);
  },
);

test("vfio_pin_pages_remote: a later page that fails once ends a run, and is asked for again", () => {
  const { bench, map } = failing({ kind: "pin", nth: 3 });
  expect(map()).toBe("0");
  expect(news(bench, "mm.pin").map(([, , , pages]) => pages)).toEqual([2, 2]);
});

test("VFIO-DMA-019: a hole that opened behind the first page", () => {
  const { bench, pid, container, buffer, domain } = ready();
  unmapArea(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, buffer + 6 * PAGE, PAGE);
  const before = state(bench);
  expect(word(bench.map(pid, container, buffer + 4 * PAGE, 0x100000, 4 * PAGE))).toBe("EFAULT");
  expect(state(bench)).toEqual(before);
  expect(leaves(bench, domain)).toHaveLength(4);
});

test("VFIO-DMA-030: the device reaches the frames that the process has, each pinned once", () => {
  const { bench, buffer, domain, pid } = ready();
  const expected = [0, 1, 2, 3].map((page) => [
    LIVE + page * PAGE,
    frameOf(bench, pid, buffer + page * PAGE),
    PAGE,
  ]);
  expect(leaves(bench, domain)).toEqual(expected);
  expect(state(bench).pins).toEqual(expected.map(([, pfn]) => [pfn, 1]));
  expect(bench.lockedVm(pid)).toBe(4);
});

// biome-ignore format: one case a line
const RUNS = [
  ["VFIO-DMA-036", "side by side",                    false, false, 1],
  ["VFIO-DMA-036", "side by side, disable_hugepages", false, true,  4],
  ["vfio_pin_pages_remote", "apart",                  true,  false, 4],
] as const;

test.each(RUNS)(
  "%s: pages %s are pinned and entered in runs",
  (_row, _what, isApart, disablesHugepages, runs) => {
    const { bench, pid, container } = ready({ disablesHugepages });
    const at = isApart ? bench.scattered(pid, 4) : bench.buffer(pid, 4);
    news(bench);
    bench.good(bench.map(pid, container, at, 0x100000, 4 * PAGE));
    const heard = news(bench, "mm.pin", "iommu.map").map(([kind]) => kind);
    expect(heard.filter((kind) => kind === "mm.pin")).toHaveLength(runs);
    expect(heard.filter((kind) => kind === "iommu.map")).toHaveLength(runs);
  },
);

/** Source: drivers/vfio/vfio_iommu_type1.c vfio_dma_do_map v4.18, vfio_link_dma before the pins */
test("a mapping is recorded before its pages are pinned, and forgotten where one is refused", () => {
  const { bench, pid, container } = ready();
  const at = bench.buffer(pid, 1);
  const kinds = ["vfio.map", "mm.pin", "mm.charge", "iommu.map", "vfio.unmap"] as const;
  news(bench);
  bench.good(bench.map(pid, container, at, 0x100000, PAGE));
  const made = news(bench, ...kinds).map(([kind]) => kind);
  expect(made).toEqual(["vfio.map", "mm.pin", "mm.charge", "iommu.map"]);
  bench.limit(pid, 0);
  const refused = bench.map(pid, container, bench.buffer(pid, 1), 0x200000, PAGE);
  expect(word(refused)).toBe("ENOMEM");
  const told = news(bench, "vfio.map", "vfio.unmap").map(([kind]) => kind);
  expect(told).toEqual(["vfio.map", "vfio.unmap"]);
});

test("VFIO-DMA-034: with mediated devices only a mapping is but recorded, its vaddr unseen", () => {
  const bench = new Bench();
  const pid = bench.user;
  bench.mdev("mtty");
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  expect(word(bench.map(pid, container, 0x1000, LIVE, 2 * PAGE))).toBe("0");
  expect(word(bench.map(pid, container, 0x9000, LIVE + PAGE, PAGE))).toBe("EEXIST");
  expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]?.dmas.length]).toEqual([
    0, 0, 1,
  ]);
  const gone = bench.unmap(pid, container, LIVE, 2 * PAGE);
  expect(gone).toMatchObject({ ok: true, written: { size: 8192n } });
});

test("vfio_find_dma: the last page of 2^64 is mapped twice and never found", () => {
  const bench = new Bench();
  const pid = bench.user;
  bench.mdev("mtty");
  const [container = -1] = bench.ready(pid, V2, "/dev/vfio/0");
  const last = 2 ** 64 - PAGE;
  for (let time = 0; time < 2; time += 1) {
    expect(word(bench.map(pid, container, 0x1000, last, PAGE))).toBe("0");
  }
  expect(word(bench.unmap(pid, container, last, PAGE))).toBe("EINVAL");
  expect(bench.machine.containers[0]?.dmas).toHaveLength(2);
});
