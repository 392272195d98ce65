import {
  assert,
  type CallResult,
  type CallRow,
  ERRNO,
  type ErrnoName,
  openCall,
  record,
  type Value,
  word,
  word32,
} from "../core/index.ts";
import { done, type Frame, type Next } from "../task/index.ts";
import type { UserPart } from "./part.ts";

/** The arguments of the library call that a frame works for. */
export function argsOf(machine: UserPart, frame: Frame): readonly Value[] {
  return (record(machine.calls, frame.call) as CallRow).args;
}

/** A word of 64 bits among arguments or fields; 0 for what is no number. */
export function numberOf(value: Value | undefined): number {
  return typeof value === "number" || typeof value === "bigint" ? word(value) : 0;
}

/** A field of 64 bits of a structure that the program handed over; 0 where it left it out. */
export function fieldOf(value: Value | undefined, name: string): number {
  return numberOf(partOf(value, name));
}

/** A field of 32 bits: what is above them is cut off, as the structure cuts it. */
export function field32Of(value: Value | undefined, name: string): number {
  const part = partOf(value, name);
  return typeof part === "number" || typeof part === "bigint" ? word32(part) : 0;
}

function partOf(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [name: string]: Value })[name];
}

/** What a library call returns when it fails: a negative errno. */
export function failed(errno: ErrnoName, why: string): Next {
  return done({ value: -ERRNO[errno], errno, chain: [{ errno, why }] });
}

/** A system call made inside a library call: a row of its own below the caller's. */
export function systemCall(
  machine: UserPart,
  caller: Frame,
  name: string,
  args: readonly Value[],
): Frame {
  const { actor } = record(machine.calls, caller.call);
  const row = openCall(machine, {
    call: name,
    kind: "syscall",
    actor,
    parent: caller.call,
    statement: -1,
    args,
  });
  return { routine: "syscall", pc: "enter", call: row, numbers: [] };
}

/** What the system call gave. */
export function returned(machine: UserPart, pid: number): CallResult {
  const { returned: result } = record(machine.tasks, pid);
  assert(result !== undefined, "nothing was returned", pid);
  return result;
}
