import { assert, int32, type Value, word } from "../core/index.ts";

/** A system call, as its verb gets it. */
export interface Asked {
  readonly pid: number;
  /** The row of `machine.calls`. */
  readonly call: number;
  readonly args: readonly Value[];
}

/**
 * The arguments of a system call, as the kernel takes them. That they are of the right kind is seen
 * to before: a flow by its signatures, the library by its own code.
 */

function whole(args: readonly Value[], at: number): number | bigint {
  const value = args[at] ?? 0;
  assert(typeof value === "number" || typeof value === "bigint", "a number as argument", at);
  return value;
}

/** An int: a descriptor, flags, a pid. One that was left out is 0. */
export function intOf(args: readonly Value[], at: number): number {
  return int32(whole(args, at));
}

/** An address, a length, an offset: unsigned, of 64 bits. One that was left out is 0. */
export function wordOf(args: readonly Value[], at: number): number {
  return word(whole(args, at));
}

/** A path, or bytes. */
export function textOf(args: readonly Value[], at: number): string {
  const value = args[at];
  assert(typeof value === "string", "a text as argument", at);
  return value;
}
