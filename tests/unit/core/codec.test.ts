import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clone, decode, encode } from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "./fuzz.ts";
import { aPlain } from "./plain.ts";

test(
  "what is written and read back is the same",
  () =>
    check(
      fc.property(aPlain, (value) => {
        const text = encode(value);
        expect(isDeepStrictEqual(decode(text), value), text).toBe(true);
        expect(encode(decode(text))).toBe(text);
      }),
    ),
  TIMEOUT,
);

// biome-ignore format: one case a line
const CASES: readonly (readonly [what: string, value: unknown])[] = [
  ["a word of 64 bits",           { iova: 0xffff_ffff_ffff_f000n, low: -1n }],
  ["undefined, in a record",      { end: undefined, other: 1 }],
  ["undefined, in a list",        [undefined, 1, undefined]],
  ["undefined alone",             undefined],
  ["a column with zeros at its end", Float64Array.of(1, 0, 0)],
  ["a column of nothing but zeros", new Int32Array(1000)],
  ["an empty column",             new Uint8Array(0)],
  ["words of 32 bits",            Uint32Array.of(0xffffffff, 0x80000000)],
  ["text that looks like JSON",   ['{"$":"bigint","value":"1"}', "\u2028\ud800\0"]],
  ["fields named like an object's own", JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')],
];

test.each(CASES)("%s comes back", (_what, value) => {
  expect(isDeepStrictEqual(decode(encode(value)), value), encode(value)).toBe(true);
});

test("zeros at the end of a column cost nothing", () => {
  expect(encode(new Float64Array(1_000_000)).length).toBeLessThan(60);
});

test("a copy has lists and columns of its own, and shares records", () => {
  const shared = { deep: [1, 2] };
  const part = {
    list: [shared, shared],
    rows: { at: Float64Array.of(1, 2), of: Int32Array.of(3) },
    clock: { now: 5 },
    nothing: undefined,
    none: null,
  };
  const copy = clone(part);
  expect(copy).toStrictEqual(part);
  expect(copy.list).not.toBe(part.list);
  expect(copy.list[0]).toBe(shared);
  copy.list.push({ deep: [] });
  copy.rows.at[0] = 9;
  copy.rows.of[0] = 9;
  copy.clock.now = 9;
  expect(part.list).toHaveLength(2);
  expect([part.rows.at[0], part.rows.of[0], part.clock.now]).toEqual([1, 3, 5]);
});
