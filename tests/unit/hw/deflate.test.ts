import { createHash } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deflate } from "../../../engine/hw/deflate.ts";
import { ZLIB_HEADER } from "../../../engine/hw/zip-sqe.ts";

const seed = Number(process.env.FUZZ_SEED ?? 1951);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

/** Milliseconds that a property may take where FUZZ_RUNS is large. */
const PATIENCE = 120_000;

const AMPLE = 1 << 20;
const TEXT = `WarpDrive is a general accelerator framework. A program writes a request into memory
that the accelerator reads, and rings a doorbell. The kernel is asked once, to set this up; after
that a request needs no system call. The accelerator reads the request, reads the data, writes the
result and a completion. The program reads the completion.`;

/** Bytes that look like chance, the same each time: a linear congruence, its top bits. */
function noise(length: number, start = 1, floor = 0): Uint8Array {
  let state = start;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return floor + ((state >>> 24) % (256 - floor));
  });
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

/** RFC 1950: what the program would have to write behind the engine's output. */
function adler32(bytes: Uint8Array): number[] {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return [high >> 8, high & 255, low >> 8, low & 255];
}

/** Both ways back, by a program that is not ours, and the words of the contract. */
function comesBack(input: Uint8Array): void {
  const { status, output, consumed, produced } = deflate(input, AMPLE);
  expect(status).toBe(produced < input.length ? "ok" : "negative");
  expect([consumed, produced]).toEqual([input.length, output.length]);
  expect(Buffer.compare(inflateRawSync(output), input)).toBe(0);
  const zlib = join(ZLIB_HEADER, output, adler32(input));
  expect(Buffer.compare(inflateSync(zlib), input)).toBe(0);
}

/** Exactly what is produced fits, one byte less does not, and the bytes are the same. */
function knowsItsRoom(input: Uint8Array): void {
  const whole = deflate(input, AMPLE);
  expect(deflate(input, whole.produced)).toEqual(whole);
  expect(deflate(input, whole.produced - 1)).toEqual({
    status: "no-space",
    output: new Uint8Array(0),
    consumed: 0,
    produced: 0,
  });
}

/** Few different bytes, so that there are matches; and copies of what was there before. */
const aText = fc
  .array(fc.oneof(fc.constantFrom("the ", "queue", " and ", "\n", "aaaa"), fc.string()), {
    maxLength: 400,
    size: "max",
  })
  .map((words) => ascii(words.join("")));
const aCopy = fc
  .array(fc.tuple(fc.nat(255), fc.nat(40_000), fc.nat(700)), { maxLength: 60, size: "max" })
  .map((moves) => {
    const bytes: number[] = [];
    for (const [byte, back, length] of moves) {
      bytes.push(byte, byte ^ 1);
      const from = Math.max(bytes.length - 1 - back, 0);
      for (let index = 0; index < length; index += 1) bytes.push(bytes[from + index] as number);
    }
    return Uint8Array.from(bytes);
  });
const anInput = fc.oneof(fc.uint8Array({ maxLength: 600, size: "max" }), aText, aCopy);
const aLargeInput = fc
  .tuple(fc.nat(65_536), fc.nat(0xffff), fc.constantFrom(0, 144, 200, 250, 254))
  .map(([length, start, floor]) => noise(length, start, floor));

describe("a real zlib inflates it", () => {
  test("whatever the bytes", { timeout: PATIENCE }, () => {
    fc.assert(fc.property(anInput, comesBack), { seed, numRuns });
  });

  test("up to 64 KiB, from noise to nearly one byte", { timeout: PATIENCE }, () => {
    const runs = Math.ceil(numRuns / 10);
    fc.assert(fc.property(aLargeInput, comesBack), { seed, numRuns: runs });
  });

  test.each([0, 1, 2, 3, 4, 255, 256, 257, 32_767, 32_768, 32_769, 65_536])("%i bytes", (size) => {
    comesBack(new Uint8Array(size));
    comesBack(noise(size));
    comesBack(noise(size, 1, 144)); // nine bits each: the longest output there is
  });

  test("each length of a match, 3 to 258 and beyond", () => {
    for (let length = 2; length <= 261; length += 1) comesBack(new Uint8Array(length + 1).fill(65));
    for (let length = 2; length <= 261; length += 1) {
      const block = noise(length, 7);
      comesBack(join(block, [1, 2, 3], block, [4, 5, 6]));
    }
  });

  test("each distance code, at its first value and one to either side", () => {
    const starts = [1, 2, 3, 4];
    for (let step = 2; step < 16_384; step *= 2) starts.push(step * 2 + 1, step * 3 + 1);
    for (const distance of [...starts, 32_768]) {
      for (const near of [distance - 1, distance, distance + 1].filter((value) => value > 0)) {
        const block = noise(near, near);
        comesBack(join(block, block.slice(0, 40)));
      }
    }
  });
});

describe("what it makes", () => {
  test("is the same bytes everywhere", () => {
    const { output } = deflate(ascii("ring the doorbell, ring the doorbell"), AMPLE);
    expect(Buffer.from(output).toString("hex")).toBe(
      "2bcacc4b5728c9485548c9cf2f4a4acdc9d151c0100200",
    );
  });

  test("of long inputs, too: nearest match, chain of 32, table of one window", () => {
    const outputs = [ascii(TEXT), noise(100_000, 9, 250), noise(100_000, 9, 200)].map((input) => {
      const { output } = deflate(input, AMPLE);
      return createHash("sha256").update(output).digest("hex").slice(0, 16);
    });
    expect(outputs).toEqual(["267b3a0f571ba3a8", "8166c9476f7bbd3e", "2d217b4cba6549a5"]);
  });

  test("is one last block with fixed codes", () => {
    expect((deflate(ascii(TEXT), AMPLE).output[0] as number) & 0b111).toBe(0b011);
    expect([...deflate(new Uint8Array(0), AMPLE).output]).toEqual([0x03, 0x00]);
  });

  test("is shorter than a text, and not much longer than zlib makes it", () => {
    const text = ascii(TEXT.repeat(4).slice(0, 1000));
    const { status, consumed, produced } = deflate(text, AMPLE);
    expect([status, consumed]).toEqual(["ok", 1000]);
    const theirs = deflateRawSync(text, { strategy: constants.Z_FIXED }).length;
    expect(produced).toBeLessThan(1.1 * theirs);
  });

  test("uses matches of 258 bytes", () => {
    // 3 + 8 for the literal, 10 matches of 8 + 5 bits, 7 for the end: 148 bits
    expect(deflate(new Uint8Array(1 + 10 * 258), AMPLE).produced).toBe(19);
  });

  test("finds what is 32 768 bytes back, and not 32 769", () => {
    const block = noise(32_768, 3);
    expect(deflate(join(block, block), AMPLE)).toMatchObject({ status: "ok" });
    expect(deflate(join(block, [0], block), AMPLE)).toMatchObject({ status: "negative" });
  });
});

describe("what does not shrink", () => {
  test("is negative, and is delivered in full", () => {
    const input = noise(2048);
    const { status, output, consumed, produced } = deflate(input, 4096);
    expect([status, consumed]).toEqual(["negative", 2048]);
    expect(produced).toBeGreaterThan(2048);
    expect(Buffer.compare(inflateRawSync(output), input)).toBe(0);
  });

  test("is negative also at the same size, and ok one byte below", () => {
    for (let run = 1; run < 60; run += 1) {
      const input = join(noise(60, 5), new Uint8Array(run));
      const { status, produced } = deflate(input, AMPLE);
      expect([run, status]).toEqual([run, produced < input.length ? "ok" : "negative"]);
    }
    const sizes = Array.from({ length: 59 }, (_, run) => {
      const input = join(noise(60, 5), new Uint8Array(run + 1));
      return deflate(input, AMPLE).produced - input.length;
    });
    expect(sizes).toContain(0);
    expect(sizes).toContain(-1);
  });

  test("is no-space where there is no room for it either", () => {
    expect(deflate(noise(2048), 2048).status).toBe("no-space");
  });
});

describe("room", () => {
  test("is exact", { timeout: PATIENCE }, () => {
    fc.assert(fc.property(anInput, knowsItsRoom), { seed, numRuns });
    for (const input of [new Uint8Array(0), ascii(TEXT), noise(5000)]) knowsItsRoom(input);
  });

  test("may be none, and is a whole number", () => {
    expect(deflate(ascii(TEXT), 0).status).toBe("no-space");
    expect(() => deflate(ascii(TEXT), -1)).toThrow("room is not a number of bytes: -1");
    expect(() => deflate(ascii(TEXT), 0.5)).toThrow("room is not a number of bytes");
  });
});
