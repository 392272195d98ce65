/** Two 32-bit FNV-1a sums side by side: enough that a difference in state is not missed. */
export interface Digest {
  a: number;
  b: number;
}

export function digest(): Digest {
  return { a: 0x811c9dc5, b: 0xcbf29ce4 };
}

function eat(sum: Digest, word: number): void {
  sum.a = Math.imul(sum.a ^ word, 0x01000193) >>> 0;
  sum.b = (Math.imul(sum.b ^ word, 0x85ebca6b) + 0x9e3779b9) >>> 0;
}

function eatNumber(sum: Digest, value: number): void {
  const low = value % 4_294_967_296;
  eat(sum, low | 0);
  eat(sum, Math.floor((value - low) / 4_294_967_296) | 0);
  if (!Number.isInteger(value)) eat(sum, Math.floor((value - Math.floor(value)) * 1e9) | 0);
}

function eatText(sum: Digest, text: string): void {
  eat(sum, text.length);
  for (let at = 0; at < text.length; at += 1) eat(sum, text.charCodeAt(at));
}

/** Adds plain data to the sum: the same data gives the same sum, in any engine. */
export function add(sum: Digest, value: unknown): void {
  if (typeof value === "number") eatNumber(sum, value);
  else if (typeof value === "string") eatText(sum, value);
  else if (typeof value === "boolean") eat(sum, value ? 3 : 5);
  else if (typeof value === "bigint") eatText(sum, value.toString(16));
  else if (value === undefined || value === null) eat(sum, value === null ? 7 : 11);
  else if (Array.isArray(value) || ArrayBuffer.isView(value)) addList(sum, value as number[]);
  else addFields(sum, value as Record<string, unknown>);
}

function addList(sum: Digest, list: ArrayLike<unknown>): void {
  eat(sum, list.length);
  for (let at = 0; at < list.length; at += 1) add(sum, list[at]);
}

/** Fields by name, so that the order in which a record was written does not count. */
function addFields(sum: Digest, fields: Record<string, unknown>): void {
  for (const name of Object.keys(fields).sort((a, b) => (a < b ? -1 : 1))) {
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
