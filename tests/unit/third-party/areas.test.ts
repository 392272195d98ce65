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
 * After area, unmap_fully_contained_areas and vfio_compat_map_cmd of
 * tools/testing/selftests/iommu/iommufd.c (linux v6.12.117), as type1 answers them: ten areas, each
 * a page longer than the one before, with a page between two; every pair of them is taken back by
 * one range, and what a range cuts stays.
 */

const AREAS = 10;
const ALL = Array.from({ length: AREAS }, (_, area) => area);
/** Pages, from the start of the buffer and of the device addresses: 0, 2, 5, 9, ... */
const begin = (area: number) => ((area + 1) * (area + 2)) / 2 - 1;
const end = (area: number) => begin(area) + area + 1;
const k = (pages: number) => `${4 * pages}K`;
const at = (pages: number) => `${1024 + 4 * pages}K`;

const mapped = ALL.map((area) => map(`buf+${k(begin(area))}`, at(begin(area)), k(area + 1)));
const sum = (areas: readonly number[]) => areas.reduce((pages, area) => pages + area + 1, 0);

const state = (isThere: (area: number) => boolean) =>
  ALL.flatMap((area) => {
    const last = end(area) - 1;
    return isThere(area)
      ? [leadsTo(at(begin(area)), `buf+${k(begin(area))}`), leadsTo(at(last), `buf+${k(last)}`)]
      : [leadsNowhere(at(begin(area))), leadsNowhere(at(last))];
  });

const PAIRS = ALL.flatMap((first) =>
  ALL.filter((area) => area >= first).map((last) => [first, last] as const),
);

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  const start = [memory("buf", k(end(AREAS))), ...mapped];

  test.each(PAIRS)("a range over areas %i to %i takes them and no other", (first, last) => {
    const inside = ALL.filter((area) => area >= first && area <= last);
    holds(
      withContainer(setting, [
        ...start,
        // It reaches over the hole on both sides: nothing begins or ends there.
        unmap(at(begin(first) - 1), k(end(last) + 1 - (begin(first) - 1)), k(sum(inside))),
        ...state((area) => area < first || area > last),
        `expect app.locked_vm == ${sum(ALL) - sum(inside)}`,
      ]),
    );
  });

  const isV1 = setting.type === "VFIO_TYPE1_IOMMU";
  test.each(ALL.slice(1))("a range that ends inside area %i", (area) => {
    // v1 takes all of what it meets; v2 refuses, and nothing goes.
    holds(
      withContainer(setting, [
        ...start,
        unmap(at(begin(area)), k(area), isV1 ? k(area + 1) : "EINVAL"),
        ...state((other) => !isV1 || other !== area),
      ]),
    );
  });

  test.each(ALL.slice(1))("a range that begins inside area %i", (area) => {
    holds(
      withContainer(setting, [
        ...start,
        unmap(at(begin(area) + 1), k(area), isV1 ? "0" : "EINVAL"),
        ...state(() => true),
      ]),
    );
  });
});
