import { describe, test } from "vitest";
import { holds, leadsTo, map, memory, type Setting, unmap, withContainer } from "./story.ts";

/**
 * After tools/testing/selftests/vm/mremap_test.c (linux v6.1): a region is moved between addresses of
 * every alignment, what stood in it stands there afterwards, and the old address is nobody's. Beside
 * the original: pages that a device has stay the device's, wherever the process has them.
 */

const setting: Setting = { kernel: "v6.1", type: "VFIO_TYPE1_IOMMU" };
const BASE = 0x10000000;
const K = 1024;
const ALIGNED = [4 * K, 8 * K, 64 * K, 2048 * K, 4096 * K];
const CASES = ALIGNED.flatMap((from) => ALIGNED.map((to) => [from / K, to / K] as const));

/** An address that is a multiple of `align` and of nothing larger. */
const place = (base: number, align: number) => `${base + align}`;

const fixed = (name: string, at: string, size: string) =>
  `app: ${name} = mmap(${at}, ${size}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)`;

describe("a region of three pages", () => {
  test.each(CASES)("from a multiple of %iK to one of %iK", (from, to) => {
    const [old, next] = [place(BASE, from * K), place(2 * BASE, to * K)];
    holds(
      withContainer(setting, [
        fixed("buf", old, "12K"),
        'app: store(buf, "one") = 0',
        'app: store(buf+4K, "two") = 0',
        'app: store(buf+8K, "three") = 0',
        map("buf", "64K", "12K"),
        `app: there = mremap(buf, 12K, 12K, MREMAP_MAYMOVE|MREMAP_FIXED, ${next})`,
        `expect there == ${next}`,
        'expect bytes(app, there, 3) == "one"',
        'expect bytes(app, there+4K, 3) == "two"',
        'expect bytes(app, there+8K, 5) == "three"',
        ...["", "+4K", "+8K"].map((page, index) => leadsTo(`${64 + 4 * index}K`, `there${page}`)),
        "app: load(buf, 1) = SIGSEGV",
      ]),
    );
  });

  // biome-ignore format: one case a line
  test.each([
    ["over itself from below",        "buf", "12K", "12K", "buf+4K",  "-1 EINVAL"],
    ["over itself from above",        "buf+4K", "8K", "8K", "buf",    "-1 EINVAL"],
    ["to an address inside a page",   "buf", "12K", "12K", "0x20000800", "-1 EINVAL"],
    ["from an address inside a page", "buf+2K", "4K", "4K", "0x20000000", "-1 EINVAL"],
    ["to no size",                    "buf", "12K", "0",   "0x20000000", "-1 EINVAL"],
    ["from where nothing is",         "0x30000000", "4K", "4K", "0x20000000", "-1 EFAULT"],
    ["from beyond its end",           "buf+8K", "8K", "8K", "0x20000000", "-1 EFAULT"],
  ])("%s is refused, and stays", (_what, from, old, size, to, result) => {
    holds(
      withContainer(setting, [
        memory("buf", "12K"),
        'app: store(buf, "one") = 0',
        `app: mremap(${from}, ${old}, ${size}, MREMAP_MAYMOVE|MREMAP_FIXED, ${to}) = ${result}`,
        'expect bytes(app, buf, 3) == "one"',
      ]),
    );
  });

  test.each([1, 2])(
    "shrinks to %i pages, and the device keeps the rest until it is taken back",
    (pages) => {
      holds(
        withContainer(setting, [
          memory("buf", "12K"),
          'app: store(buf+8K, "rest") = 0',
          map("buf", "64K", "12K"),
          `app: mremap(buf, 12K, ${4 * pages}K, 0, 0) = buf`,
          "expect page(app, buf+8K) == none",
          'expect seen(hisi_zip-0, 72K, 4) == "rest"',
          "expect app.locked_vm == 3",
          unmap("64K", "12K", "12K"),
          "expect app.locked_vm == 0",
        ]),
      );
    },
  );
});
