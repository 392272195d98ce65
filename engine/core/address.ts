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

/**
 * The whole numbers an address or a size may be: every one below 2^53, and above that the
 * multiples of PAGE up to 2^64. A double holds exactly these, so `a + b`, `a < b`, `a % PAGE`
 * are exact. Bit operators are not: they cut to 32 bits.
 */
function isExact(raw: number): boolean {
  return raw >= 0 && raw <= U64_END && (Number.isSafeInteger(raw) || raw % PAGE === 0);
}

export function Iova(raw: number): Iova {
  assert(isExact(raw), "not an exact iova", raw);
  return raw as Iova;
}

export function Vaddr(raw: number): Vaddr {
  assert(isExact(raw), "not an exact virtual address", raw);
  return raw as Vaddr;
}

export function Pfn(raw: number): Pfn {
  assert(Number.isSafeInteger(raw) && raw >= 0, "not a page frame number", raw);
  return raw as Pfn;
}

export function Bytes(raw: number): Bytes {
  assert(isExact(raw), "not an exact size", raw);
  return raw as Bytes;
}

/** The start of the page that holds this address. */
export function pageOf(address: number): number {
  return address - (address % PAGE);
}

/** An address as the kernel prints it. */
export function hex(address: number | bigint): string {
  return `0x${address.toString(16)}`;
}
