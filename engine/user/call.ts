import {
  assert,
  type CallResult,
  type CallRow,
  ERRNO,
  type ErrnoName,
  openCall,
  record,
  type Value,
} from "../core/index.ts";
import { done, type Frame, type Next } from "../task/index.ts";
import type { UserPart } from "./part.ts";

/** The arguments of the library call that a frame works for. */
export function argsOf(machine: UserPart, frame: Frame): readonly Value[] {
  return (record(machine.calls, frame.call) as CallRow).args;
}

/** A whole number among arguments or fields; 64-bit words are cut to what a double holds. */
export function numberOf(value: Value | undefined): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** A field of a structure that the program handed over; 0 where it left it out. */
export function fieldOf(value: Value | undefined, name: string): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  return numberOf((value as { readonly [name: string]: Value })[name]);
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
