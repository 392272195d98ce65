/** Two 32-bit FNV-1a sums side by side: enough that a difference in state is not missed. */
export interface Digest {
  a: number;
  b: number;
}

/** A sum of nothing, for `add` to go on with. */
export function digest(): Digest {
  return { a: 0x811c9dc5, b: 0xcbf29ce4 };
}

function eat(sum: Digest, word: number): void {
  sum.a = Math.imul(sum.a ^ word, 0x01000193) >>> 0;
  sum.b = (Math.imul(sum.b ^ word, 0x85ebca6b) + 0x9e3779b9) >>> 0;
}

const HALF = 4_294_967_296;

/**
 * The low 32 bits, then the rest rounded down: -1 is not 2^32 - 1. What a whole number below 2^53
 * has not is eaten beside it: bits from 64 up, and what is left below 1.
 */
function eatNumber(sum: Digest, value: number): void {
  const high = Math.floor(value / HALF);
  eat(sum, (Math.floor(value) - high * HALF) | 0);
  eat(sum, high | 0);
  if (Number.isSafeInteger(value)) return;
  eat(sum, Math.floor(high / HALF) | 0);
  eat(sum, Math.floor((value - Math.floor(value)) * HALF) | 0);
}

function eatText(sum: Digest, text: string): void {
  eat(sum, text.length);
  for (let at = 0; at < text.length; at += 1) eat(sum, text.charCodeAt(at));
}

/** What stands in front of a value: 1 is neither "1" nor 1n nor [1]. */
const TAG = {
  number: 1,
  string: 2,
  bigint: 3,
  true: 4,
  false: 5,
  null: 6,
  undefined: 7,
  list: 8,
  column: 9,
  record: 10,
  bytes: 11,
} as const;

/** Adds plain data to the sum: the same data gives the same sum, in any engine. */
export function add(sum: Digest, value: unknown): void {
  if (typeof value === "number") {
    eat(sum, TAG.number);
    eatNumber(sum, value);
  } else if (typeof value === "string") {
    eat(sum, TAG.string);
    eatText(sum, value);
  } else if (typeof value === "bigint") {
    eat(sum, TAG.bigint);
    eatText(sum, value.toString(16));
  } else if (typeof value === "boolean") eat(sum, value ? TAG.true : TAG.false);
  else if (value === undefined) eat(sum, TAG.undefined);
  else if (value === null) eat(sum, TAG.null);
  else if (Array.isArray(value)) addList(sum, value);
  else if (value instanceof Uint8Array) addBytes(sum, value);
  else if (ArrayBuffer.isView(value)) addColumn(sum, value as Float64Array);
  else addFields(sum, value as Record<string, unknown>);
}

function addList(sum: Digest, list: readonly unknown[]): void {
  eat(sum, TAG.list);
  eat(sum, list.length);
  for (let at = 0; at < list.length; at += 1) add(sum, list[at]);
}

/** Most of a column is zeros: only what is not is eaten, behind its place. */
function addColumn(sum: Digest, column: ArrayLike<number>): void {
  eat(sum, TAG.column);
  eat(sum, column.length);
  for (let at = 0; at < column.length; at += 1) {
    const value = column[at] as number;
    if (value === 0) continue;
    eat(sum, at);
    eatNumber(sum, value);
  }
}

/** Four bytes a word; what is missing at the end is zeros, and the length was eaten. */
function addBytes(sum: Digest, bytes: Uint8Array): void {
  eat(sum, TAG.bytes);
  eat(sum, bytes.length);
  for (let at = 0; at < bytes.length; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
    const word = low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    if (word === 0) continue;
    eat(sum, at);
    eat(sum, word);
  }
}

/** Fields by name, so that the order in which a record was written does not count. */
function addFields(sum: Digest, fields: Record<string, unknown>): void {
  const names = Object.keys(fields).sort((a, b) => (a < b ? -1 : 1));
  eat(sum, TAG.record);
  eat(sum, names.length);
  for (const name of names) {
    eatText(sum, name);
    add(sum, fields[name]);
  }
}

/** The sum as 16 hex digits. */
export function digits(sum: Digest): string {
  return sum.a.toString(16).padStart(8, "0") + sum.b.toString(16).padStart(8, "0");
}

/** Sum of one text: for keys of files and links. */
export function textDigest(text: string): string {
  const sum = digest();
  eatText(sum, text);
  return digits(sum);
}
