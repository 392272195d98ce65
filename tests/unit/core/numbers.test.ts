import { expect, test } from "vitest";
import {
  ADDRESS_END,
  after,
  Bytes,
  COSTS,
  type CostName,
  corePart,
  cost,
  FAIL_KINDS,
  hex,
  Iova,
  int32,
  isToFail,
  ms,
  ns,
  PAGE,
  Pfn,
  pageOf,
  ps,
  START,
  U64_END,
  us,
  Vaddr,
  word,
  word32,
} from "../../../engine/core/index.ts";

const NAMES = Object.keys(COSTS) as CostName[];

test.each(NAMES)("the cost of %s has a class, a source and a unit of work", (name) => {
  const row = COSTS[name];
  expect(row.class).toMatch(/^[SDMRA](\+[SDMRA])*$/);
  expect(row.source).not.toBe("");
  expect(row.what.length).toBeGreaterThan(10);
  expect(Number.isSafeInteger(row.span) && row.span > 0).toBe(true);
  // What was assumed says so, and nothing else does.
  expect(row.class.includes("A")).toBe(row.source.startsWith("assumed:"));
});

test("a cost of several is so many times one", () => {
  expect(cost("pin", 3)).toBe(3 * COSTS.pin.span);
  expect(cost("pin", 0)).toBe(0);
});

test("spans are whole picoseconds, rounded half up", () => {
  expect([ps(1), ns(1), us(1), ms(1)]).toEqual([1, 1000, 1_000_000, 1_000_000_000]);
  expect([ps(0.4), ps(0.5), ps(1.5), ns(0.0005)]).toEqual([0, 1, 2, 1]);
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => ps(wrong)).toThrow();
});

test("an instant moves by a span, and not past what a double holds", () => {
  expect(after(after(START, ns(5)), ps(1))).toBe(5001);
  expect(() => after(after(START, ps(2 ** 52)), ps(2 ** 52))).toThrow("past 2^53");
  // @ts-expect-error an instant is not a span
  expect(after(START, START)).toBe(0);
});

// biome-ignore format: one case a line
const ADDRESSES: readonly (readonly [what: string, raw: number, isOne: boolean])[] = [
  ["nothing",                    0,                    true],
  ["the last of 48 bits",        ADDRESS_END - 1,      true],
  ["the last exact byte",        2 ** 53 - 1,          true],
  ["a page above 2^53",          2 ** 53 + PAGE,       true],
  ["the last page of 64 bits",   U64_END - PAGE,       true],
  ["the end of 64 bits",         U64_END,              true],
  ["past the end of 64 bits",    U64_END + PAGE,       false],
  ["less than nothing",          -PAGE,                false],
  ["a byte above 2^53",          2 ** 53 + 2,          false],
  ["a fraction",                 0.5,                  false],
  ["no number",                  Number.NaN,           false],
];

test.each(ADDRESSES)("%s (%d) is an address: %s", (_what, raw, isOne) => {
  for (const make of [Iova, Vaddr, Bytes]) {
    if (isOne) expect(make(raw)).toBe(raw);
    else expect(() => make(raw)).toThrow("not an exact");
  }
});

// biome-ignore format: one case a line
const WORDS: readonly (readonly [raw: number | bigint, word: number, word32: number, int32: number])[] = [
  [0,                        0,                      0,          0],
  [5n,                       5,                      5,          5],
  [4095,                     4095,                   4095,       4095],
  [0x8000_0000,              0x8000_0000,            0x80000000, -0x80000000],
  [0x1_0000_0003,            0x1_0000_0003,          3,          3],
  [-1,                       U64_END - PAGE / 2,     0xffffffff, -1],
  [-PAGE,                    U64_END - PAGE,         0xfffff000, -PAGE],
  [2 ** 53 - 1,              2 ** 53 - 1,            0xffffffff, -1],
  [2n ** 53n + 1n,           2 ** 53 + PAGE / 2,     1,          1],
  [0xffff_ffff_ffff_f001n,   U64_END - PAGE / 2,     0xfffff001, -4095],
  [2n ** 64n + 7n,           7,                      7,          7],
];

test.each(WORDS)("%d as words of 64 and 32 bits, and as int", (raw, wide, narrow, signed) => {
  expect([word(raw), word32(raw), int32(raw)]).toEqual([wide, narrow, signed]);
  expect(Vaddr(word(raw))).toBe(word(raw));
});

test("a frame number is whole and not negative", () => {
  expect(Pfn(3)).toBe(3);
  for (const wrong of [-1, 0.5, 2 ** 53]) expect(() => Pfn(wrong)).toThrow("not a page frame");
});

test("addresses are printed as the kernel prints them, and know their page", () => {
  expect([hex(0), hex(0x7f000fff), hex(0xfffffffffffff000n)]).toEqual([
    "0x0",
    "0x7f000fff",
    "0xfffffffffffff000",
  ]);
  expect([pageOf(0x7f000fff), pageOf(U64_END - PAGE)]).toEqual([0x7f000000, U64_END - PAGE]);
});

test("the k-th of a kind fails, of that kind, once", () => {
  const fails = [
    { kind: "pin" as const, nth: 2 },
    { kind: "pin" as const, nth: 3 },
  ];
  const machine = corePart({ kernel: "v4.18", seed: 1, mended: [], fails });
  expect([1, 2, 3, 4].map(() => isToFail(machine, "pin"))).toEqual([false, true, true, false]);
  expect([1, 2, 3].map(() => isToFail(machine, "map"))).toEqual([false, false, false]);
  expect(Array.from(machine.asked)).toEqual(
    FAIL_KINDS.map((kind) => ({ allocate: 0, pin: 4, map: 3, invalidate: 0 })[kind]),
  );
});
