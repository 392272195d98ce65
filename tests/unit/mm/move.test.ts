import { expect, test } from "vitest";
import { ADDRESS_END, PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  createShared,
  lockRange,
  MMAP_BASE,
  type MmPart,
  mapArea,
  moveArea,
  REGISTERS,
  unmapArea,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, page, put, RW, spaceOf } from "./bench.ts";
import { iotlbOf } from "./told.ts";

/** Four pages with 1, 2, 3, 4 in them. */
function four(): { readonly machine: MmPart; readonly mm: number } {
  const machine = bench();
  const mm = spaceOf(machine, 4);
  for (const index of [0, 1, 2, 3]) put(machine, mm, page(index), index + 1);
  return { machine, mm };
}

const areas = (machine: MmPart, mm: number) =>
  machine.mms[mm]?.vmas.map(({ start, end }) => [
    (start - MMAP_BASE) / PAGE,
    (end - MMAP_BASE) / PAGE,
  ]);

interface Wish {
  readonly from: number;
  readonly old: number;
  readonly length: number;
  readonly mayMove?: boolean;
  readonly at?: number;
}

function move(machine: MmPart, mm: number, { from, old, length, mayMove = false, at }: Wish) {
  const { there } = moveArea(machine, mm, {
    from: page(from),
    oldLength: old * PAGE,
    newLength: length * PAGE,
    mayMove,
    ...(at === undefined ? {} : { at: page(at) }),
  });
  return there.ok ? (there.value - MMAP_BASE) / PAGE : there.errno;
}

/** In pages: what is asked for, with what stands behind; what comes of it, and which areas there are. */
// biome-ignore format: one case a line
const MOVES: readonly (readonly [what: string, behind: number, wish: Wish, got: number | string, left: readonly number[][]])[] = [
  ["as long as before",                   0, { from: 0, old: 4, length: 4 },                 0, [[0, 4]]],
  ["as long as before, a part",           0, { from: 1, old: 2, length: 2 },                 1, [[0, 4]]],
  ["longer, with room behind",            0, { from: 0, old: 4, length: 6 },                 0, [[0, 6]]],
  ["longer, with room behind, may move",  0, { from: 0, old: 4, length: 6, mayMove: true },  0, [[0, 6]]],
  ["longer, the last part of it",         0, { from: 2, old: 2, length: 3 },                 2, [[0, 5]]],
  ["longer by the gap behind, exactly",   6, { from: 0, old: 4, length: 6 },                 0, [[0, 6], [6, 7]]],
  ["longer than the gap behind",          6, { from: 0, old: 4, length: 7 },                 "ENOMEM", [[0, 4], [6, 7]]],
  ["longer than the gap, may move",       6, { from: 0, old: 4, length: 7, mayMove: true },  7, [[6, 7], [7, 14]]],
  ["longer, no gap, may move",            4, { from: 0, old: 4, length: 5, mayMove: true },  5, [[4, 5], [5, 10]]],
  ["longer, the first part, in place",    0, { from: 0, old: 2, length: 3 },                 "ENOMEM", [[0, 4]]],
  ["longer, the first part, may move",    0, { from: 0, old: 2, length: 3, mayMove: true },  4, [[2, 4], [4, 7]]],
  ["longer, the middle, may move",        0, { from: 1, old: 1, length: 2, mayMove: true },  4, [[0, 1], [2, 4], [4, 6]]],
  ["shorter",                             0, { from: 0, old: 4, length: 1 },                 0, [[0, 1]]],
  ["shorter, in the middle",              0, { from: 1, old: 2, length: 1 },                 1, [[0, 2], [3, 4]]],
  ["to a place",                          0, { from: 0, old: 4, length: 4, mayMove: true, at: 9 }, 9, [[9, 13]]],
  ["to the place right behind",           0, { from: 0, old: 4, length: 4, mayMove: true, at: 4 }, 4, [[4, 8]]],
  ["to the place right before",           0, { from: 2, old: 2, length: 2, mayMove: true, at: 0 }, 0, [[0, 2]]],
  ["the middle, to a place",              0, { from: 1, old: 2, length: 2, mayMove: true, at: 9 }, 9, [[0, 1], [3, 4], [9, 11]]],
  ["shorter, to a place",                 0, { from: 0, old: 4, length: 2, mayMove: true, at: 9 }, 9, [[9, 11]]],
  ["longer, to a place",                  0, { from: 0, old: 4, length: 5, mayMove: true, at: 9 }, 9, [[9, 14]]],
  ["over what is there",                  9, { from: 0, old: 4, length: 4, mayMove: true, at: 8 }, 8, [[8, 12]]],
  ["over itself, a page on",              0, { from: 0, old: 4, length: 4, mayMove: true, at: 1 }, "EINVAL", [[0, 4]]],
  ["over its own end",                    0, { from: 0, old: 4, length: 1, mayMove: true, at: 3 }, "EINVAL", [[0, 4]]],
  ["over its own start",                  0, { from: 1, old: 2, length: 2, mayMove: true, at: 0 }, "EINVAL", [[0, 4]]],
  ["shorter, past the end of its area",   0, { from: 2, old: 3, length: 1 },                 2, [[0, 3]]],
  ["shorter, and the next area goes",     4, { from: 1, old: 4, length: 1 },                 1, [[0, 2]]],
  ["as long as before, over two areas",   4, { from: 0, old: 5, length: 5 },                 0, [[0, 4], [4, 5]]],
  ["longer, past the end of its area",    0, { from: 2, old: 3, length: 4, mayMove: true },  "EFAULT", [[0, 4]]],
  ["longer, over two areas",              4, { from: 0, old: 5, length: 6, mayMove: true },  "EFAULT", [[0, 4], [4, 5]]],
  ["to a place, over two areas",          4, { from: 0, old: 5, length: 5, mayMove: true, at: 9 }, "EFAULT", [[0, 4], [4, 5]]],
  ["shorter to a place, out of two",      4, { from: 0, old: 5, length: 4, mayMove: true, at: 9 }, 9, [[9, 13]]],
  ["what is not there",                   0, { from: 8, old: 1, length: 2, mayMove: true },  "EFAULT", [[0, 4]]],
  ["private memory of no length",         0, { from: 0, old: 0, length: 1, mayMove: true },  "EINVAL", [[0, 4]]],
  ["to no length",                        0, { from: 0, old: 4, length: 0 },                 "EINVAL", [[0, 4]]],
];

test.each(MOVES)("mremap %s", (_what, behind, wish, got, left) => {
  const { machine, mm } = four();
  if (behind > 0) {
    // Other rights, so that nobody takes the two for one area.
    const backing = { kind: "anonymous" as const };
    good(
      mapArea(machine, mm, { length: PAGE, prot: 1, flags: 0, backing, at: page(behind) as never }),
    );
  }
  expect(move(machine, mm, wish)).toBe(got);
  expect(areas(machine, mm)).toEqual(left);
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  if (typeof got === "string") {
    expect([0, 1, 2, 3].map((index) => get(machine, mm, page(index)))).toEqual([1, 2, 3, 4]);
    return;
  }
  // What it had stands where it is now; what it has more is empty.
  for (let index = 0; index < wish.length; index += 1) {
    if (wish.from + index >= 4) continue; // that of the other area
    const had = index < wish.old ? wish.from + index + 1 : 0;
    expect(get(machine, mm, page(got + index))).toBe(had);
  }
});

test("an address or a place that is no page, or past the end, is EINVAL", () => {
  const { machine, mm } = four();
  const wish = { oldLength: PAGE, newLength: PAGE, mayMove: true };
  const asked = (from: number, at: number, newLength = PAGE) => {
    const { there } = moveArea(machine, mm, { ...wish, newLength, from, at });
    return there.ok ? there.value : there.errno;
  };
  expect(asked(page(0) + 1, page(9))).toBe("EINVAL");
  expect(asked(page(0), page(9) + 1)).toBe("EINVAL");
  expect(asked(page(0), ADDRESS_END)).toBe("EINVAL");
  expect(asked(page(0), ADDRESS_END - PAGE, 2 * PAGE)).toBe("EINVAL");
  expect(asked(page(0), ADDRESS_END - PAGE)).toBe(ADDRESS_END - PAGE);
  expect(get(machine, mm, ADDRESS_END - PAGE)).toBe(1);
});

test.each([
  [false, "EPERM"],
  [true, 0],
])("to the first page, who may take it: %s", (mayTakeFirst, got) => {
  const { machine, mm } = four();
  const wish = { from: page(0), oldLength: PAGE, newLength: PAGE, mayMove: true, at: 0 };
  const { there } = moveArea(machine, mm, { ...wish, mayTakeFirst });
  expect(there.ok ? there.value : there.errno).toBe(got);
  expect(get(machine, mm, there.ok ? 0 : page(0))).toBe(1);
});

test("at the end of the address space there is no room behind; elsewhere it is the lowest gap", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const backing = { kind: "anonymous" as const };
  const last = ADDRESS_END - 2 * PAGE;
  good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: 0, backing, at: last as never }));
  put(machine, mm, last, 7);
  const grown = (newLength: number, mayMove: boolean) => {
    const { there } = moveArea(machine, mm, { from: last, oldLength: PAGE, newLength, mayMove });
    return there.ok ? there.value : there.errno;
  };
  expect(grown(3 * PAGE, false)).toBe("ENOMEM");
  expect(grown(ADDRESS_END, true)).toBe("ENOMEM");
  expect([grown(3 * PAGE, true), get(machine, mm, page(1))]).toEqual([page(1), 7]);
  good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: 0, backing, at: last as never }));
  expect(grown(2 * PAGE, false)).toBe(last);
});

test.each([
  ["v4.18", MMAP_BASE + 8 * PAGE],
  ["v5.7", MMAP_BASE + 8 * PAGE],
  ["v6.1", "EFAULT"],
] as const)("shorter, where no area is: %s", (kernel, got) => {
  const machine = bench({ kernel });
  const mm = spaceOf(machine, 1);
  const wish = { from: page(8), oldLength: 2 * PAGE, newLength: PAGE, mayMove: true };
  const { there } = moveArea(machine, mm, wish);
  expect(there.ok ? there.value : there.errno).toBe(got);
});

test("what a driver mapped stays as it is", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const backing = { kind: "device" as const, file: 3, pfn: Pfn(REGISTERS), registers: true };
  good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: 0, backing, at: page(8) as never }));
  expect(move(machine, mm, { from: 8, old: 1, length: 1, mayMove: true, at: 20 })).toBe("EFAULT");
  expect(move(machine, mm, { from: 8, old: 1, length: 2, mayMove: true })).toBe("EFAULT");
});

test("what a driver mapped is made shorter, and cut in two where that is its middle", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const backing = { kind: "device" as const, file: 3, pfn: Pfn(REGISTERS), registers: true };
  good(mapArea(machine, mm, { length: 5 * PAGE, prot: RW, flags: 0, backing, at: page(8) }));
  const shorter = (from: number, old: number, length: number, at?: number) =>
    moveArea(machine, mm, {
      from,
      oldLength: old * PAGE,
      newLength: length * PAGE,
      mayMove: true,
      ...(at === undefined ? {} : { at }),
    });
  const there = { ok: true, value: page(8) };
  expect(shorter(page(8), 3, 1)).toEqual({ held: [3], loose: [], there });
  expect(shorter(page(8), 5, 1)).toEqual({ held: [], loose: [3], there });
  // Past the end nothing goes; but what stood at the fixed place is gone by then.
  const last = ADDRESS_END - PAGE;
  const past = { ok: false, errno: "EINVAL" };
  expect(shorter(last, 3, 1)).toMatchObject({ held: [], loose: [], there: past });
  expect(shorter(last, 3, 1, page(8))).toMatchObject({ held: [], loose: [3], there: past });
  expect(areas(machine, mm)).toEqual([[0, 1]]);
});

/** Pages locked before: 4. What growing, moving and shrinking make of locked_vm. */
// biome-ignore format: one case a line
const LOCKED = [
  ["longer in place by 2", { from: 0, old: 4, length: 6 },                       6],
  ["moved, no longer",     { from: 0, old: 4, length: 4, mayMove: true, at: 9 }, 4],
  ["moved, longer by 3",   { from: 0, old: 4, length: 7, mayMove: true, at: 9 }, 7],
  ["shorter by 3",         { from: 0, old: 4, length: 1 },                       1],
] as const;

test.each(LOCKED)("a locked area, %s, counts what it has", (_what, wish, locked) => {
  const { machine, mm } = four();
  lockRange(machine, mm, { start: page(0), end: page(4), isLock: true });
  move(machine, mm, wish);
  expect(machine.mms[mm]?.lockedVm).toBe(locked);
});

test("one that is not locked counts nothing", () => {
  const { machine, mm } = four();
  move(machine, mm, { from: 0, old: 4, length: 6 });
  expect(machine.mms[mm]?.lockedVm).toBe(0);
});

test("shared memory that is moved in part has a user more for each piece, until all are gone", () => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  const memory = createShared(machine, 4);
  const backing = { kind: "shared" as const, memory, page: 0 };
  const wish = { length: 4 * PAGE, prot: RW, flags: 0, backing, at: page(4) as never };
  good(mapArea(machine, mm, wish));
  for (const index of [4, 5, 6, 7]) put(machine, mm, page(index), index);
  const frame = frameOf(machine, mm, page(5));
  expect(move(machine, mm, { from: 5, old: 2, length: 2, mayMove: true, at: 20 })).toBe(20);
  expect(machine.shared[memory]?.users).toBe(3);
  expect([20, 21, 4, 7].map((index) => get(machine, mm, page(index)))).toEqual([5, 6, 4, 7]);
  expect(frameOf(machine, mm, page(20))).toBe(frame);
  for (const [at, length] of [
    [20, 2],
    [4, 1],
  ] as const) {
    good(unmapArea(machine, mm, page(at), length * PAGE));
    expect(get(machine, mm, page(7))).toBe(7);
  }
  good(unmapArea(machine, mm, page(7), PAGE));
  expect(machine.shared[memory]?.users).toBe(0);
  expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
});

test("where no page has moved nobody is told", () => {
  const machine = bench();
  const mm = spaceOf(machine, 2);
  const knows = iotlbOf(machine, mm, [page(0)]);
  move(machine, mm, { from: 0, old: 2, length: 2, mayMove: true, at: 9 });
  expect(knows()).toEqual([page(0)]);
});

test("who remembers the old addresses is told, of those alone", () => {
  const { machine, mm } = four();
  const knows = iotlbOf(machine, mm, [0, 1, 2, 3].map(page));
  move(machine, mm, { from: 1, old: 2, length: 2, mayMove: true, at: 9 });
  expect(knows()).toEqual([page(0), page(3)]);
});
