import { cost, DMA_WHAT } from "../core/index.ts";
import type { Engine } from "./engine.ts";
import { RSA_ALG, RSA_ETYPE, readRsaRequest, rsaAnswer } from "./rsa-sqe.ts";

/**
 * The RSA engine: it raises a number to a power, modulo another. That is all there is to RSA: with
 * the private exponent it signs, with the public one it verifies. What a signature is made of, and
 * its padding, is the program's.
 *
 * Whole numbers of any size (bigint) are exact, and so the same everywhere.
 */

/** Bytes of the longest modulus: 4096 bits, as the kernel's driver has it. Source: hpre_crypto.c. */
export const MODULUS_MAX = 512;

const KEY = DMA_WHAT.indexOf("key");
const SRC = DMA_WHAT.indexOf("src");

/** A number from its bytes, the highest first. */
export function numberFrom(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  return number;
}

/** The bytes of a number that fits into `length` of them, the highest first. */
export function bytesFrom(number: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = number;
  for (let at = length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** `base` to the `exponent`, modulo `modulus`: square and multiply. The modulus is above 1. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** What a request asks for, in numbers. */
interface Sum {
  readonly input: bigint;
  readonly modulus: bigint;
  /** The factors that the power is taken by. */
  readonly moduli: readonly bigint[];
  readonly value: () => bigint;
}

/** @param data  key, then input: exponent, modulus, input */
function plain(data: Uint8Array, length: number): Sum {
  const part = (at: number) => numberFrom(data.subarray(at * length, (at + 1) * length));
  const [exponent, modulus, input] = [part(0), part(1), part(2)];
  return { input, modulus, moduli: [modulus], value: () => power(input, exponent, modulus) };
}

/** @param data  key, then input: dq, dp, q, p, qinv, each half as long as the input */
function byFactors(data: Uint8Array, length: number): Sum {
  const half = length / 2;
  const part = (at: number) => numberFrom(data.subarray(at * half, (at + 1) * half));
  const [dq, dp, q, p, qinv] = [part(0), part(1), part(2), part(3), part(4)];
  const input = numberFrom(data.subarray(5 * half));
  const value = () => {
    const [byP, byQ] = [power(input, dp, p), power(input, dq, q)];
    const lift = (qinv * (((byP - byQ) % p) + p)) % p;
    return byQ + lift * q;
  };
  return { input, modulus: p * q, moduli: [p, q], value };
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n && number > 1n;
}

interface Asked {
  readonly type: number;
  readonly room: number;
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array(0);

function isKnown(alg: number): boolean {
  return alg === RSA_ALG.NC_NCRT || alg === RSA_ALG.NC_CRT;
}

/**
 * What the RSA engine makes of its input.
 *
 * Refuses, with an etype of this model's own: ALG for another algorithm; LENGTH above MODULUS_MAX;
 * MODULUS that is even, 0 or 1, as a factor may be; INPUT that is not below the modulus.
 */
function compute({ type, room, data }: Asked): { status: number; output: Uint8Array } {
  if (!isKnown(type)) return { status: RSA_ETYPE.ALG, output: NOTHING };
  if (room > MODULUS_MAX) return { status: RSA_ETYPE.LENGTH, output: NOTHING };
  const sum = type === RSA_ALG.NC_CRT ? byFactors(data, room) : plain(data, room);
  if (!sum.moduli.every(isOdd)) return { status: RSA_ETYPE.MODULUS, output: NOTHING };
  if (sum.input >= sum.modulus) return { status: RSA_ETYPE.INPUT, output: NOTHING };
  return { status: RSA_ETYPE.OK, output: bytesFrom(sum.value(), room) };
}

/** The RSA engine behind its queue manager. */
export const RSA: Engine = {
  order(request) {
    const { alg, length, key, source, target } = readRsaRequest(request);
    const size = alg === RSA_ALG.NC_CRT ? (5 * length) / 2 : 2 * length;
    const inputs = [
      { iova: key, length: size, what: KEY },
      { iova: source, length, what: SRC },
    ];
    const isTried = isKnown(alg) && length <= MODULUS_MAX;
    return { inputs: isTried ? inputs : [], target, room: length, type: alg };
  },
  work: (job) => ({ ...compute(job), consumed: job.data.length, span: cost("rsa") }),
  answer: ({ type, status }) => rsaAnswer(type, status),
  did: "engine.power",
  busError: RSA_ETYPE.BUS,
};
