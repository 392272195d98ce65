import { ok, type Result, refuse, type Value } from "../core/index.ts";

/** The words of a structure, by name: each a whole number below 2^64. */
export type Words<Name extends string> = { readonly [name in Name]: bigint };

const FAULT = refuse("EFAULT", "the argument cannot be read");

/**
 * Reads a structure from the program (copy_from_user). A word that is not there is 0.
 *
 * @param sizes  the width of each word in bits
 * Refuses: EFAULT where the argument is no structure.
 */
export function readWords<Name extends string>(
  arg: Value,
  sizes: { readonly [name in Name]: 32 | 64 },
): Result<Words<Name>> {
  if (typeof arg !== "object" || arg === null || Array.isArray(arg)) return FAULT;
  const given = arg as { readonly [name: string]: Value };
  const words: { [name: string]: bigint } = {};
  for (const [name, bits] of Object.entries<32 | 64>(sizes)) {
    const value = given[name] ?? 0;
    if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return FAULT;
    words[name] = BigInt.asUintN(bits, BigInt(value as number | bigint));
  }
  return ok(words as Words<Name>);
}

/** Does a range of 64-bit words run past 2^64? One that ends there does not. */
export function wraps(start: bigint, size: bigint): boolean {
  return start + size > 1n << 64n;
}
