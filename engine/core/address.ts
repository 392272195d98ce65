import { assert } from "./assert.ts";

declare const brand: unique symbol;

/** A number of one kind: a plain number at run time, a kind of its own for the compiler. */
export type Brand<Raw, Name extends string> = Raw & { readonly [brand]: Name };

/** Bytes in a page: the 4K granule is the only one the model has. */
export const PAGE = 4096;

/** The end of 48-bit addresses, exclusive. */
export const ADDRESS_END = 2 * 140_737_488_355_328;

/** 2^64, exact in a double: the end of the user's own 64-bit words, exclusive. */
export const U64_END = 65_536 * ADDRESS_END;

/** Device address: what a device puts on the bus. */
export type Iova = Brand<number, "Iova">;
/** Virtual address of a process. */
export type Vaddr = Brand<number, "Vaddr">;
/** Page frame number: physical address divided by PAGE. */
export type Pfn = Brand<number, "Pfn">;
/** A size in bytes. */
export type Bytes = Brand<number, "Bytes">;

/** Half a page: where a word lies that is off a page, and too large to say where. */
const HALF = PAGE / 2;

/**
 * The whole numbers an address or a size may be: every one below 2^53, and above that the
 * multiples of half a PAGE up to 2^64. A double holds exactly these, so `a + b`, `a < b`, `a % PAGE`
 * are exact. Bit operators are not: they cut to 32 bits.
 */
function isExact(raw: number): boolean {
  return raw >= 0 && raw <= U64_END && (Number.isSafeInteger(raw) || raw % HALF === 0);
}

/** A device address, in bytes: what a device puts on the bus. */
export function Iova(raw: number): Iova {
  assert(isExact(raw), "not an exact iova", raw);
  return raw as Iova;
}

/** A process's address, in bytes. */
export function Vaddr(raw: number): Vaddr {
  assert(isExact(raw), "not an exact virtual address", raw);
  return raw as Vaddr;
}

/** The number of a page frame: bytes of memory, divided by PAGE. */
export function Pfn(raw: number): Pfn {
  assert(Number.isSafeInteger(raw) && raw >= 0, "not a page frame number", raw);
  return raw as Pfn;
}

/** A size in bytes: every whole number that a double holds exactly, and no other. */
export function Bytes(raw: number): Bytes {
  assert(isExact(raw), "not an exact size", raw);
  return raw as Bytes;
}

/**
 * A program's word of 64 bits, as a double holds it: a negative one wraps, as in C. From 2^53 up
 * only the page counts, and whether the word lies on it, since there a double knows no single bytes:
 * one that does not stands half-way into its page.
 */
export function word(value: number | bigint): number {
  if (Number.isSafeInteger(value) && value >= 0) return value as number;
  const exact = BigInt.asUintN(64, BigInt(value));
  const number = Number(exact);
  if (Number.isSafeInteger(number)) return number;
  const off = exact % BigInt(PAGE);
  return Number(exact - off) + (off ? HALF : 0);
}

/** A word of 32 bits, as C's unsigned int takes it. */
export function word32(value: number | bigint): number {
  return Number(BigInt.asUintN(32, BigInt(value)));
}

/** A word of 32 bits, as C's int takes it: a descriptor, flags. */
export function int32(value: number | bigint): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}

/** The start of the page that holds this address. */
export function pageOf(address: number): number {
  return address - (address % PAGE);
}

/** A length in whole pages, as PAGE_ALIGN makes it; near 2^64 that is 2^64, which in C is nothing. */
export function roundUp(length: number): number {
  return pageOf(length) + (length % PAGE === 0 ? 0 : PAGE);
}

/** An address as the kernel prints it. */
export function hex(address: number | bigint): string {
  return `0x${address.toString(16)}`;
}
