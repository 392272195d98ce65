import { describe, expect, test } from "vitest";
import type { Machine } from "../../../engine/index.ts";
import { walk } from "../../../engine/mm/index.ts";
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
 * After hugepage_test of vfio-correctness-tests.c (github.com/awilliam/tests, 785af938878b): 2M are
 * mapped by one call, refused a second time, taken back by one call, mapped again, and taken back
 * piece by piece. The first interface may give more than was asked for or nothing, but all of it in
 * the end; the second refuses each piece.
 */

const M2 = 2 * 1024 * 1024;
const PIECE = 64 * 1024;
const PIECES = Array.from({ length: M2 / PIECE }, (_, piece) => piece * PIECE);
const even = PIECES.filter((_, piece) => piece % 2 === 0);
const odd = PIECES.filter((_, piece) => piece % 2 === 1);

const ORDERS: readonly (readonly [name: string, pieces: readonly number[]])[] = [
  ["upwards", PIECES],
  ["downwards", PIECES.toReversed()],
  ["every second one, then the others", [...even, ...odd]],
  ["every second one from the end", [...odd.toReversed(), ...even.toReversed()]],
];

/** Where the device address of the mapping begins: on a border of 2M, and a page behind one. */
const PLACES = [
  ["on a border", 4 * M2],
  ["a page behind a border", 4 * M2 + 4096],
] as const;

const ONE = [memory("one", "4K"), "app: mlock(one, 4K) = 0"];

/** Pages of memory are given in order: so many are taken that `buf` begins on a border of 2M. */
function begin(setting: Setting): string[] {
  const { frames } = holds(withContainer(setting, ONE));
  const next = frames.mapcount.lastIndexOf(1) + 1;
  const pad = `${4 * (512 - (next % 512))}K`;
  return [...ONE, memory("pad", pad), `app: mlock(pad, ${pad}) = 0`, memory("buf", "2M")];
}

const whole = (gone: string, at: number) => unmap(`${at}`, "2M", gone);

/** The level at which the device's tables decide an address. */
function levelAt(machine: Machine, iova: number): number {
  const domain = machine.domains[machine.streams[0]?.domain ?? -1];
  return walk(machine.tables, domain?.root ?? -1, iova).level;
}

describe.each(SETTINGS)("$type of $kernel", (setting) => {
  const isV1 = setting.type === "VFIO_TYPE1_IOMMU";
  test.each(PLACES)("2M %s are entered as one block where that fits", (_place, at) => {
    const machine = holds(withContainer(setting, [...begin(setting), map("buf", `${at}`, "2M")]));
    expect(levelAt(machine, at)).toBe(at % M2 === 0 ? 1 : 0);
  });

  const cases = PLACES.flatMap(([place, at]) =>
    ORDERS.map(([order, pieces]) => [place, order, at, pieces] as const),
  );
  test.each(cases)("2M %s, then pieces %s", (_place, _order, at, pieces) => {
    let isThere = true;
    const piecewise = pieces.flatMap((piece) => {
      const iova = at + piece;
      const isFirst = piece === 0;
      if (!isV1) return [unmap(`${iova}`, "64K", "EINVAL"), leadsTo(`${iova}`, `buf+${piece}`)];
      const gone = isThere && isFirst ? "2M" : "0";
      isThere &&= !isFirst;
      const now = isThere ? leadsTo(`${iova}`, `buf+${piece}`) : leadsNowhere(`${iova}`);
      return [unmap(`${iova}`, "64K", gone), now];
    });
    const { containers } = holds(
      withContainer(setting, [
        ...begin(setting),
        'app: store(buf, "first") = 0',
        map("buf", `${at}`, "2M"),
        map("buf", `${at}`, "2M", "-1 EEXIST"),
        leadsTo(`${at + M2 - 4096}`, `buf+${M2 - 4096}`),
        whole("2M", at),
        leadsNowhere(`${at}`),
        whole("0", at),
        map("buf", `${at}`, "2M"),
        ...piecewise,
        whole(isV1 ? "0" : "2M", at),
        leadsNowhere(`${at + M2 - 4096}`),
      ]),
    );
    expect(containers[0]?.dmas).toEqual([]);
  });

  test.each(PLACES)("a block over a table that small pages left, %s", (_place, at) => {
    holds(
      withContainer(setting, [
        ...begin(setting),
        map("one", `${at + 3 * 4096}`, "4K"),
        map("buf", `${at}`, "2M", "-1 EEXIST"),
        leadsNowhere(`${at}`),
        unmap(`${at + 3 * 4096}`, "4K", "4K"),
        map("buf", `${at}`, "2M"),
        leadsTo(`${at + 3 * 4096}`, `buf+${3 * 4096}`),
        leadsTo(`${at + M2 - 4096}`, `buf+${M2 - 4096}`),
        map("one", `${at + M2}`, "4K"),
        unmap(`${at}`, "4M", `${M2 + 4096}`),
        leadsNowhere(`${at + M2}`),
      ]),
    );
  });
});
