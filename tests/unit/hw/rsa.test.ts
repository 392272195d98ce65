import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Job } from "../../../engine/hw/part.ts";
import { bytesFrom, MODULUS_MAX, numberFrom, power, RSA } from "../../../engine/hw/rsa.ts";
import {
  RSA_ALG,
  RSA_ETYPE,
  type RsaRequest,
  readRsaRequest,
  readRsaResult,
  writeRsaRequest,
} from "../../../engine/hw/rsa-sqe.ts";

const seed = Number(process.env.FUZZ_SEED ?? 1977);
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

/** Multiplied out, as the word says: the plainest that could be right. */
function multipliedOut(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n;
  for (let times = 0; times < exponent; times += 1) result = (result * base) % modulus;
  return result;
}

const WORK: Omit<Job, "type" | "room" | "data"> = {
  queue: 0,
  slot: 0,
  call: 0,
  parent: -1,
  stage: "compute",
  inputs: [],
  target: 0,
  moved: 0,
  status: 0,
  consumed: 0,
  produced: 0,
  isWaiting: false,
  isRefused: false,
};

function work(type: number, room: number, ...numbers: readonly (readonly [bigint, number])[]) {
  const data = Uint8Array.from(numbers.flatMap(([number, size]) => [...bytesFrom(number, size)]));
  const { status, output } = RSA.work({ ...WORK, type, room, data });
  return { status, value: output.length > 0 ? numberFrom(output) : undefined };
}

/** Exponent, modulus and input of `length` bytes. */
function plain(exponent: bigint, modulus: bigint, input: bigint, length = 8) {
  const parts = [exponent, modulus, input].map((number) => [number, length] as const);
  return work(RSA_ALG.NC_NCRT, length, ...parts);
}

const P = 4_045_620_641n;
const Q = 3_550_589_663n;
const N = P * Q;
const D = 8_934_396_498_932_681_793n;
const E = 65_537n;

describe("numbers", () => {
  test("a power is what it is multiplied out", () => {
    const any = fc.bigInt({ min: 0n, max: 1n << 80n });
    const modulus = fc.bigInt({ min: 2n, max: 1n << 80n });
    const agrees = (base: bigint, exponent: number, of: bigint) => {
      expect(power(base, BigInt(exponent), of)).toBe(multipliedOut(base, exponent, of) % of);
    };
    fc.assert(fc.property(any, fc.nat(300), modulus, agrees), { seed, numRuns });
  });

  test("a number is its bytes, the highest first", () => {
    expect(numberFrom(Uint8Array.of(1, 2, 0))).toBe(0x010200n);
    expect([...bytesFrom(0x010200n, 5)]).toEqual([0, 0, 1, 2, 0]);
    const round = (bytes: Uint8Array) => {
      expect(bytesFrom(numberFrom(bytes), bytes.length)).toEqual(bytes);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), round), { seed, numRuns });
  });
});

describe("what the engine makes of its input", () => {
  test("what one exponent does, the other undoes; by the factors it is the same", () => {
    const input = fc.bigInt({ min: 0n, max: N - 1n });
    const undoes = (message: bigint) => {
      const { value: signature = -1n, status } = plain(D, N, message);
      expect(status).toBe(RSA_ETYPE.OK);
      expect(plain(E, N, signature).value).toBe(message);
      // Whichever of the two is the greater. The inverse is by Fermat's little theorem.
      for (const [q, p] of [
        [Q, P],
        [P, Q],
      ] as const) {
        const parts = [D % (q - 1n), D % (p - 1n), q, p, power(q, p - 2n, p)];
        const factors = parts.map((part) => [part, 4] as const);
        expect(work(RSA_ALG.NC_CRT, 8, ...factors, [message, 8]).value).toBe(signature);
      }
    };
    fc.assert(fc.property(input, undoes), { seed, numRuns, examples: [[0n], [1n], [P], [N - 1n]] });
  });

  test("one byte changed in message, exponent or modulus changes the signature", () => {
    const message = 0x00_70_61_79_20_31_30_30n;
    const good = plain(D, N, message).value;
    const bent = (number: bigint, at: number, by: number) =>
      number ^ (BigInt(by) << BigInt(8 * at));
    const differs = (at: number, by: number) => {
      expect(plain(D, N, bent(message, Math.min(at, 6), by)).value).not.toBe(good);
      expect(plain(bent(D, at, by), N, message).value).not.toBe(good);
      expect(plain(D, bent(N, at, by), message).value).not.toBe(good);
    };
    const byte = fc.integer({ min: 1, max: 255 });
    fc.assert(fc.property(fc.nat(7), byte, differs), { seed, numRuns });
  });

  test("a modulus of 4096 bits is taken", () => {
    const modulus = (1n << 4096n) - 1n;
    const got = plain(3n, modulus, 1n << 2000n, MODULUS_MAX);
    expect(got.value).toBe((1n << 6000n) % modulus);
  });

  // biome-ignore format: one refusal a line
  test.each<[string, () => { status: number; value: bigint | undefined }, keyof typeof RSA_ETYPE]>([
    ["another algorithm",           () => work(2, 8, [D, 8], [N, 8], [1n, 8]),                      "ALG"],
    ["a modulus of 4160 bits",      () => plain(1n, 3n, 1n, MODULUS_MAX + 8),                       "LENGTH"],
    ["an even modulus",             () => plain(D, N - 1n, 1n),                                     "MODULUS"],
    ["modulus 0",                   () => plain(D, 0n, 0n),                                         "MODULUS"],
    ["modulus 1",                   () => plain(D, 1n, 0n),                                         "MODULUS"],
    ["an even factor",              () => work(1, 8, [3n, 4], [3n, 4], [Q, 4], [6n, 4], [1n, 4], [1n, 8]), "MODULUS"],
    ["a factor 0",                  () => work(1, 8, [3n, 4], [3n, 4], [0n, 4], [P, 4], [1n, 4], [0n, 8]), "MODULUS"],
    ["an input like the modulus",   () => plain(D, N, N),                                           "INPUT"],
    ["an input above the factors",  () => work(1, 8, [3n, 4], [3n, 4], [5n, 4], [3n, 4], [2n, 4], [15n, 8]), "INPUT"],
    ["the highest input",           () => plain(D, N, N - 1n),                                      "OK"],
    ["exponent 0",                  () => plain(0n, N, 5n),                                         "OK"],
  ])("%s", (_, got, etype) => {
    const { status, value } = got();
    expect(status).toBe(RSA_ETYPE[etype]);
    expect(value === undefined).toBe(etype !== "OK");
  });

  test("numbers that are no factors give some number of the right length, or none", () => {
    const any = fc.tuple(fc.constantFrom(0, 1), fc.uint8Array({ minLength: 28, maxLength: 28 }));
    const ends = ([type, data]: [number, Uint8Array]) => {
      const { output, status } = RSA.work({ ...WORK, type, room: 8, data });
      expect(output.length).toBe(status === RSA_ETYPE.OK ? 8 : 0);
    };
    fc.assert(fc.property(any, ends), { seed, numRuns });
  });
});

describe("a request", () => {
  const REQUEST: RsaRequest = {
    alg: 1,
    length: 256,
    key: 0xffff_8000_1234,
    source: 0x7f00_0000,
    target: 0x7f00_1000,
    tag: 9,
  };

  test("its words are where the sources count them", () => {
    const view = new DataView(writeRsaRequest(REQUEST).buffer);
    const words = Array.from({ length: 16 }, (_, index) => view.getUint32(4 * index, true));
    const wanted = new Array<number>(16).fill(0);
    Object.assign(wanted, { 0: 0x4000_0001, 1: 31, 2: 0x8000_1234, 3: 0xffff });
    Object.assign(wanted, { 4: 0x7f00_0000, 6: 0x7f00_1000, 8: 9 });
    expect(words).toEqual(wanted);
  });

  test("is read as it was written", () => {
    const size = fc.integer({ min: 1, max: 256 }).map((words) => 8 * words);
    const address = fc.nat().map((page) => 4096 * page);
    const any = fc.record({
      alg: fc.nat(31),
      length: size,
      key: address,
      source: address,
      target: address,
      tag: fc.nat(65_535),
    });
    const same = (request: RsaRequest) => {
      expect(readRsaRequest(writeRsaRequest(request))).toEqual(request);
    };
    fc.assert(fc.property(any, same), { seed, numRuns });
  });

  // biome-ignore format: a table
  test.each([[8, 8], [15, 8], [16, 16], [2048, 2048], [2056, 8], [0, 2048], [7, 2048]])(
    "a length of %i is read as %i", (length, wanted) => {
      expect(readRsaRequest(writeRsaRequest({ ...REQUEST, length })).length).toBe(wanted);
    },
  );

  test("says which memory it needs: the key whole, then the input", () => {
    const order = (request: Partial<RsaRequest>) =>
      RSA.order(writeRsaRequest({ ...REQUEST, ...request }));
    const lengths = (request: Partial<RsaRequest>) =>
      order(request).inputs.map(({ length }) => length);
    expect(lengths({ alg: 0 })).toEqual([512, 256]);
    expect(lengths({ alg: 1 })).toEqual([640, 256]);
    expect(lengths({ alg: 2 })).toEqual([]);
    expect(lengths({ alg: 0, length: MODULUS_MAX + 8 })).toEqual([]);
    expect(order({}).inputs[0]?.iova).toBe(REQUEST.key);
    expect(order({})).toMatchObject({ target: REQUEST.target, room: 256, type: 1 });
  });

  test("an answer changes the first word only, and keeps the algorithm", () => {
    const bytes = writeRsaRequest(REQUEST);
    const answer = RSA.answer({ ...WORK, type: 1, room: 8, data: bytes, status: 0x23 });
    expect(answer).toHaveLength(4);
    bytes.set(answer);
    expect(readRsaResult(bytes)).toEqual({ done: 3, etype: 0x23 });
    expect(readRsaRequest(bytes)).toEqual(REQUEST);
  });
});
