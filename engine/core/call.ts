import type { Actor, Agenda } from "./agenda.ts";
import { emit, type News } from "./event.ts";
import { ns, type Span } from "./time.ts";

/** Plain data that a program hands over or gets back. 64-bit words are bigint. */
export type Value =
  | number
  | bigint
  | string
  | null
  | readonly Value[]
  | { readonly [name: string]: Value };

/** One link of the chain behind a refusal: who refused whom, outermost first. */
export interface Why {
  readonly errno: string;
  readonly why: string;
}

/** How a call ended. */
export interface CallResult {
  /** What it returned: a count, a descriptor, an address; negative errno for a library call. */
  readonly value: number;
  /** Where it failed: the errno by name. */
  readonly errno?: string;
  /** Which check refused, outermost first. */
  readonly chain?: readonly Why[];
  /** What it wrote back into the caller's structure. */
  readonly written?: { readonly [name: string]: Value };
  /** The signal that ended it: "SIGSEGV". */
  readonly signal?: string;
  /** The kernel crashed. */
  readonly bug?: string;
}

/**
 * What kind of call a row is: one that enters the kernel, one into the user library, or a
 * request that a device works on.
 */
export type CallKind = "syscall" | "library" | "request";

/** One row of the machine's call table. A value: it is replaced when the call ends. */
export interface CallRow {
  readonly call: string;
  readonly kind: CallKind;
  readonly actor: Actor;
  /** The row of the call that made it; -1 for a statement of the story and for a request. */
  readonly parent: number;
  /** The statement of the story; -1 where another call made it. */
  readonly statement: number;
  readonly args: readonly Value[];
  readonly result?: CallResult;
}

export interface CallsPart {
  readonly agenda: Agenda;
  readonly news: News;
  readonly counts: Float64Array;
  readonly calls: CallRow[];
}

/** Opens a row and makes it the one the running step works for. @returns its id */
export function openCall(machine: CallsPart, row: CallRow): number {
  const id = machine.calls.length;
  machine.calls.push(row);
  machine.agenda.span = id;
  emit(machine, "call.enter", id);
  return id;
}

/** Closes a row, which takes so much `later` than now; the step goes on working for its parent. */
export function closeCall(
  machine: CallsPart,
  id: number,
  result: CallResult,
  later: Span = ns(0),
): void {
  const row = machine.calls[id] as CallRow;
  machine.calls[id] = { ...row, result };
  machine.agenda.span = id;
  emit(machine, "call.return", id, later);
  machine.agenda.span = row.parent >= 0 ? row.parent : id;
}
