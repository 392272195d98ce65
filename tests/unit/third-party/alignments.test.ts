import { describe, test } from "vitest";
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
 * After all_aligns and all_aligns_copy of tools/testing/selftests/iommu/iommufd.c (linux v6.12.117):
 * a buffer is mapped from every page to every later one; references are counted on each page of it,
 * after the map, after a second map of the same memory elsewhere, and after each is taken back.
 * There the same memory is shared by a copy of the mapping; type1 has but a second one, and charges
 * both.
 */

const PAGES = 6;
const ALL = Array.from({ length: PAGES }, (_, page) => page);
const RANGES = ALL.flatMap((start) =>
  ALL.filter((page) => page >= start).map((last) => [start, last + 1] as const),
);

const vaddr = (page: number) => `buf+${4 * page}K`;

/** One reference is the process's own; each pin is one more. */
const counted = (start: number, end: number, pins: number) =>
  ALL.flatMap((page) => {
    const here = page >= start && page < end ? pins : 0;
    return [
      `expect pins(app, ${vaddr(page)}) == ${here}`,
      `expect refs(app, ${vaddr(page)}) == ${1 + here}`,
    ];
  });

const reached = (start: number, end: number, iova: number, isThere: boolean) =>
  ALL.filter((page) => page >= start && page < end).map((page) => {
    const at = `${iova + 4 * (page - start)}K`;
    return isThere ? leadsTo(at, vaddr(page)) : leadsNowhere(at);
  });

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  test.each(RANGES)("pages %i to %i", (start, end) => {
    const size = `${4 * (end - start)}K`;
    holds(
      withContainer(setting, [
        memory("buf", `${4 * PAGES}K`),
        `app: mlock(buf, ${4 * PAGES}K) = 0`,
        `app: munlock(buf, ${4 * PAGES}K) = 0`,
        ...counted(0, 0, 0),
        map(vaddr(start), "1024K", size),
        ...counted(start, end, 1),
        ...reached(start, end, 1024, true),
        map(vaddr(start), "2048K", size),
        ...counted(start, end, 2),
        `expect app.locked_vm == ${2 * (end - start)}`,
        unmap("1024K", size, size),
        ...counted(start, end, 1),
        ...reached(start, end, 1024, false),
        ...reached(start, end, 2048, true),
        unmap("2048K", size, size),
        ...counted(0, 0, 0),
        "expect app.locked_vm == 0",
      ]),
    );
  });
});
