import { describe, expect, test } from "vitest";
import {
  holds,
  leadsNowhere,
  leadsTo,
  map,
  memory,
  SETTINGS,
  unmap,
  withContainer,
} from "./story.ts";

/**
 * After vfio_dma_map_limit_test of tools/testing/selftests/vfio/vfio_dma_mapping_test.c (linux
 * 03b7c2d763c9): the last page that can be mapped is mapped and taken back, by its range and by
 * ALL, and a range that wraps is refused by both calls. The original has EOVERFLOW there, which is
 * later than v6.1: these kernels say EINVAL. The rows around it are the same question at other edges.
 */

const END48 = 2 ** 48;
const K4 = 4096;
const LAST64 = "0xfffffffffffff000";

/** What MAP_DMA and then UNMAP_DMA of the same range come to, on v4.18 and on v6.1. */
// biome-ignore format: one edge a line
const EDGES = [
  ["the first page",                          "0",              "4K",  "0",       "4K",     "0",      "4K"],
  ["the last page of 48 bits",                `${END48 - K4}`,  "4K",  "0",       "4K",     "0",      "4K"],
  ["the last two pages of 48 bits",           `${END48 - 8192}`, "8K", "0",       "8K",     "0",      "8K"],
  ["the last page and one more",              `${END48 - K4}`,  "8K",  "ERANGE",  "0",      "EINVAL", "0"],
  ["the first page past 48 bits",             `${END48}`,       "4K",  "ERANGE",  "0",      "EINVAL", "0"],
  ["the last page of 64 bits",                LAST64,           "4K",  "ERANGE",  "EINVAL", "EINVAL", "0"],
  ["a range that wraps past 64 bits",         LAST64,           "8K",  "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
  ["the second half of 48 bits, first page",  `${END48 / 2}`,   "4K",  "0",       "4K",     "0",      "4K"],
  ["no size",                                 "64K",            "0",   "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
  ["half a page",                             "64K",            "2K",  "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
  ["a page and a half",                       "64K",            "6K",  "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
  ["an address half way into a page",         "66K",            "4K",  "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
  ["an address one byte into a page",         "65537",          "4K",  "EINVAL",  "EINVAL", "EINVAL", "EINVAL"],
] as const;

const isErrno = (word: string) => word.startsWith("E");

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  const isOld = setting.kernel === "v4.18";

  test.each(EDGES)("%s (at %s, %s)", (_what, iova, size, oldMap, oldUnmap, newMap, newUnmap) => {
    const [mapped, gone] = isOld ? [oldMap, oldUnmap] : [newMap, newUnmap];
    const isMapped = mapped === "0";
    holds(
      withContainer(setting, [
        memory("buf", "12K"),
        // A neighbour that no refused call may touch.
        map("buf", "16M", "4K"),
        map("buf+4K", iova, size, isErrno(mapped) ? `-1 ${mapped}` : mapped),
        ...(isMapped ? [] : ["expect app.locked_vm == 1", "expect pins(app, buf+4K) == 0"]),
        ...(isMapped ? [leadsTo(iova, "buf+4K"), "expect pins(app, buf+4K) == 1"] : []),
        unmap(iova, size, gone),
        leadsTo("16M", "buf"),
        "expect app.locked_vm == 1",
        ...(isMapped ? [leadsNowhere(iova), "expect pins(app, buf+4K) == 0"] : []),
      ]),
    );
  });

  test("everything is taken back at once, where the kernel has a flag for it", () => {
    const last = `${END48 - K4}`;
    const { containers } = holds(
      withContainer(setting, [
        memory("buf", "12K"),
        map("buf", "0", "4K"),
        map("buf+4K", "1G", "4K"),
        map("buf+8K", last, "4K"),
        ...(isOld
          ? [
              unmap("0", "0", "EINVAL", 2),
              leadsTo("0", "buf"),
              unmap("0", last, "8K"),
              unmap("0", `${END48}`, "4K"),
            ]
          : [
              unmap("0", "4K", "EINVAL", 2),
              unmap("4K", "0", "EINVAL", 2),
              unmap("0", "0", "EINVAL", 1),
              leadsTo(last, "buf+8K"),
              unmap("0", "0", "12K", 2),
            ]),
        leadsNowhere(last),
        "expect app.locked_vm == 0",
      ]),
    );
    expect(containers[0]?.dmas).toEqual([]);
  });

  test.each([
    ["none", 0, "-1 EINVAL"],
    ["READ", 1, "0"],
    ["WRITE", 2, "0"],
    ["both", 3, "0"],
    ["bit 3", 8, "-1 EINVAL"],
    ["READ and bit 3", 9, "-1 EINVAL"],
    ["READ and bit 31", 0x80000001, "-1 EINVAL"],
  ] as const)("flags %s", (_what, flags, result) => {
    holds(withContainer(setting, [memory("buf", "4K"), map("buf", "64K", "4K", result, flags)]));
  });
});
