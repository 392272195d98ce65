import { describe, expect, test } from "vitest";
import { PAGE, Pfn } from "../../../engine/core/index.ts";
import {
  adviseFork,
  createShared,
  dontNeed,
  type ForkAdvice,
  FRAMES_MAX,
  forkMm,
  lockedPages,
  lockRange,
  type MmPart,
  mapArea,
  PROT,
  peek,
  protect,
  REGISTERS,
  unmapArea,
  VM,
  ZERO_PAGE,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, page, put, RW, spaceOf } from "./bench.ts";
import { forgetNews, iotlbOf, news } from "./told.ts";

/** Private pages 0 to 3, a hole, shared 6 and 7, a driver's registers at 8, private read-only 9. */
function mixed(): { readonly machine: MmPart; readonly mm: number; readonly memory: number } {
  const machine = bench();
  const mm = spaceOf(machine, 4);
  const memory = createShared(machine, 2);
  const map = (at: number, length: number, backing: object, flags = 0, prot: number = RW) =>
    good(
      mapArea(machine, mm, {
        length: length * PAGE,
        prot,
        flags,
        backing: backing as never,
        at: page(at) as never,
      }),
    );
  map(6, 2, { kind: "shared", memory, page: 0 }, VM.SHARED);
  map(8, 1, { kind: "device", file: 3, pfn: Pfn(REGISTERS), registers: true }, VM.IO);
  map(9, 1, { kind: "anonymous" }, 0, PROT.READ);
  return { machine, mm, memory };
}

/** Pages whose area has that flag. */
function flagged({ mms }: MmPart, mm: number, flag: number): number[] {
  const all = Array.from({ length: 12 }, (_, index) => index);
  return all.filter((index) =>
    mms[mm]?.vmas.some(
      ({ start, end, flags }) => start <= page(index) && page(index) < end && flags & flag,
    ),
  );
}

describe("advice about fork", () => {
  const { DONTCOPY, WIPEONFORK } = VM;
  // biome-ignore format: one case a line
  const CASES: readonly (readonly [advice: ForkAdvice, from: number, pages: number, got: string, flag: number, has: readonly number[]])[] = [
    ["DONTFORK",   0, 4, "ok",     DONTCOPY,   [0, 1, 2, 3]],
    ["DONTFORK",   1, 2, "ok",     DONTCOPY,   [1, 2]],
    ["DONTFORK",   6, 4, "ok",     DONTCOPY,   [6, 7, 8, 9]],
    ["DONTFORK",   3, 5, "ENOMEM", DONTCOPY,   [3, 6, 7]],
    ["DONTFORK",   4, 2, "ENOMEM", DONTCOPY,   []],
    ["DOFORK",     0, 4, "ok",     DONTCOPY,   []],
    ["DOFORK",     6, 2, "ok",     DONTCOPY,   []],
    ["DOFORK",     7, 2, "EINVAL", DONTCOPY,   []],
    ["WIPEONFORK", 0, 4, "ok",     WIPEONFORK, [0, 1, 2, 3]],
    ["WIPEONFORK", 9, 1, "ok",     WIPEONFORK, [9]],
    ["WIPEONFORK", 6, 1, "EINVAL", WIPEONFORK, []],
    ["WIPEONFORK", 8, 1, "EINVAL", WIPEONFORK, []],
    ["WIPEONFORK", 2, 8, "EINVAL", WIPEONFORK, [2, 3]],
    ["KEEPONFORK", 6, 4, "ok",     WIPEONFORK, []],
  ];
  test.each(CASES)("%s of pages from %i, %i of them: %s", (advice, from, pages, got, flag, has) => {
    const { machine, mm } = mixed();
    const wish = { start: page(from), length: pages * PAGE, advice };
    const { refusal } = adviseFork(machine, mm, wish);
    expect(refusal?.errno ?? "ok").toBe(got);
    expect(flagged(machine, mm, flag)).toEqual(has);
  });

  test("is taken back by its opposite, in part", () => {
    const { machine, mm } = mixed();
    const advise = (advice: ForkAdvice, from: number, pages: number) =>
      adviseFork(machine, mm, { start: page(from), length: pages * PAGE, advice });
    advise("DONTFORK", 0, 4);
    advise("DOFORK", 1, 1);
    expect(flagged(machine, mm, DONTCOPY)).toEqual([0, 2, 3]);
    advise("WIPEONFORK", 0, 4);
    advise("KEEPONFORK", 3, 1);
    expect(flagged(machine, mm, WIPEONFORK)).toEqual([0, 1, 2]);
  });

  test("what is so already is not cut in pieces", () => {
    const { machine, mm } = mixed();
    adviseFork(machine, mm, { start: page(1), length: PAGE, advice: "DOFORK" });
    expect(machine.mms[mm]?.vmas).toHaveLength(4);
  });

  test("an address off a page is EINVAL, and a length is rounded up", () => {
    const { machine, mm } = mixed();
    const off = adviseFork(machine, mm, { start: page(0) + 1, length: PAGE, advice: "DONTFORK" });
    expect(off).toMatchObject({
      held: [],
      loose: [],
      isWhole: false,
      refusal: { errno: "EINVAL" },
    });
    adviseFork(machine, mm, { start: page(0), length: PAGE + 1, advice: "DONTFORK" });
    expect(flagged(machine, mm, DONTCOPY)).toEqual([0, 1]);
  });

  test("a piece more of shared memory is a user more, of a driver's a file held once more", () => {
    const { machine, mm, memory } = mixed();
    adviseFork(machine, mm, { start: page(6), length: PAGE, advice: "DONTFORK" });
    expect(machine.shared[memory]?.users).toBe(2);
    const { held } = adviseFork(machine, mm, { start: page(8), length: PAGE, advice: "DONTFORK" });
    expect(held).toEqual([]);
    const backing = { kind: "device" as const, file: 5, pfn: REGISTERS, registers: true };
    const wish = { length: 3 * PAGE, prot: RW, flags: VM.IO, backing, at: page(20) as never };
    good(mapArea(machine, mm, wish));
    const cut = adviseFork(machine, mm, { start: page(21), length: PAGE, advice: "DONTFORK" });
    expect(cut).toEqual({ held: [5, 5], loose: [], isWhole: true });
  });
});

describe("mprotect", () => {
  const rights = (machine: MmPart, mm: number) =>
    machine.mms[mm]?.vmas.map(({ start, prot }) => [(start - page(0)) / PAGE, prot]);

  test("of the middle makes three areas; of a hole it stops there, and what is before has changed", () => {
    const { machine, mm } = mixed();
    expect(protect(machine, mm, { start: page(1), length: PAGE, prot: 1 }).refusal).toBeUndefined();
    expect(rights(machine, mm)?.slice(0, 3)).toEqual([
      [0, RW],
      [1, 1],
      [2, RW],
    ]);
    const { refusal } = protect(machine, mm, { start: page(3), length: 5 * PAGE, prot: 1 });
    expect(refusal?.errno).toBe("ENOMEM");
    expect(rights(machine, mm)).toEqual([
      [0, RW],
      [1, 1],
      [2, RW],
      [3, 1],
      [6, RW],
      [8, RW],
      [9, 1],
    ]);
  });

  test("of no length is nothing; the same rights cut nothing", () => {
    const { machine, mm } = mixed();
    const none = protect(machine, mm, { start: page(20), length: 0, prot: 1 });
    expect(none).toEqual({ held: [], loose: [], isWhole: true });
    protect(machine, mm, { start: page(1), length: 0, prot: 1 });
    protect(machine, mm, { start: page(1), length: PAGE, prot: RW });
    expect(machine.mms[mm]?.vmas).toHaveLength(4);
  });

  test("less rights are told to who remembers the pages, more are not", () => {
    const { machine, mm } = mixed();
    for (const index of [0, 1, 2]) put(machine, mm, page(index), 1);
    const knows = iotlbOf(machine, mm, [0, 1, 2].map(page));
    protect(machine, mm, { start: page(1), length: PAGE, prot: RW | PROT.EXEC });
    expect(knows()).toEqual([0, 1, 2].map(page));
    protect(machine, mm, { start: page(1), length: PAGE, prot: 1 });
    expect(knows()).toEqual([page(0), page(2)]);
    expect(put(machine, mm, page(1), 5)).toBe("EFAULT");
    expect(put(machine, mm, page(2), 5)).toBe("ok");
    // More rights hold from the next touch on.
    protect(machine, mm, { start: page(1), length: PAGE, prot: RW });
    expect([put(machine, mm, page(1), 6), get(machine, mm, page(1))]).toEqual(["ok", 6]);
  });
});

describe("mlock", () => {
  const lock = (machine: MmPart, mm: number, from: number, pages: number, isLock = true) => {
    const range = { start: page(from), end: page(from + pages), isLock };
    return lockRange(machine, mm, range).refusal?.errno ?? "ok";
  };

  test("counts each page once, gives it back once, and says so", () => {
    const { machine, mm } = mixed();
    forgetNews(machine);
    expect([lock(machine, mm, 0, 2), machine.mms[mm]?.lockedVm]).toEqual(["ok", 2]);
    expect(news(machine).filter((kind) => kind === "mm.charge")).toHaveLength(1);
    expect([lock(machine, mm, 0, 4), machine.mms[mm]?.lockedVm]).toEqual(["ok", 4]);
    forgetNews(machine);
    expect([lock(machine, mm, 0, 4), machine.mms[mm]?.lockedVm]).toEqual(["ok", 4]);
    expect(news(machine)).toEqual([]);
    expect([lock(machine, mm, 1, 2, false), machine.mms[mm]?.lockedVm]).toEqual(["ok", 2]);
    expect(flagged(machine, mm, VM.LOCKED)).toEqual([0, 3]);
  });

  test("stops at a hole: what is before is counted, and nothing is brought in", () => {
    const { machine, mm } = mixed();
    expect(lock(machine, mm, 3, 5)).toBe("ENOMEM");
    expect([machine.mms[mm]?.lockedVm, flagged(machine, mm, VM.LOCKED)]).toEqual([1, [3]]);
    expect(peek(machine, mm, page(3))).toBeUndefined();
  });

  test("brings pages in: own ones to write, the zero page to read, shared ones, no registers", () => {
    const { machine, mm } = mixed();
    expect(lock(machine, mm, 6, 4)).toBe("ok");
    expect(machine.mms[mm]?.lockedVm).toBe(3);
    expect(frameOf(machine, mm, page(9))).toBe(ZERO_PAGE);
    expect(frameOf(machine, mm, page(6))).not.toBe(ZERO_PAGE);
    expect(lock(machine, mm, 1, 2)).toBe("ok");
    const [one, two] = [frameOf(machine, mm, page(1)), frameOf(machine, mm, page(2))];
    expect([one === ZERO_PAGE, two === ZERO_PAGE, one === two]).toEqual([false, false, false]);
    expect(peek(machine, mm, page(0))).toBeUndefined();
    expect(peek(machine, mm, page(3))).toBeUndefined();
    expect(flagged(machine, mm, VM.LOCKED)).toEqual([1, 2, 6, 7, 9]);
  });

  test("what of a range is locked already is told by pages", () => {
    const { machine, mm } = mixed();
    lock(machine, mm, 1, 2);
    lock(machine, mm, 6, 2);
    const locked = (from: number, to: number) =>
      lockedPages(machine, mm, { start: page(from), end: page(to) });
    expect([locked(0, 4), locked(0, 2), locked(2, 7), locked(0, 12)]).toEqual([2, 1, 2, 4]);
    expect([locked(0, 1), locked(3, 6), locked(8, 12), locked(20, 30)]).toEqual([0, 0, 0, 0]);
  });

  test("is given back by munmap for what goes, and for nothing else that is locked", () => {
    const { machine, mm } = mixed();
    lock(machine, mm, 0, 2);
    lock(machine, mm, 6, 2);
    good(unmapArea(machine, mm, page(2), 2 * PAGE));
    expect(machine.mms[mm]?.lockedVm).toBe(4);
    good(unmapArea(machine, mm, page(1), 2 * PAGE));
    expect(machine.mms[mm]?.lockedVm).toBe(3);
  });

  test("brings in no more pages than there are frames, where all are the zero page", () => {
    const machine = bench();
    const mm = spaceOf(machine, FRAMES_MAX + 3, PROT.READ);
    expect(lock(machine, mm, 0, FRAMES_MAX + 3)).toBe("ok");
    expect(frameOf(machine, mm, page(FRAMES_MAX - 1))).toBe(ZERO_PAGE);
    expect(peek(machine, mm, page(FRAMES_MAX))).toBeUndefined();
  });

  test("munlock leaves the pages, and brings none in", () => {
    const { machine, mm } = mixed();
    lock(machine, mm, 0, 2, false);
    expect(peek(machine, mm, page(0))).toBeUndefined();
    expect(machine.mms[mm]?.lockedVm).toBe(0);
  });

  test("a child has none of its parent's locks", () => {
    const { machine, mm } = mixed();
    lock(machine, mm, 0, 4);
    const child = good(forkMm(machine, mm));
    expect(flagged(machine, child, VM.LOCKED)).toEqual([]);
    expect(flagged(machine, mm, VM.LOCKED)).toEqual([0, 1, 2, 3]);
    expect(machine.mms[child]?.lockedVm).toBe(0);
  });
});

describe("MADV_DONTNEED", () => {
  // biome-ignore format: one case a line
  const CASES = [
    ["the whole of it",        0, 4, "ok",     []],
    ["the middle",             1, 2, "ok",     [0, 3]],
    ["past a hole",            3, 4, "ENOMEM", [0, 1, 2]],
    ["nothing that is there",  4, 1, "ENOMEM", [0, 1, 2, 3]],
    ["registers",              8, 1, "EINVAL", [0, 1, 2, 3]],
  ] as const;
  test.each(CASES)("of %s", (_what, from, pages, got, left) => {
    const { machine, mm } = mixed();
    for (const index of [0, 1, 2, 3]) put(machine, mm, page(index), 1);
    const done = dontNeed(machine, mm, page(from), pages * PAGE);
    expect(done.ok ? "ok" : done.errno).toBe(got);
    expect([0, 1, 2, 3].filter((index) => peek(machine, mm, page(index)))).toEqual(left);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("of an address off a page, or of locked memory, is EINVAL, and nothing goes", () => {
    const { machine, mm } = mixed();
    put(machine, mm, page(0), 1);
    expect(dontNeed(machine, mm, page(0) + 1, PAGE)).toMatchObject({ errno: "EINVAL" });
    lockRange(machine, mm, { start: page(0), end: page(1), isLock: true });
    expect(dontNeed(machine, mm, page(0), PAGE)).toMatchObject({ errno: "EINVAL" });
    expect(get(machine, mm, page(0))).toBe(1);
  });
});
