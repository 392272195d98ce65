import { describe, expect, test } from "vitest";
import { ADDRESS_END, KIND_NAMES, PAGE } from "../../../engine/core/index.ts";
import {
  createMm,
  dontNeed,
  faultIn,
  MMAP_BASE,
  type Mm,
  mapArea,
  PROT,
  placeOfArea,
  putMm,
  unmapArea,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, look, page, put, RW, spaceOf } from "./bench.ts";

const ANONYMOUS = { kind: "anonymous" } as const;

function wish(length: number, at?: number) {
  const plain = { length, prot: RW, flags: 0, backing: ANONYMOUS };
  return at === undefined ? plain : { ...plain, at };
}

/** Pages 0 to 3 are mapped. Ranges as (address, length). */
// biome-ignore format: one case a line
const MMAP: readonly (readonly [what: string, length: number, at: number | undefined, got: string | number])[] = [
  ["no length",                    0,               undefined,           "EINVAL"],
  ["no length, at a bad address",  0,               MMAP_BASE + 1,       "EINVAL"],
  ["an address off a page",        PAGE,            MMAP_BASE + 1,       "EINVAL"],
  ["more than there is",           ADDRESS_END,     undefined,           "ENOMEM"],
  ["up to the very end",           PAGE,            ADDRESS_END - PAGE,  ADDRESS_END - PAGE],
  ["past the end",                 2 * PAGE,        ADDRESS_END - PAGE,  "ENOMEM"],
  ["the lowest gap",               PAGE,            undefined,           page(4)],
];

test.each(MMAP)("mmap of %s", (_what, length, at, got) => {
  const machine = bench();
  const mm = spaceOf(machine, 4);
  const result = mapArea(machine, mm, wish(length, at));
  expect(result.ok ? result.value : result.errno).toBe(got);
  expect(machine.mms[mm]?.vmas).toHaveLength(result.ok ? 2 : 1);
});

/** Pages 0 to 3 are mapped. Where an area goes that is wished for at an address. */
// biome-ignore format: one case a line
const HINTS: readonly (readonly [what: string, length: number, hint: number, got: number])[] = [
  ["where nothing is",  PAGE,      page(9),             page(9)],
  ["where an area is",  PAGE,      page(3),             page(4)],
  ["into an area",      2 * PAGE,  page(-1),            page(4)],
  ["up to the end",     PAGE,      ADDRESS_END - PAGE,  ADDRESS_END - PAGE],
  ["past the end",      2 * PAGE,  ADDRESS_END - PAGE,  page(4)],
];

test.each(HINTS)("a wish for a place %s", (_what, length, hint, got) => {
  const machine = bench();
  const mm = spaceOf(machine, 4);
  expect(good(placeOfArea(machine, mm, length, undefined, hint))).toBe(got);
});

test("a gap is used again, and only where all of the new area fits", () => {
  const machine = bench();
  const mm = spaceOf(machine, 6);
  good(unmapArea(machine, mm, page(1), PAGE));
  good(unmapArea(machine, mm, page(3), 2 * PAGE));
  expect(good(mapArea(machine, mm, wish(2 * PAGE)))).toBe(page(3));
  expect(good(mapArea(machine, mm, wish(2 * PAGE)))).toBe(page(6));
  expect(good(mapArea(machine, mm, wish(PAGE)))).toBe(page(1));
});

test("the gap is one above the place where mmap begins, whatever lies below", () => {
  const machine = bench();
  const mm = createMm(machine);
  good(mapArea(machine, mm, wish(PAGE, PAGE)));
  good(mapArea(machine, mm, wish(2 * PAGE, page(-1))));
  expect(good(mapArea(machine, mm, wish(PAGE)))).toBe(page(1));
  good(unmapArea(machine, mm, page(-1), 2 * PAGE));
  expect(good(mapArea(machine, mm, wish(PAGE)))).toBe(page(0));
});

/** Pages 2 to 4 are mapped. */
// biome-ignore format: one case a line
const OVER = [
  ["its first page", 1, 2, false],
  ["its middle",     3, 1, false],
  ["its last page",  4, 4, false],
  ["all of it",      0, 9, false],
  ["right before",   0, 2, true],
  ["right behind",   5, 2, true],
] as const;

test.each(OVER)(
  "an area over %s: who asks for that has unmapped first",
  (_w, at, pages, isFine) => {
    const machine = bench();
    const mm = createMm(machine);
    good(mapArea(machine, mm, wish(3 * PAGE, page(2))));
    const put = () => good(mapArea(machine, mm, wish(pages * PAGE, page(at))));
    if (isFine) expect(put()).toBe(page(at));
    else expect(put).toThrow("MAP_FIXED without an unmap first");
  },
);

/** Pages 0 to 3 are mapped and written. What is left, by number. */
// biome-ignore format: one case a line
const MUNMAP: readonly (readonly [what: string, at: number, length: number, got: string, left: readonly number[]])[] = [
  ["an address off a page",        page(0) + 1,  PAGE,              "EINVAL", [0, 1, 2, 3]],
  ["no length",                    page(0),      0,                 "EINVAL", [0, 1, 2, 3]],
  ["past the end of the space",    page(0),      ADDRESS_END,       "EINVAL", [0, 1, 2, 3]],
  ["nothing that is there",        page(9),      PAGE,              "ok",     [0, 1, 2, 3]],
  ["the first page",               page(0),      PAGE,              "ok",     [1, 2, 3]],
  ["the last page",                page(3),      PAGE,              "ok",     [0, 1, 2]],
  ["a hole in the middle",         page(1),      2 * PAGE,          "ok",     [0, 3]],
  ["half a page more than one",    page(1),      PAGE + 1,          "ok",     [0, 3]],
  ["everything and more",          page(-5),     100 * PAGE,        "ok",     []],
];

test.each(MUNMAP)("munmap of %s", (_what, at, length, got, left) => {
  const machine = bench();
  const mm = spaceOf(machine, 4);
  for (const index of [0, 1, 2, 3]) put(machine, mm, page(index), index + 1);
  const result = unmapArea(machine, mm, at, length);
  expect(result.ok ? "ok" : result.errno).toBe(got);
  for (const index of [0, 1, 2, 3]) {
    expect(get(machine, mm, page(index))).toBe(left.includes(index) ? index + 1 : "EFAULT");
  }
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
});

test("what is mapped again after munmap reads as zeros", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  put(machine, mm, page(0), 9);
  good(unmapArea(machine, mm, page(0), PAGE));
  good(mapArea(machine, mm, wish(PAGE, page(0))));
  expect(get(machine, mm, page(0))).toBe(0);
  put(machine, mm, page(0) + 1, 1); // the same frame again, by its number
  expect([frameOf(machine, mm, page(0)), get(machine, mm, page(0))]).toEqual([1, 0]);
});

describe("the first touch", () => {
  test("to read gives the zero page, and takes no memory", () => {
    const machine = bench();
    const mm = spaceOf(machine, 2);
    expect(get(machine, mm, page(0))).toBe(0);
    expect([frameOf(machine, mm, page(0)), machine.frames.top]).toEqual([0, 1]);
  });

  test("to write, after one to read, gives a page of its own", () => {
    const machine = bench();
    const mm = spaceOf(machine, 2);
    get(machine, mm, page(0));
    put(machine, mm, page(0), 5);
    expect([frameOf(machine, mm, page(0)), get(machine, mm, page(0))]).toEqual([1, 5]);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("of a page says so once", () => {
    const machine = bench();
    const mm = spaceOf(machine, 1);
    for (const value of [1, 2, 3]) put(machine, mm, page(0), value);
    expect(machine.counts[KIND_NAMES.indexOf("mm.populate")]).toBe(1);
  });
});

// biome-ignore format: one case a line
const RIGHTS: readonly (readonly [prot: number, read: string, write: string])[] = [
  [PROT.NONE,  "EFAULT", "EFAULT"],
  [PROT.READ,  "ok",     "EFAULT"],
  [PROT.WRITE, "ok",     "ok"], // no CPU can be told to write only
  [RW,         "ok",     "ok"],
  [PROT.EXEC,  "EFAULT", "EFAULT"],
];

test.each(RIGHTS)("an area with prot %i: read %s, write %s", (prot, read, write) => {
  const machine = bench();
  const mm = spaceOf(machine, 1, prot);
  for (const [isWrite, wanted] of [
    [false, read],
    [true, write],
    [false, read],
  ] as const) {
    const touched = faultIn(machine, mm, page(0) + 5, isWrite);
    expect(touched.ok ? "ok" : touched.errno).toBe(wanted);
  }
});

test.each([
  ["v4.18", "EFAULT"],
  ["v5.7", "ok"],
  ["v6.1", "ok"],
] as const)("who may execute may read: %s: %s", (kernel, got) => {
  const machine = bench({ kernel });
  const read = faultIn(machine, spaceOf(machine, 1, PROT.EXEC), page(0), false);
  expect(read.ok ? "ok" : read.errno).toBe(got);
});

test("a write that runs into a missing page leaves what it wrote before", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const end = page(1);
  expect(put(machine, mm, end - 1, 7)).toBe("ok");
  expect(put(machine, mm, end, 8)).toBe("EFAULT");
  expect(look(machine, mm, end - 1)).toBe(7);
});

test("an address space goes with the last of its users, and not before", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  put(machine, mm, page(0), 1);
  machine.mms[mm] = { ...(machine.mms[mm] as Mm), users: 3 };
  expect([putMm(machine, mm), machine.mms[mm]?.users]).toEqual([[], 2]);
  expect([putMm(machine, mm), machine.mms[mm]?.users]).toEqual([[], 1]);
  expect(look(machine, mm, page(0))).toBe(1);
  putMm(machine, mm);
  expect([machine.mms[mm]?.users, machine.mms[mm]?.vmas]).toEqual([0, []]);
  expect(machine.frames.free).toHaveLength(1);
});

/** Pages 0 to 1 and 3 to 4 are mapped and written. What reads as before, by number. */
// biome-ignore format: one case a line
const MADVISE: readonly (readonly [what: string, at: number, length: number, got: string, left: readonly number[]])[] = [
  ["an address off a page",       page(0) + 1,  PAGE,      "EINVAL", [0, 1, 3, 4]],
  ["no length",                   page(0),      0,         "ok",     [0, 1, 3, 4]],
  ["one page",                    page(0),      PAGE,      "ok",     [1, 3, 4]],
  ["half a page",                 page(1),      1,         "ok",     [0, 3, 4]],
  ["a hole in the middle",        page(0),      5 * PAGE,  "ENOMEM", []],
  ["a hole at the end",           page(4),      2 * PAGE,  "ENOMEM", [0, 1, 3]],
  ["a hole at the start",         page(2),      2 * PAGE,  "ENOMEM", [0, 1, 4]],
  ["nothing but a hole",          page(2),      PAGE,      "ENOMEM", [0, 1, 3, 4]],
  ["nothing above",               page(9),      PAGE,      "ENOMEM", [0, 1, 3, 4]],
];

test.each(MADVISE)("madvise(MADV_DONTNEED) of %s", (_what, at, length, got, left) => {
  const machine = bench();
  const mm = spaceOf(machine, 2);
  good(mapArea(machine, mm, wish(2 * PAGE, page(3))));
  for (const index of [0, 1, 3, 4]) put(machine, mm, page(index), 9);
  const result = dontNeed(machine, mm, at, length);
  expect(result.ok ? "ok" : result.errno).toBe(got);
  for (const index of [0, 1, 3, 4]) {
    expect(get(machine, mm, page(index)), `page ${index}`).toBe(left.includes(index) ? 9 : 0);
  }
});
