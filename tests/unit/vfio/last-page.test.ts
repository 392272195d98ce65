import { expect, test } from "vitest";
import { KERNELS, PAGE } from "../../../engine/core/index.ts";
import { VFIO } from "../../../engine/vfio/index.ts";
import { Bench, word } from "./support.ts";

/**
 * A range that ends at 2^64 ends at 0 for Linux: it meets no mapping, and a mapping that ends there is
 * met by none (vfio_find_dma). Only a container without a domain takes such addresses.
 */

const END = 2 ** 64;

function ready(kernel: (typeof KERNELS)[number]) {
  const bench = new Bench({ kernel });
  const pid = bench.user;
  bench.mdev("mtty");
  const [container = -1] = bench.ready(pid, VFIO.VFIO_TYPE1v2_IOMMU, "/dev/vfio/0");
  const buffer = bench.buffer(pid, 4);
  const map = (back: number, pages: number) =>
    word(bench.map(pid, container, buffer, END - back * PAGE, pages * PAGE));
  const unmap = (back: number, pages: number) => {
    const reply = bench.unmap(pid, container, END - back * PAGE, pages * PAGE);
    return "written" in reply ? reply.written : word(reply);
  };
  const unmapAll = () => {
    const arg = { argsz: 24, flags: VFIO.VFIO_DMA_UNMAP_FLAG_ALL };
    const reply = bench.ioctl(pid, container, "VFIO_IOMMU_UNMAP_DMA", arg);
    return "written" in reply ? reply.written : word(reply);
  };
  const left = () => bench.machine.containers[0]?.dmas.map(({ iova }) => (END - iova) / PAGE);
  return { map, unmap, unmapAll, left };
}

// biome-ignore format: one case a line
const ROWS = [
  // What is there: pages before 2^64, and how many. Then the second mapping, and what it comes to.
  ["ends before it, asked up to it",   3, 1, 3, 3, "0"],
  ["ends before it, asked for again",  3, 1, 3, 1, "EEXIST"],
  ["ends there, asked inside of it",   3, 3, 2, 1, "0"],
  ["ends there, asked for again",      1, 1, 1, 1, "0"],
  ["ends there, asked before it",      1, 1, 2, 1, "0"],
] as const;

test.each(ROWS)("VFIO-DMA-034: a mapping that %s", (_what, back, pages, back2, pages2, got) => {
  for (const kernel of KERNELS) {
    const { map } = ready(kernel);
    expect(map(back, pages)).toBe("0");
    expect(map(back2, pages2)).toBe(got);
  }
});

test("VFIO-DMA-034: what ends there cannot be taken out, and what ends a page before it can", () => {
  for (const kernel of KERNELS) {
    const { map, unmap } = ready(kernel);
    expect([map(3, 1), map(2, 2)]).toEqual(["0", "0"]);
    expect(unmap(2, 1)).toEqual({ size: 0n });
    expect(unmap(2, 2)).toEqual(kernel === "v6.1" ? { size: 0n } : "EINVAL");
    expect(unmap(3, 1)).toEqual({ size: BigInt(PAGE) });
  }
});

// biome-ignore format: one case a line
const BEHIND = [
  // What is asked for, in pages before 2^64 and how many; bytes that go, and what stays.
  ["takes what is behind the first one", "v6.1",  4, 3, 3, []],
  ["stops where the last one begins",    "v6.1",  4, 2, 1, [2]],
  ["does not find the last one alone",   "v6.1",  3, 2, 0, [4, 2]],
  ["takes what it finds",                "v5.7",  4, 3, 1, [2]],
  ["takes what it finds",                "v4.18", 4, 3, 1, [2]],
] as const;

test.each(BEHIND)(
  "vfio_find_dma_first_node: UNMAP_DMA %s, in %s",
  (_what, kernel, back, pages, gone, stays) => {
    const { map, unmap, left } = ready(kernel);
    expect([map(4, 1), map(2, 2)]).toEqual(["0", "0"]);
    expect(unmap(back, pages)).toEqual({ size: BigInt(gone * PAGE) });
    expect(left()).toEqual(stays);
  },
);

// biome-ignore format: one case a line
const ALL = [
  // Mappings: pages before 2^64, and how many. Pages that go, and what stays.
  ["the last page but one",          [[2, 1]],         1, []],
  ["the last page, behind another",  [[2, 1], [1, 1]], 2, []],
  ["the last page alone",            [[1, 1]],         0, [1]],
] as const;

test.each(ALL)("VFIO-DMA-073: UNMAP_DMA with ALL and %s", (_what, mappings, gone, stays) => {
  const { map, unmapAll, left } = ready("v6.1");
  for (const [back, pages] of mappings) expect(map(back, pages)).toBe("0");
  expect(unmapAll()).toEqual({ size: BigInt(gone * PAGE) });
  expect(left()).toEqual(stays);
});
