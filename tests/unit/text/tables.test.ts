import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { breaches } from "../../../diagrams/index.ts";
import {
  DUMMY_BD,
  DUMMY_PAGE,
  type Layout,
  MAILBOX,
  QM,
  QM_ENTRIES,
  QM_WORDS,
  type Register,
  RSA_SQE,
  RSA_WORDS,
  ZIP_SQE,
  ZIP_WORDS,
} from "../../../engine/index.ts";
import { bytesOf, wordOf } from "../../../text/index.ts";
import { check } from "../core/fuzz.ts";

const LAYOUTS: Readonly<Record<string, Layout>> = {
  DUMMY_PAGE,
  DUMMY_BD,
  MAILBOX,
  ...QM_ENTRIES,
  ZIP_SQE,
  RSA_SQE,
};
const WORDS: Readonly<Record<string, Register>> = {
  ...QM,
  ...QM_WORDS,
  ...ZIP_WORDS,
  ...RSA_WORDS,
};

test.each(Object.entries(LAYOUTS))("%s: every field once, in 72 columns", (_, layout) => {
  const text = bytesOf(layout);
  expect(breaches(text, 72, { for: "mail" })).toEqual([]);
  for (const name of Object.keys(layout.fields)) {
    expect(text.match(new RegExp(`\\| ${name}[ ,[]`, "g")) ?? []).toHaveLength(1);
  }
});

test.each(Object.entries(WORDS))("%s: every field once, in 72 columns", (_, register) => {
  const text = wordOf(register);
  expect(breaches(text, 72, { for: "mail" })).toEqual([]);
  for (const name of Object.keys(register.fields)) {
    expect(text.match(new RegExp(`\\| ${name} `, "g")) ?? []).toHaveLength(1);
  }
});

describe("the form", () => {
  test("a gap is a point, the end is blank, a long row is one cell", () => {
    const fields = {
      a: { at: 0, bytes: 2 },
      ring: { at: 8, bytes: 8, count: 3 },
      b: { at: 32, bytes: 4 },
    };
    expect(bytesOf({ size: 36, fields, source: "x" })).toBe(
      [
        "         +0     +1     +2     +3     +4     +5     +6     +7",
        "        +-------------------------------------------------------+",
        "  0x000 | a           | .                                       |",
        "        +-------------------------------------------------------+",
        "  0x008 | ring[3], to 0x20                                      |",
        "        +-------------------------------------------------------+",
        "  0x020 | b                         |                           |",
        "        +-------------------------------------------------------+",
        "",
      ].join("\n"),
    );
  });

  test("a name as long as its cell keeps the lines as wide as the ruler", () => {
    const fields = {
      length: { at: 0, bytes: 1 },
      errors: { at: 1, bytes: 1 },
      x: { at: 2, bytes: 2 },
    };
    const [, edge, row] = bytesOf({ size: 4, fields, source: "x" }).split("\n");
    expect(row).toBe("  0x000 |length|errors| x           |");
    expect(row).toHaveLength(edge?.length ?? 0);
  });

  test("the bits of a word, highest first", () => {
    const register = {
      offset: 0,
      width: 16,
      fields: { a: [0, 0], long_name: [12, 4] },
      source: "x",
    } as const;
    expect(wordOf(register)).toBe(
      [
        "  bits    15 13   12      4   3 1   0",
        "        +-------+-----------+-----+---+",
        "  field | .     | long_name | .   | a |",
        "        +-------+-----------+-----+---+",
        "",
      ].join("\n"),
    );
  });

  test("the bits of all cells are the bits of the word", () => {
    check(
      fc.property(fc.uniqueArray(fc.nat(31), { maxLength: 6 }), (cuts) => {
        const sorted = [...cuts].sort((a, b) => b - a);
        const fields = Object.fromEntries(
          sorted.map((hi, at) => [`f${at}`, [hi, (sorted[at + 1] ?? -1) + 1] as const]),
        );
        const [head = ""] = wordOf({ offset: 0, width: 32, fields, source: "x" }).split("\n");
        const bits = head.match(/\d+/g)?.map(Number) ?? [];
        expect(bits[0]).toBe(31);
        expect(bits.at(-1)).toBe(0);
        expect([...bits].sort((a, b) => b - a)).toEqual(bits);
      }),
    );
  });
});
