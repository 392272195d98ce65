import fc from "fast-check";
import { expect, test } from "vitest";
import { add, decode, digest, digits, encode, textDigest } from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "./fuzz.ts";
import { aPlain } from "./plain.ts";

function hashOf(value: unknown): string {
  const sum = digest();
  add(sum, value);
  return digits(sum);
}

/** The plainest form in which two values are the same or not. */
function form(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    return `${value instanceof Uint8Array ? "bytes" : "column"} ${value}`;
  }
  if (Array.isArray(value)) return `[${value.map(form).join()}]`;
  if (typeof value !== "object" || value === null)
    return `${typeof value} ${JSON.stringify(String(value))}`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${name}: ${form(field)}`).join()}}`;
}

test(
  "the same data has the same sum, other data another",
  () =>
    check(
      fc.property(aPlain, aPlain, (left, right) => {
        expect(hashOf(decode(encode(left)))).toBe(hashOf(left));
        const isSame = form(left) === form(right);
        expect(hashOf(left) === hashOf(right), `${form(left)} and ${form(right)}`).toBe(isSame);
      }),
      { share: 4 },
    ),
  TIMEOUT,
);

test("the order in which a record was written does not count", () => {
  expect(hashOf({ a: 1, b: [2] })).toBe(hashOf({ b: [2], a: 1 }));
});

/** All different from each other. */
const DIFFERENT: readonly unknown[] = [
  ...[0, 1, -1, 2, 0xffffffff, 0x100000000, -0x100000000, 0.5, 0.25, 1.5, 2 ** 53, 2 ** 64],
  ...["", "0", "1", "a", "b", "ab", "ba", "a\0", "\0a"],
  ...[0n, 1n, -1n, 0xffff_ffff_ffff_ffffn],
  ...[true, false, null, undefined],
  ...[[], [0], [0, 0], [1, 2], [2, 1], [[1], 2], [1, [2]], [[]], [undefined], ["ab"], ["a", "b"]],
  ...[{}, { a: 0 }, { b: 0 }, { a: 1 }, { a: undefined }, { a: 0, b: 0 }, { ab: 0 }],
  ...[
    new Int32Array(0),
    new Int32Array(1),
    new Int32Array(2),
    Int32Array.of(1, 2),
    Int32Array.of(2, 1),
    Int32Array.of(0, 1),
    Int32Array.of(1, 0),
    Uint8Array.of(0, 0, 0, 0, 1),
    Uint8Array.of(1, 0, 0, 0, 0),
  ],
  ...[{ a: { b: 1 }, c: 2 }, { a: { b: 1, c: 2 } }, [{ a: 1 }, { b: 2 }], [{ a: 1, b: 2 }]],
];

test("what differs in value, kind, order or nesting has different sums", () => {
  const seen = new Map<string, unknown>();
  for (const value of DIFFERENT) {
    const sum = hashOf(value);
    expect(sum).toMatch(/^[0-9a-f]{16}$/);
    expect(seen.has(sum) ? [seen.get(sum), value] : undefined).toBeUndefined();
    seen.set(sum, value);
  }
});

test("sums do not change from version to version: links and stored results carry them", () => {
  expect(textDigest("")).toBe("050c5d1fc5b6f505");
  expect(textDigest("title T\n")).toBe("544b95e3093b63db");
  expect(hashOf({ now: 5, rows: Float64Array.of(1, 2), end: undefined })).toBe("59129b787a0ad1d2");
});
