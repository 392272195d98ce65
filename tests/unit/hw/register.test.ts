import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Layout,
  layoutFaults,
  pack,
  packWord,
  type Register,
  read,
  readPair,
  registerFaults,
  unpack,
  write,
  writePair,
} from "../../../engine/hw/register.ts";

const seed = Number(process.env.FUZZ_SEED ?? 1802);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

const WIDE = {
  offset: 0x10,
  width: 64,
  fields: { top: [63, 48], long: [47, 8], bit: [0, 0] },
  source: "made for this test",
} as const satisfies Register;

const WORD = {
  offset: 0,
  width: 32,
  fields: { top: [31, 17], bit: [16, 16], low: [15, 0] },
  source: "made for this test",
} as const satisfies Register;

const WHOLE = {
  offset: 0,
  width: 32,
  fields: { all: [31, 0] },
  source: "made for this test",
} as const satisfies Register;

const RECORD = {
  size: 32,
  fields: {
    byte: { at: 0, bytes: 1 },
    half: { at: 2, bytes: 2 },
    word: { at: 4, bytes: 4 },
    long: { at: 8, bytes: 8 },
    base_l: { at: 16, bytes: 4 },
    base_h: { at: 20, bytes: 4 },
    lone_l: { at: 24, bytes: 2 },
    tag: { at: 26, bytes: 1, count: 6 },
  },
  source: "made for this test",
} as const satisfies Layout;

const BOX = {
  size: 24,
  fields: { inner: { at: 0, bytes: 12, count: 2 } },
  source: "made for this test",
} as const satisfies Layout;

describe("a register", () => {
  test("puts each field at its bits", () => {
    expect(pack(WIDE, { top: 0xabcd, long: 0x1234567890, bit: 1 })).toBe(0xabcd_1234567890_01n);
    expect(packWord(WORD, { top: 0x7fff, bit: 0, low: 1 })).toBe(0xfffe_0001);
    expect(packWord(WHOLE, { all: 0xffff_ffff })).toBe(0xffff_ffff);
  });

  test("refuses a value that is too wide, negative or broken", () => {
    for (const low of [0x1_0000, 0x1_0000_0001, -1, 0.5, Number.NaN, 2 ** 60]) {
      const values = { top: 0, bit: 0, low };
      expect(() => pack(WORD, values), `${low}`).toThrow("too wide for its field");
      expect(() => packWord(WORD, values), `${low}`).toThrow("too wide for its field");
    }
    expect(() => packWord(WIDE, { top: 0, long: 0, bit: 0 })).toThrow("not a register of 32 bits");
  });

  test("ignores reserved bits, and bits past its width", () => {
    expect(unpack(WIDE, 0xfen)).toEqual({ top: 0, long: 0, bit: 0 });
    expect(unpack(WORD, 0x1_0000_0000n)).toEqual({ top: 0, bit: 0, low: 0 });
    expect(unpack(WORD, 0x1_0000_0000)).toEqual({ top: 0, bit: 0, low: 0 });
  });

  test("of 64 bits takes a number too, and loses none of it", () => {
    expect(unpack(WIDE, 0x12_3456_7890_01)).toEqual({ top: 0, long: 0x12_3456_7890, bit: 1 });
  });

  test("gives back what was packed, as a number and as a bigint", () => {
    const values = fc.record({ top: fc.nat(0x7fff), bit: fc.nat(1), low: fc.nat(0xffff) });
    const agree = fc.property(values, (wanted) => {
      const word = packWord(WORD, wanted);
      expect(pack(WORD, wanted)).toBe(BigInt(word));
      expect(unpack(WORD, word)).toEqual(wanted);
      expect(unpack(WORD, BigInt(word))).toEqual(wanted);
    });
    fc.assert(agree, { seed, numRuns });
  });
});

describe("a layout", () => {
  test("is little endian, from the offset on, and touches nothing else", () => {
    const bytes = new Uint8Array(40).fill(0xee);
    write(RECORD, bytes, 4, "word", 0x0102_0304);
    expect([...bytes.slice(7, 13)]).toEqual([0xee, 4, 3, 2, 1, 0xee]);
    expect(read(RECORD, bytes, 4, "word")).toBe(0x0102_0304);
  });

  test("reads unsigned, and counts elements", () => {
    const bytes = new Uint8Array(32).fill(0xff);
    expect(read(RECORD, bytes, 0, "word")).toBe(0xffff_ffff);
    write(RECORD, bytes, 0, "tag", 7, 5);
    expect(read(RECORD, bytes, 0, "tag", 5)).toBe(7);
    expect(bytes[31]).toBe(7);
    expect(read(RECORD, bytes, 0, "tag", 4)).toBe(255);
  });

  test("keeps every number below 2^53, in eight bytes and in a pair", () => {
    const same = fc.property(fc.maxSafeNat(), (value) => {
      const bytes = new Uint8Array(32);
      write(RECORD, bytes, 0, "long", value);
      writePair(RECORD, bytes, 0, "base", value);
      expect(read(RECORD, bytes, 0, "long")).toBe(value);
      expect(readPair(RECORD, bytes, 0, "base")).toBe(value);
      expect(new DataView(bytes.buffer).getBigUint64(16, true)).toBe(BigInt(value));
    });
    fc.assert(same, { seed, numRuns, examples: [[0xffff_ffff], [0x1_0000_0000]] });
  });

  test("any 64 bits can be read, and never come back as a small address", () => {
    const large = fc.property(fc.bigInt(1n << 53n, (1n << 64n) - 1n), (word) => {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setBigUint64(8, word, true);
      new DataView(bytes.buffer).setBigUint64(16, word, true);
      expect(read(RECORD, bytes, 0, "long")).toBeGreaterThanOrEqual(2 ** 53);
      expect(readPair(RECORD, bytes, 0, "base")).toBe(read(RECORD, bytes, 0, "long"));
    });
    fc.assert(large, { seed, numRuns });
  });

  test("a page above 2^53 comes back whole", () => {
    const bytes = new Uint8Array(32);
    for (const page of [2 ** 53, 2 ** 63 + 4096, 2 ** 64 - 4096]) {
      write(RECORD, bytes, 0, "long", page);
      writePair(RECORD, bytes, 0, "base", page);
      expect([read(RECORD, bytes, 0, "long"), readPair(RECORD, bytes, 0, "base")]).toEqual([
        page,
        page,
      ]);
    }
  });

  test("refuses what does not fit, or lies outside", () => {
    const bytes = new Uint8Array(33);
    expect(() => write(RECORD, bytes, 0, "byte", 256)).toThrow("too wide for its field: 256");
    expect(() => write(RECORD, bytes, 0, "long", 2 ** 64)).toThrow("not an exact number");
    expect(() => write(RECORD, bytes, 0, "long", 0.5)).toThrow("not an exact number");
    expect(() => write(RECORD, bytes, 0, "long", -1)).toThrow("not an exact number");
    expect(() => writePair(RECORD, bytes, 0, "base", 2 ** 64)).toThrow("not an exact number");
    expect(() => read(RECORD, bytes, 0, "tag", 6)).toThrow("no such element: 6");
    expect(() => read(RECORD, bytes, 2, "tag", 5)).toThrow("outside the bytes given");
    expect(read(RECORD, bytes, 1, "tag", 5)).toBe(0);
  });
});

describe("the check of a table", () => {
  const source = "made for this test";

  test("finds bits shared, upside down, and past the width", () => {
    const bad = {
      offset: 0,
      width: 8,
      source,
      fields: { low: [3, 0], shared: [4, 3], turned: [5, 6], past: [8, 7] },
    } as const satisfies Register;
    expect(registerFaults("BAD", bad)).toEqual([
      "BAD.shared: shares bit 3 with low",
      "BAD.turned: bits [5, 6] are upside down",
      "BAD.past: bit 8 is past 8",
    ]);
    expect(registerFaults("WORD", WORD)).toEqual([]);
    const wide = { ...WIDE, fields: { all: [53, 0] } } as const;
    expect(registerFaults("WIDE", wide)).toEqual(["WIDE.all: wider than an exact number"]);
  });

  test("finds bytes shared, not aligned, and past the size", () => {
    const bad = {
      size: 16,
      source,
      fields: {
        first: { at: 0, bytes: 2, count: 3 },
        shared: { at: 4, bytes: 4 },
        crooked: { at: 9, bytes: 2 },
        past: { at: 12, bytes: 4, count: 2 },
      },
    } as const satisfies Layout;
    expect(layoutFaults("BAD", bad)).toEqual([
      "BAD.shared: shares byte 4 with first",
      "BAD.shared: shares byte 5 with first",
      "BAD.crooked: 9 is not aligned",
      "BAD.past: byte 19 is past 16",
    ]);
  });
});

test("a field misspelt, missing or not a number does not compile", () => {
  const neverRun = (bytes: Uint8Array): void => {
    // @ts-expect-error a field is missing
    pack(WORD, { top: 1, bit: 0 });
    // @ts-expect-error a field is misspelt
    pack(WORD, { top: 1, bit: 0, lwo: 3 });
    // @ts-expect-error a field is one too many
    packWord(WORD, { top: 1, bit: 0, low: 3, more: 1 });
    // @ts-expect-error no such field
    unpack(WORD, 0n).middle;
    // @ts-expect-error no such field
    read(RECORD, bytes, 0, "bite");
    // @ts-expect-error a structure inside is no number
    read(BOX, bytes, 0, "inner");
    // @ts-expect-error there is no lone_h
    readPair(RECORD, bytes, 0, "lone");
    // @ts-expect-error a register needs a source
    ({ offset: 0, width: 32, fields: {} }) satisfies Register;
  };
  expect(neverRun).toBeTypeOf("function");
});
