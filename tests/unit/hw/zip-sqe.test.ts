import fc from "fast-check";
import { expect, test } from "vitest";
import {
  readRequest,
  readResult,
  writeRequest,
  writeResult,
  ZIP_SQE,
  ZIP_STATUS,
} from "../../../engine/hw/zip-sqe.ts";

const seed = Number(process.env.FUZZ_SEED ?? 1802);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

const REQUEST = {
  source: 0xffff_8000_1234,
  length: 2048,
  target: 0x7f00_0000,
  room: 4096,
  type: 2,
  tag: 9,
};

/** The word at `index` of the second slot, as another program would see it. */
function word(bytes: Uint8Array, index: number): number {
  return new DataView(bytes.buffer).getUint32(128 + 4 * index, true);
}

test("a request's words are where the facts count them", () => {
  const bytes = new Uint8Array(384).fill(0xee);
  writeRequest(bytes, REQUEST, 128);
  const words = Array.from({ length: 32 }, (_, index) => word(bytes, index));
  const wanted = new Array<number>(32).fill(0);
  Object.assign(wanted, { 4: 2048, 9: 2, 13: 9, 14: 4096 });
  Object.assign(wanted, { 18: 0x8000_1234, 19: 0xffff, 20: 0x7f00_0000, 21: 0 });
  expect(words).toEqual(wanted);
  expect([bytes[127], bytes[256]]).toEqual([0xee, 0xee]);
});

test("a result changes three words, and of dw3 the status only", () => {
  const bytes = new Uint8Array(384);
  writeRequest(bytes, REQUEST, 128);
  bytes[128 + 13] = 0x01; // last block
  const before = bytes.slice();
  writeResult(bytes, { status: ZIP_STATUS.NEGATIVE, consumed: 2048, produced: 2100 }, 128);
  expect([word(bytes, 0), word(bytes, 1), word(bytes, 3)]).toEqual([2048, 2100, 0x10d]);
  expect(readResult(bytes, 128)).toEqual({ status: 0x0d, consumed: 2048, produced: 2100 });
  expect(readRequest(bytes, 128)).toEqual(REQUEST);
  const rest = (all: Uint8Array) => [
    ...all.slice(0, 128),
    ...all.slice(136, 140),
    ...all.slice(144),
  ];
  expect(rest(bytes)).toEqual(rest(before));
});

test("a fresh request has no result left of the slot's last one", () => {
  const bytes = new Uint8Array(128);
  writeResult(bytes, { status: 1, consumed: 3, produced: 4 });
  writeRequest(bytes, REQUEST);
  expect(readResult(bytes)).toEqual({ status: 0, consumed: 0, produced: 0 });
});

test("what is written is read back", () => {
  const u32 = fc.nat(0x7fff_ffff).map((half) => half * 2 + 1);
  const request = fc.record({
    source: fc.maxSafeNat(),
    length: u32,
    target: fc.maxSafeNat(),
    room: u32,
    type: fc.nat(255),
    tag: u32,
  });
  const same = fc.property(request, fc.nat(3), (wanted, slot) => {
    const bytes = new Uint8Array(4 * ZIP_SQE.size);
    writeRequest(bytes, wanted, slot * ZIP_SQE.size);
    expect(readRequest(bytes, slot * ZIP_SQE.size)).toEqual(wanted);
  });
  fc.assert(same, { seed, numRuns });
});

test("any 128 bytes can be read: the user wrote them", () => {
  const anything = fc.property(fc.uint8Array({ minLength: 128, maxLength: 128 }), (bytes) => {
    const { source, target, length, room, type } = readRequest(bytes);
    for (const value of [source, target, length, room, type]) {
      expect(Number.isInteger(value) && value >= 0).toBe(true);
    }
    writeResult(bytes, { status: 1, consumed: 0, produced: 0 });
    expect(readResult(bytes).status).toBe(1);
  });
  fc.assert(anything, { seed, numRuns, examples: [[new Uint8Array(128).fill(0xff)]] });
});
