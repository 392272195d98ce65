import { expect, test } from "vitest";
import { type Kernel, PAGE } from "../../../engine/core/index.ts";
import { unmapArea } from "../../../engine/mm/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { frameOf, leaves, news, state } from "./look.ts";
import { Bench, type BenchOptions, word } from "./support.ts";

const { VFIO_TYPE1_IOMMU: V1, VFIO_TYPE1v2_IOMMU: V2, VFIO_TYPE1_NESTING_IOMMU: NESTING } = VFIO;
const END = 1n << 64n;

interface ReadyOptions extends BenchOptions {
  readonly type?: number;
}

/** A container with one device that maps nothing yet, and a buffer of 8 pages. */
function ready({ type = V2, ...options }: ReadyOptions = {}) {
  const bench = new Bench(options);
  const pid = bench.user;
  const group = bench.pci("0000:01:00.0");
  const [container = -1, groupFd = -1] = bench.ready(pid, type, "/dev/vfio/0");
  const buffer = bench.buffer(pid, 8);
  const domain = bench.machine.groups[group]?.domain ?? -1;
  return { bench, pid, container, groupFd, buffer, domain };
}

/** Three mappings, in pages of device addresses: [16, 18) [18, 20) [22, 23). */
function mapped(options: ReadyOptions = {}) {
  const all = ready(options);
  const { bench, pid, container, buffer } = all;
  bench.good(bench.map(pid, container, buffer, 16 * PAGE, 2 * PAGE));
  bench.good(bench.map(pid, container, buffer + 2 * PAGE, 18 * PAGE, 2 * PAGE));
  bench.good(bench.map(pid, container, buffer + 4 * PAGE, 22 * PAGE, PAGE));
  return all;
}

// biome-ignore format: one case a line
const WORDS = [
  ["VFIO-DMA-039", "v4.18", { argsz: 23 },                             "EINVAL"],
  ["VFIO-DMA-039", "v4.18", { argsz: 24 },                             "0"],
  ["VFIO-DMA-040", "v4.18", { flags: 1 },                              "EINVAL"],
  ["VFIO-DMA-040", "v5.7",  { flags: 2 },                              "EINVAL"],
  ["VFIO-DMA-074", "v6.1",  { flags: 2 },                              "EINVAL"],
  ["VFIO-DMA-074", "v6.1",  { flags: 2, size: 0n },                    "EINVAL"],
  ["VFIO-DMA-074", "v6.1",  { flags: 2, iova: 0n },                    "EINVAL"],
  ["VFIO-DMA-076", "v6.1",  { flags: 3, iova: 0n, size: 0n },          "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { size: 0n },                         "EINVAL"],
  ["vfio_dma_do_unmap", "v6.1",  { size: 0n },                         "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { size: 0x800n },                     "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { iova: 0x800n },                     "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { iova: END - 0x1000n, size: 0x2000n }, "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { iova: END - 0x2000n, size: 0x2000n }, "EINVAL"],
  ["vfio_dma_do_unmap", "v4.18", { iova: END - 0x3000n, size: 0x2000n }, "0"],
  ["vfio_dma_do_unmap", "v6.1",  { iova: END - 0x2000n, size: 0x2000n }, "0"],
  ["vfio_dma_do_unmap", "v6.1",  { iova: END - 0x1000n, size: 0x2000n }, "EINVAL"],
  ["copy_from_user", "v4.18", { iova: "there" },                       "EFAULT"],
] as const;

test.each(WORDS)("%s: %s, UNMAP_DMA with %o is %s", (_row, kernel, change, got) => {
  const { bench, pid, container } = mapped({ kernel });
  const plain = { argsz: 24, flags: 0, iova: 0x10000n, size: 0x2000n };
  const before = state(bench);
  const reply = bench.ioctl(pid, container, "VFIO_IOMMU_UNMAP_DMA", { ...plain, ...change });
  expect(word(reply)).toBe(got);
  if (got === "0") return;
  expect(state(bench)).toEqual(before);
  expect(["VFIO-DMA-049", "written" in reply]).toEqual(["VFIO-DMA-049", false]);
});

// biome-ignore format: one case a line
const RANGES = [
  // row, version, first page, pages, errno or pages removed, mappings that stay
  ["VFIO-DMA-044", "v2", 16, 2,  2,        [18, 22]],
  ["VFIO-DMA-044", "v2", 22, 1,  1,        [16, 18]],
  ["VFIO-DMA-043", "v2", 20, 2,  0,        [16, 18, 22]],
  ["VFIO-DMA-043", "v2", 0,  16, 0,        [16, 18, 22]],
  ["VFIO-DMA-043", "v2", 23, 9,  0,        [16, 18, 22]],
  ["VFIO-DMA-044", "v2", 16, 4,  4,        [22]],
  ["VFIO-DMA-044", "v2", 15, 3,  2,        [18, 22]],
  ["VFIO-DMA-044", "v2", 0,  64, 5,        []],
  ["VFIO-DMA-046", "v2", 16, 1,  "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-046", "v2", 16, 3,  "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-046", "v2", 0,  17, "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-047", "v2", 17, 1,  "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-047", "v2", 17, 9,  "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-047", "v2", 19, 4,  "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-068", "nesting", 16, 1, "EINVAL", [16, 18, 22]],
  ["VFIO-DMA-051", "v1", 16, 1,  2,        [18, 22]],
  ["VFIO-DMA-051", "v1", 16, 3,  4,        [22]],
  ["VFIO-DMA-051", "v1", 0,  17, 2,        [18, 22]],
  ["VFIO-DMA-051", "v1", 0,  64, 5,        []],
  ["vfio_dma_do_unmap", "v1", 17, 1,  0,   [16, 18, 22]],
  ["vfio_dma_do_unmap", "v1", 17, 9,  0,   [16, 18, 22]],
  ["vfio_dma_do_unmap", "v1", 20, 2,  0,   [16, 18, 22]],
] as const;

test.each(RANGES)("%s: %s, UNMAP_DMA of [%i, +%i): %s", (_row, version, page, pages, got, left) => {
  for (const kernel of ["v4.18", "v5.7", "v6.1"] as const) {
    const type = { v1: V1, v2: V2, nesting: NESTING }[version];
    const { bench, pid, container, domain } = mapped({ kernel, type });
    const before = state(bench);
    const reply = bench.unmap(pid, container, page * PAGE, pages * PAGE);
    if (got === "EINVAL") {
      expect(word(reply)).toBe("EINVAL");
      expect(state(bench)).toEqual(before);
      continue;
    }
    expect(reply).toEqual({ ok: true, value: 0, written: { size: BigInt(got * PAGE) } });
    const { dmas = [] } = bench.machine.containers[0] ?? {};
    expect(dmas.map(({ iova }) => iova / PAGE)).toEqual(left);
    const count = 5 - got;
    expect([bench.pins(), bench.lockedVm(pid), leaves(bench, domain).length]).toEqual([
      count,
      count,
      count,
    ]);
  }
});

// biome-ignore format: one case a line
const ALL = [
  ["VFIO-DMA-073", V2, 0x5000n],
  ["VFIO-DMA-073", V1, 0x5000n],
] as const;

test.each(ALL)(
  "%s: UNMAP_DMA with ALL, type %i, removes every mapping: %o bytes",
  (_row, type, size) => {
    const { bench, pid, container, domain } = mapped({ kernel: "v6.1", type });
    const arg = { argsz: 24, flags: VFIO.VFIO_DMA_UNMAP_FLAG_ALL };
    for (const gone of [size, 0n]) {
      const reply = bench.ioctl(pid, container, "VFIO_IOMMU_UNMAP_DMA", arg);
      expect(reply).toEqual({ ok: true, value: 0, written: { size: gone } });
      expect([bench.pins(), bench.lockedVm(pid), leaves(bench, domain)]).toEqual([0, 0, []]);
    }
  },
);

test("VFIO-DMA-075: v6.1 says that it knows ALL, v5.7 does not", () => {
  const asked = (kernel: Kernel) => {
    const { bench, pid, container } = ready({ kernel });
    return word(bench.ioctl(pid, container, "VFIO_CHECK_EXTENSION", VFIO.VFIO_UNMAP_ALL));
  };
  expect([asked("v5.7"), asked("v6.1")]).toEqual(["0", "1"]);
});

// biome-ignore format: one case a line
const FOREIGN = [
  ["VFIO-DMA-052", "v4.18", 0n],
  ["VFIO-DMA-052", "v5.7",  0n],
  ["VFIO-DMA-052", "v6.1",  0x4000n],
] as const;

test.each(FOREIGN)(
  "%s: in %s a forked child unmaps %o bytes of its parent's",
  (_row, kernel, size) => {
    const { bench, pid, container } = mapped({ kernel });
    const child = bench.fork(pid);
    const before = state(bench);
    const reply = bench.unmap(child, container, 16 * PAGE, 4 * PAGE);
    expect(reply).toEqual({ ok: true, value: 0, written: { size } });
    if (size === 0n) expect(state(bench)).toEqual(before);
    const left = 5 - Number(size) / PAGE;
    expect([bench.pins(), bench.lockedVm(pid), bench.lockedVm(child)]).toEqual([left, left, 0]);
  },
);

test("VFIO-DMA-053: when the process that mapped is gone, its pages are let go and nobody is charged", () => {
  const { bench, pid, container, groupFd, domain } = mapped();
  const child = bench.fork(pid);
  const frame = frameOf(bench, pid, bench.machine.containers[0]?.dmas[0]?.vaddr ?? 0);
  bench.kill(pid);
  expect(bench.unmap(child, container, 16 * PAGE, 2 * PAGE)).toMatchObject({
    written: { size: 0n },
  });
  expect([bench.pins(), leaves(bench, domain).length, bench.lockedVm(pid)]).toEqual([5, 5, 5]);
  bench.close(child, groupFd);
  bench.kill(child);
  expect([bench.pins(), bench.machine.frames.refs[frame]]).toEqual([0, 0]);
  expect(bench.machine.domains[domain]?.isGone).toBe(true);
  expect([bench.lockedVm(pid), bench.lockedVm(child)]).toEqual([5, 0]);
});

test("VFIO-DMA-054: frames side by side leave in one piece", () => {
  const { bench, pid, container, buffer } = ready();
  bench.good(bench.map(pid, container, buffer, 16 * PAGE, 8 * PAGE));
  news(bench);
  bench.good(bench.unmap(pid, container, 16 * PAGE, 8 * PAGE));
  const sizes = news(bench, "iommu.unmap", "mm.unpin").map(([kind, , iova, size]) => [
    kind,
    iova,
    size,
  ]);
  expect(sizes).toEqual([
    ["iommu.unmap", 16 * PAGE, 8 * PAGE],
    ["mm.unpin", 8, 0],
  ]);
});

test("VFIO-DMA-055: entry, then IOTLB, and only then the page, which may be free at once", () => {
  const { bench, pid, container, domain } = ready();
  const pages = 3;
  const at = bench.scattered(pid, pages);
  bench.good(bench.map(pid, container, at, 16 * PAGE, pages * PAGE));
  unmapArea(bench.machine, bench.machine.tasks[pid]?.mm ?? -1, at, pages * PAGE);
  news(bench);
  bench.good(bench.unmap(pid, container, 16 * PAGE, pages * PAGE));
  const heard = news(bench, "iommu.unmap", "iommu.flush", "mm.unpin", "mm.free");
  expect(heard.map(([kind]) => kind)).toEqual([
    "iommu.unmap",
    "iommu.unmap",
    "iommu.unmap",
    "iommu.flush",
    "mm.free",
    "mm.unpin",
    "mm.free",
    "mm.unpin",
    "mm.free",
    "mm.unpin",
  ]);
  expect(heard[3]).toEqual(["iommu.flush", domain, 16 * PAGE, pages * PAGE, 0]);
});

test("vfio_sync_unpin: after 512 pieces the IOMMU is told, and their pages go", () => {
  const { bench, pid, container, domain } = ready();
  const at = bench.scattered(pid, 600);
  news(bench);
  bench.good(bench.map(pid, container, at, 1024 * PAGE, 600 * PAGE));
  news(bench);
  bench.good(bench.unmap(pid, container, 1024 * PAGE, 600 * PAGE));
  const heard = news(bench, "iommu.unmap", "iommu.flush", "mm.unpin");
  const kinds = heard.map(([kind]) => kind);
  const spans = ["iommu.unmap", "iommu.flush", "mm.unpin"].map((kind) => [
    kinds.slice(0, 1025).filter((other) => other === kind).length,
    kinds.slice(1025).filter((other) => other === kind).length,
  ]);
  expect(spans).toEqual([
    [512, 88],
    [1, 1],
    [512, 88],
  ]);
  expect(heard.filter(([kind]) => kind === "iommu.flush")).toEqual([
    ["iommu.flush", domain, 1024 * PAGE, 512 * PAGE, 0],
    ["iommu.flush", domain, 1536 * PAGE, 88 * PAGE, 0],
  ]);
  expect([bench.pins(), bench.lockedVm(pid)]).toEqual([0, 0]);
});

test("VFIO-SM-045: with the last group all mappings go, and a new SET_IOMMU starts empty", () => {
  const { bench, pid, container, groupFd, buffer } = mapped();
  bench.good(bench.ioctl(pid, groupFd, "VFIO_GROUP_UNSET_CONTAINER"));
  expect([bench.pins(), bench.lockedVm(pid), bench.machine.containers[0]]).toEqual([
    0,
    0,
    expect.objectContaining({ driver: "unset", dmas: [], domains: [], groups: [] }),
  ]);
  bench.good(bench.ioctl(pid, groupFd, "VFIO_GROUP_SET_CONTAINER", container));
  bench.good(bench.ioctl(pid, container, "VFIO_SET_IOMMU", V2));
  expect(word(bench.map(pid, container, buffer, 16 * PAGE, 8 * PAGE))).toBe("0");
});
