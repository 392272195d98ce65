import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  allocateRun,
  type Backing,
  createMm,
  createShared,
  dontNeed,
  type MmPart,
  mapArea,
  putMm,
  REGISTERS,
  unmapArea,
  VM,
} from "../../../engine/mm/index.ts";
import { bench, faultsOf, frameOf, get, good, page, put, RW } from "./bench.ts";

/** Areas with something behind them: shared memory, and what drivers map. */

/** What stands behind page 1 of an area of three. */
// biome-ignore format: one case a line
const BEHIND: readonly (readonly [what: string, backing: Backing, rest: object])[] = [
  ["private memory",    { kind: "anonymous" },                                { kind: "anonymous" }],
  ["shared memory",     { kind: "shared", memory: 0, page: 4 },               { kind: "shared", memory: 0, page: 5 }],
  ["a driver's memory", { kind: "device", file: 3, pfn: REGISTERS + 7, registers: true },
                        { kind: "device", file: 3, pfn: REGISTERS + 8, registers: true }],
];

test.each(BEHIND)("what is left of %s still says what stands behind it", (_what, backing, rest) => {
  const machine = bench();
  const mm = createMm(machine);
  createShared(machine, 9);
  good(mapArea(machine, mm, { length: 3 * PAGE, prot: RW, flags: 0, backing }));
  good(unmapArea(machine, mm, page(0), PAGE));
  const [left] = machine.mms[mm]?.vmas ?? [];
  expect(left).toMatchObject({ start: page(1), end: page(3) });
  expect(left?.backing).toEqual(rest);
});

/** A shared area of two pages, mapped by two spaces; the first unmaps page 0 of it. */
function twoSpaces(): { machine: MmPart; left: number; right: number } {
  const machine = bench();
  const memory = createShared(machine, 2);
  const shared = { length: 2 * PAGE, prot: RW, flags: VM.SHARED };
  const backing = { kind: "shared" as const, memory, page: 0 };
  const [left, right] = [createMm(machine), createMm(machine)];
  for (const mm of [left, right]) good(mapArea(machine, mm, { ...shared, backing }));
  return { machine, left, right };
}

describe("shared memory", () => {
  test("is one memory for all who map it", () => {
    const { machine, left, right } = twoSpaces();
    put(machine, left, page(1), 5);
    expect(get(machine, right, page(1))).toBe(5);
    put(machine, right, page(1), 6);
    expect(get(machine, left, page(1))).toBe(6);
  });

  test("keeps its page numbers in what is left of an area", () => {
    const { machine, left, right } = twoSpaces();
    put(machine, right, page(0), 1);
    put(machine, right, page(1), 2);
    good(unmapArea(machine, left, page(0), PAGE));
    expect([get(machine, left, page(0)), get(machine, left, page(1))]).toEqual(["EFAULT", 2]);
  });

  test("goes with the last who maps it, and not before", () => {
    const { machine, left, right } = twoSpaces();
    put(machine, left, page(0), 1);
    putMm(machine, left);
    expect(get(machine, right, page(0))).toBe(1);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
    putMm(machine, right);
    expect(machine.frames.free).toHaveLength(machine.frames.top - 1);
  });

  test("is empty for who maps it after all have let it go", () => {
    const { machine, left, right } = twoSpaces();
    put(machine, left, page(0), 1);
    for (const mm of [left, right]) good(unmapArea(machine, mm, page(0), 2 * PAGE));
    const backing = { kind: "shared" as const, memory: 0, page: 0 };
    good(mapArea(machine, left, { length: 2 * PAGE, prot: RW, flags: VM.SHARED, backing }));
    expect([get(machine, left, page(0)), put(machine, left, page(1), 2)]).toEqual([0, "ok"]);
    expect(faultsOf(machine, { pins: [], frames: [] })).toEqual([]);
  });

  test("an area that is split is still there until both pieces are gone", () => {
    const machine = bench();
    const mm = createMm(machine);
    const backing = { kind: "shared" as const, memory: createShared(machine, 3), page: 0 };
    good(mapArea(machine, mm, { length: 3 * PAGE, prot: RW, flags: VM.SHARED, backing }));
    put(machine, mm, page(2), 7);
    good(unmapArea(machine, mm, page(1), PAGE));
    expect(machine.shared[0]?.users).toBe(2);
    good(unmapArea(machine, mm, page(0), PAGE));
    expect([machine.shared[0]?.users, get(machine, mm, page(2))]).toEqual([1, 7]);
    good(unmapArea(machine, mm, page(2), PAGE));
    expect([machine.shared[0]?.users, machine.frames.free.length]).toEqual([0, 1]);
  });
});

describe("memory of a driver", () => {
  function withDriver() {
    const machine = bench();
    const mm = createMm(machine);
    const pfn = good(allocateRun(machine, 3));
    const backing = { kind: "device" as const, file: 4, pfn, registers: false };
    const flags = VM.SHARED | VM.IO;
    good(mapArea(machine, mm, { length: 3 * PAGE, prot: RW, flags, backing }));
    return { machine, mm, pfn, frames: [pfn, pfn + 1, pfn + 2] };
  }

  test("is entered whole, and one page leads to one frame", () => {
    const { machine, mm, pfn, frames } = withDriver();
    expect([0, 1, 2].map((index) => frameOf(machine, mm, page(index)))).toEqual(frames);
    expect([machine.frames.refs[pfn], machine.frames.mapcount[pfn]]).toEqual([2, 1]);
    expect(faultsOf(machine, { pins: [], frames })).toEqual([]);
  });

  test("holds its file once for each piece, and lets go of it with each", () => {
    const { machine, mm, frames } = withDriver();
    const unmap = (index: number) => good(unmapArea(machine, mm, page(index), PAGE));
    expect(unmap(1), "cut in two").toEqual({ held: [4], loose: [] });
    expect(unmap(0), "the first piece").toEqual({ held: [], loose: [4] });
    expect(unmap(2), "the second piece").toEqual({ held: [], loose: [4] });
    expect(faultsOf(machine, { pins: [], frames })).toEqual([]);
  });

  test("that is cut at its ends is one piece still", () => {
    const { machine, mm } = withDriver();
    for (const index of [0, 2]) {
      expect(good(unmapArea(machine, mm, page(index), PAGE))).toEqual({ held: [], loose: [] });
    }
    expect(putMm(machine, mm)).toEqual([4]);
  });

  test("that was unmapped stays unmapped: nobody brings it back", () => {
    const { machine, mm } = withDriver();
    good(unmapArea(machine, mm, page(1), PAGE));
    expect(get(machine, mm, page(1))).toBe("EFAULT");
  });

  test("that is hidden takes the address, and no page is there", () => {
    const { machine, mm, pfn } = withDriver();
    const backing = { kind: "device" as const, file: 4, pfn, registers: false, isHidden: true };
    const at = good(mapArea(machine, mm, { length: PAGE, prot: RW, flags: VM.IO, backing }));
    expect(at).toBe(page(3));
    expect([get(machine, mm, at), put(machine, mm, at, 1)]).toEqual(["EFAULT", "EFAULT"]);
    expect(machine.frames.mapcount[pfn]).toBe(1);
  });

  test("may not be dropped", () => {
    const { machine, mm } = withDriver();
    const dropped = dontNeed(machine, mm, page(0), PAGE);
    expect(dropped.ok ? "ok" : dropped.errno).toBe("EINVAL");
    expect(get(machine, mm, page(0))).toBe(0);
  });
});
