import { assert } from "../core/index.ts";

/** Bit positions of one field, highest first, both inside it. */
export type Bits = readonly [hi: number, lo: number];

/** One word of bits: a device register, or a word inside a structure in memory. */
export interface Register {
  /** Bytes from the start of `within`. */
  readonly offset: number;
  /** Bits: 16, 32 or 64. */
  readonly width: number;
  /** No two share a bit; what no field names is reserved and zero. */
  readonly fields: Readonly<Record<string, Bits>>;
  readonly source: string;
  /** What `offset` counts from, `BAR 2`, or the word it spells out, `CQE.w7`. */
  readonly within?: string;
  readonly notes?: string;
}

/** One field of every name, none left out and none too many. */
export type Values<R extends Register> = { readonly [F in keyof R["fields"]]: number };

/** A number in memory, or `count` of them in a row. */
export interface Field {
  /** Bytes from the start of the structure. */
  readonly at: number;
  /** Bytes of one element. */
  readonly bytes: number;
  /** Elements; 1 where absent. */
  readonly count?: number;
  readonly notes?: string;
}

/** A structure in memory, little endian. */
export interface Layout {
  /** Bytes. */
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
  readonly source: string;
  readonly notes?: string;
}

/** The fields of a layout that hold numbers, and not further structures. */
export type NumberField<L extends Layout> = {
  [F in keyof L["fields"]]: L["fields"][F]["bytes"] extends 1 | 2 | 4 | 8 ? F & string : never;
}[keyof L["fields"]];

/** `source_addr` where a layout has both `source_addr_l` and `source_addr_h`. */
export type PairField<L extends Layout> = {
  [F in keyof L["fields"]]: F extends `${infer Name}_l`
    ? `${Name}_h` extends keyof L["fields"]
      ? Name
      : never
    : never;
}[keyof L["fields"]];

/** A value at a place of a table that is wrong, in words, for the test that expects none. */
export type Fault = string;

const U32_END = 0x1_0000_0000;

/** Puts the values at their bits. The caller's values fit; what no field names is zero. */
export function pack<R extends Register>(register: R, values: Values<R>): bigint {
  let word = 0n;
  for (const [name, [hi, lo]] of Object.entries(register.fields)) {
    const value = (values as Readonly<Record<string, number>>)[name] as number;
    const isFitting = Number.isSafeInteger(value) && BigInt(value) >> BigInt(hi - lo + 1) === 0n;
    assert(isFitting, "too wide for its field", value);
    word |= BigInt(value) << BigInt(lo);
  }
  return word;
}

/** `pack` for a register of at most 32 bits: the number that `write` takes, and no `bigint`. */
export function packWord<R extends Register>(register: R, values: Values<R>): number {
  assert(register.width <= 32, "not a register of 32 bits", register.width);
  let word = 0;
  for (const [name, [hi, lo]] of Object.entries(register.fields)) {
    const value = (values as Readonly<Record<string, number>>)[name] as number;
    assert((value & mask(hi, lo)) >>> 0 === value, "too wide for its field", value);
    word |= value << lo;
  }
  return word >>> 0;
}

/** Takes the word apart. Any word will do: reserved bits and bits past the width are passed over. */
export function unpack<R extends Register>(register: R, word: bigint | number): Values<R> {
  const values: Record<string, number> = {};
  for (const [name, [hi, lo]] of Object.entries(register.fields)) {
    values[name] =
      typeof word === "number" && register.width <= 32
        ? ((word >>> lo) & mask(hi, lo)) >>> 0
        : Number(BigInt.asUintN(hi - lo + 1, BigInt(word) >> BigInt(lo)));
  }
  return values as Values<R>;
}

/**
 * One number out of a structure.
 *
 * @param offset  where the structure starts in `bytes`
 * @param index   which element of a field that has several
 * @returns unsigned. Eight bytes above 2^53 come back rounded: still too large for any address of
 *          48 bits, so a caller compares before it makes an address of one
 */
export function read<L extends Layout>(
  layout: L,
  bytes: Uint8Array,
  offset: number,
  field: NumberField<L>,
  index = 0,
): number {
  const at = place(layout, bytes, offset, field, index);
  const length = (layout.fields[field] as Field).bytes;
  if (length <= 4) return gather(bytes, at, length);
  return gather(bytes, at + 4, 4) * U32_END + gather(bytes, at, 4); // rounded once, here
}

/** A whole number of at most 64 bits. Above 2^53 a double holds only some, and those exactly. */
function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < U32_END * U32_END;
}

/** Puts one number into a structure. `value` is whole, at least 0, and fits. */
export function write<L extends Layout>(
  layout: L,
  bytes: Uint8Array,
  offset: number,
  field: NumberField<L>,
  value: number,
  index = 0,
): void {
  const at = place(layout, bytes, offset, field, index);
  const length = (layout.fields[field] as Field).bytes;
  assert(isWord(value), "not an exact number", value);
  let rest = value;
  for (let byte = 0; byte < length; byte += 1) {
    bytes[at + byte] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  assert(rest === 0, "too wide for its field", value);
}

/** An address kept in two words of 32 bits, `NAME_l` and `NAME_h`; rounded as `read` rounds. */
export function readPair<L extends Layout>(
  layout: L,
  bytes: Uint8Array,
  offset: number,
  name: PairField<L>,
): number {
  const low = read(layout, bytes, offset, `${name}_l` as NumberField<L>);
  return read(layout, bytes, offset, `${name}_h` as NumberField<L>) * U32_END + low;
}

/** Puts an address of at most 64 bits into `NAME_l` and `NAME_h`. */
export function writePair<L extends Layout>(
  layout: L,
  bytes: Uint8Array,
  offset: number,
  name: PairField<L>,
  value: number,
): void {
  assert(isWord(value), "not an exact number", value);
  write(layout, bytes, offset, `${name}_l` as NumberField<L>, value % U32_END);
  write(layout, bytes, offset, `${name}_h` as NumberField<L>, Math.floor(value / U32_END));
}

/** What is wrong with a register: fields past its width, upside down, or sharing a bit. */
export function registerFaults(name: string, register: Register): readonly Fault[] {
  const faults: Fault[] = [];
  const owners = new Array<string | undefined>(register.width);
  for (const [field, [hi, lo]] of Object.entries(register.fields)) {
    if (lo < 0 || hi < lo) faults.push(`${name}.${field}: bits [${hi}, ${lo}] are upside down`);
    if (hi >= register.width) faults.push(`${name}.${field}: bit ${hi} is past ${register.width}`);
    if (hi - lo >= 53) faults.push(`${name}.${field}: wider than an exact number`);
    for (let bit = lo; bit <= hi; bit += 1) {
      if (owners[bit]) faults.push(`${name}.${field}: shares bit ${bit} with ${owners[bit]}`);
      owners[bit] = field;
    }
  }
  return faults;
}

/** What is wrong with a layout: fields past its size, not aligned to themselves, or overlapping. */
export function layoutFaults(name: string, layout: Layout): readonly Fault[] {
  const faults: Fault[] = [];
  const owners = new Array<string | undefined>(layout.size);
  for (const [field, { at, bytes, count = 1 }] of Object.entries(layout.fields)) {
    const end = at + bytes * count;
    if (end > layout.size) faults.push(`${name}.${field}: byte ${end - 1} is past ${layout.size}`);
    if (at % Math.min(bytes, 8) !== 0) faults.push(`${name}.${field}: ${at} is not aligned`);
    for (let byte = at; byte < end; byte += 1) {
      if (owners[byte]) faults.push(`${name}.${field}: shares byte ${byte} with ${owners[byte]}`);
      owners[byte] = field;
    }
  }
  return faults;
}

/** The first byte of an element, which lies inside its structure and inside `bytes`. */
function place(
  layout: Layout,
  bytes: Uint8Array,
  offset: number,
  field: string,
  index: number,
): number {
  const { at, bytes: length, count = 1 } = layout.fields[field] as Field;
  assert(index >= 0 && index < count, "no such element", index);
  const first = offset + at + index * length;
  assert(offset >= 0 && first + length <= bytes.length, "outside the bytes given", first);
  return first;
}

/** At most four bytes, the lowest first. */
function gather(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let byte = at + length - 1; byte >= at; byte -= 1)
    value = value * 256 + (bytes[byte] as number);
  return value;
}

/** As many ones as the field has bits, 1 to 32. */
function mask(hi: number, lo: number): number {
  return 0xffff_ffff >>> (31 - (hi - lo));
}
