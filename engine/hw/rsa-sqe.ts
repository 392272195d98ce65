import { type Layout, packWord, type Register, read, unpack, write } from "./register.ts";

/**
 * One request to the RSA engine (HPRE), 64 bytes, as it lies in a submission queue.
 *
 * All numbers that the addresses lead to are big endian, each as long as the modulus, with zeros in
 * front. The key is two of them, exponent and modulus; or, by the Chinese remainder theorem, five
 * of half the length: dq, dp, q, p, qinv.
 *
 * Leaves out: Diffie-Hellman and all that the engine does beside RSA; task_len2, mrttest_num.
 * Source: HPRE; docs/sources.md
 */
const HPRE =
  "KL drivers/crypto/hisilicon/hpre/hpre.h b06ba7098339, Linux drivers/crypto/hisilicon/hpre/hpre_crypto.c v5.7";

// biome-ignore format: one field a line
export const RSA_SQE = {
  size: 64,
  fields: {
    dw0:   { at: 0, bytes: 4, notes: "RSA_DW0" },
    dw1:   { at: 4, bytes: 4, notes: "RSA_DW1" },
    key:   { at: 8, bytes: 8, notes: "device address" },
    in:    { at: 16, bytes: 8, notes: "device address" },
    out:   { at: 24, bytes: 8, notes: "device address" },
    tag:   { at: 32, bytes: 2 },
    resv2: { at: 34, bytes: 2 },
    rsvd1: { at: 36, bytes: 4, notes: "with the next one word of 4 bytes, seven times" },
    rsvd2: { at: 40, bytes: 8, count: 3 },
  },
  source: HPRE,
} as const satisfies Layout;

export const RSA_WORDS = {
  RSA_DW0: {
    offset: 0,
    width: 32,
    fields: { done: [31, 30], etype: [15, 5], alg: [4, 0] },
    source: HPRE,
    within: "RSA_SQE.dw0",
    notes: "alg: RSA_ALG; done: RSA_DONE; etype 0 is good",
  },
  RSA_DW1: {
    offset: 4,
    width: 32,
    fields: { mrttest_num: [23, 16], task_len2: [15, 8], task_len1: [7, 0] },
    source: HPRE,
    within: "RSA_SQE.dw1",
    notes: "task_len1: words of 64 bits in the modulus, less one",
  },
} as const satisfies Record<string, Register>;

/** Exponent and modulus, or the five numbers of the Chinese remainder theorem. Source: HPRE. */
export const RSA_ALG = { NC_NCRT: 0, NC_CRT: 1 } as const;

/** The program writes INIT, the engine DONE. Source: UADK v1/drv/hisi_qm_udrv.h */
export const RSA_DONE = { INIT: 1, DONE: 3 } as const;

/**
 * Why the engine did not work. Sources say that 0 is good; the other numbers are this model's own,
 * none that the ZIP engine has.
 */
export const RSA_ETYPE = {
  OK: 0,
  ALG: 0x21,
  LENGTH: 0x22,
  MODULUS: 0x23,
  INPUT: 0x24,
  BUS: 0x80,
} as const;

/** A request as the engine understands it. Addresses are device addresses. */
export interface RsaRequest {
  /** One of RSA_ALG, or what else the user wrote there: 0 to 31. */
  readonly alg: number;
  /** Bytes of the modulus, a multiple of 8: 8 to 2048. */
  readonly length: number;
  readonly key: number;
  readonly source: number;
  readonly target: number;
  readonly tag: number;
}

/** What the engine writes back. */
export interface RsaResult {
  readonly done: number;
  readonly etype: number;
}

/**
 * The request of one slot, whatever the user put there.
 *
 * @returns addresses of up to 64 bits, rounded above 2^53: compare before making an `Iova`
 */
export function readRsaRequest(bytes: Uint8Array): RsaRequest {
  return {
    alg: unpack(RSA_WORDS.RSA_DW0, read(RSA_SQE, bytes, 0, "dw0")).alg,
    length: 8 * (unpack(RSA_WORDS.RSA_DW1, read(RSA_SQE, bytes, 0, "dw1")).task_len1 + 1),
    key: read(RSA_SQE, bytes, 0, "key"),
    source: read(RSA_SQE, bytes, 0, "in"),
    target: read(RSA_SQE, bytes, 0, "out"),
    tag: read(RSA_SQE, bytes, 0, "tag"),
  };
}

/**
 * A fresh request, 64 bytes. As in C, what is too wide for its field is cut off, and a length that
 * is no multiple of 8 rounded down.
 */
export function writeRsaRequest(request: RsaRequest): Uint8Array {
  const { alg, length, key, source, target, tag } = request;
  const bytes = new Uint8Array(RSA_SQE.size);
  const dw0 = packWord(RSA_WORDS.RSA_DW0, { alg: alg % 32, etype: 0, done: RSA_DONE.INIT });
  write(RSA_SQE, bytes, 0, "dw0", dw0);
  const task_len1 = (Math.floor(length / 8) + 255) % 256;
  const dw1 = packWord(RSA_WORDS.RSA_DW1, { mrttest_num: 0, task_len2: 0, task_len1 });
  write(RSA_SQE, bytes, 0, "dw1", dw1);
  write(RSA_SQE, bytes, 0, "key", key);
  write(RSA_SQE, bytes, 0, "in", source);
  write(RSA_SQE, bytes, 0, "out", target);
  write(RSA_SQE, bytes, 0, "tag", tag % 65_536);
  return bytes;
}

/** What stands in a slot after the engine wrote it back. */
export function readRsaResult(bytes: Uint8Array): RsaResult {
  const { done, etype } = unpack(RSA_WORDS.RSA_DW0, read(RSA_SQE, bytes, 0, "dw0"));
  return { done, etype };
}

/** The first word of a slot as the engine writes it back: the request's `alg` stays. */
export function rsaAnswer(alg: number, etype: number): Uint8Array {
  const bytes = new Uint8Array(RSA_SQE.size);
  write(RSA_SQE, bytes, 0, "dw0", packWord(RSA_WORDS.RSA_DW0, { alg, etype, done: RSA_DONE.DONE }));
  return bytes.subarray(0, 4);
}
