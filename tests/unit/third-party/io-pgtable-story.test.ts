import { describe, expect, test } from "vitest";
import type { Machine } from "../../../engine/index.ts";
import { eachLeaf, spanOf } from "../../../engine/mm/index.ts";
import {
  holds,
  leadsNowhere,
  leadsTo,
  map,
  memory,
  SETTINGS,
  type Setting,
  unmap,
  withContainer,
} from "./story.ts";

/**
 * arm_lpae_run_tests of drivers/iommu/io-pgtable-arm.c (v4.18), as far as a program can ask for it by
 * MAP_DMA and UNMAP_DMA: for every set of page sizes an empty table leads nowhere; a range is entered in
 * the largest pages that fit, and not twice, as a whole or in part; all of it goes at once, and can be
 * entered again. io-pgtable.test.ts asks the table itself, for a page out of a block and blocks of 1G.
 */

const [K4, M2, G1] = [4096, 2 ** 21, 2 ** 30];

/** Sizes as the header has them; in how many pages 2M, and one page behind it, are entered. */
const SETS = [
  ["4K", [[K4, 513]]],
  ["4K,1G", [[K4, 513]]],
  [
    "4K,2M",
    [
      [M2, 1],
      [K4, 1],
    ],
  ],
  [
    "4K,2M,1G",
    [
      [M2, 1],
      [K4, 1],
    ],
  ],
] as const;

/** 42 bytes into the range that begins at 0, at one and at two of the largest size. */
const FAR = [42, G1 + 42, 2 * G1 + 42];

/** Pages of memory are given in order: so many are taken that `buf` begins on a border of 2M. */
function begin(setting: Setting): string[] {
  const one = [memory("one", "4K"), "app: mlock(one, 4K) = 0"];
  const { frames } = holds(withContainer(setting, one));
  const next = frames.mapcount.lastIndexOf(1) + 1;
  const pad = `${4 * (512 - (next % 512))}K`;
  return [...one, memory("pad", pad), `app: mlock(pad, ${pad}) = 0`, memory("buf", "2052K")];
}

/** How many pages of which size the device's table has in a range, the largest first. */
function entered({ tables, domains, streams }: Machine, start: number): (readonly number[])[] {
  const sizes: number[] = [];
  const { root = -1 } = domains[streams[0]?.domain ?? -1] ?? {};
  const range = { start, end: start + M2 + K4 };
  eachLeaf(tables, root, range, (_at, _entry, level) => void sizes.push(spanOf(level)));
  return [...new Set(sizes)].map((size) => [size, sizes.filter((one) => one === size).length]);
}

const CASES = SETTINGS.flatMap((setting) =>
  SETS.map(([pages, sizes]) => ({ ...setting, pages, sizes })),
);

describe.each(CASES)("$type of $kernel, pages of $pages", ({ sizes, ...setting }) => {
  test("an empty table leads nowhere", () => {
    holds(
      withContainer(
        setting,
        FAR.map((iova) => leadsNowhere(`${iova}`)),
      ),
    );
  });

  test.each([0, G1, 2 * G1])("2M and a page at %i", (at) => {
    const size = "2052K";
    const offsets = [0, 42, M2 - K4, M2 - 1, M2, M2 + K4 - 1];
    const parts = [
      [0, size],
      [0, "4K"],
      [M2 - K4, "4K"],
      [M2, "4K"],
    ] as const;
    const there = [
      ...offsets.map((offset) => leadsTo(`${at + offset}`, `buf+${offset}`)),
      leadsNowhere(`${at + M2 + K4}`),
    ];
    const lines = [
      ...begin(setting),
      map("buf", `${at}`, size),
      ...parts.map(([part, much]) => map("buf", `${at + part}`, much, "-1 EEXIST")),
      ...there,
      unmap(`${at}`, size, size),
      ...offsets.map((offset) => leadsNowhere(`${at + offset}`)),
      unmap(`${at}`, size, "0"),
      map("buf", `${at}`, size),
      ...there,
    ];
    expect(entered(holds(withContainer(setting, lines)), at)).toEqual(sizes);
  });
});
