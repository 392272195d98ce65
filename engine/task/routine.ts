import {
  type CallResult,
  ns,
  type Refusal,
  type Result,
  type Span,
  type Value,
} from "../core/index.ts";
import type { Ops } from "./ops.ts";
import type { TaskPart } from "./part.ts";

/** One call that a task is in the middle of. A value. */
export interface Frame {
  /** A row of `Ops.routines`. */
  readonly routine: string;
  /** The row of the routine that runs next. */
  readonly pc: string;
  /** The row of `machine.calls` that it works for. */
  readonly call: number;
  /** What it remembers between its rows. */
  readonly numbers: readonly number[];
}

/** What comes after a row. */
export type Next =
  /** On to a row of the same routine, `cost` later. */
  | {
      readonly next: "to";
      readonly pc: string;
      readonly cost: Span;
      readonly numbers?: readonly number[];
    }
  /** Into another routine; `pc` runs when that is done. */
  | {
      readonly next: "call";
      readonly frame: Frame;
      readonly pc: string;
      readonly numbers?: readonly number[];
    }
  /** Asleep until somebody wakes the task, or unless `isDeaf` a signal; `pc` runs then. */
  | { readonly next: "sleep"; readonly pc: string; readonly isDeaf: boolean }
  /** The call is over, `cost` from now. */
  | { readonly next: "done"; readonly result: CallResult; readonly cost: Span };

/** One row: runs whole. What stands between two rows is a cut: others may come between. */
export type Row<M extends TaskPart> = {
  bivariant(machine: M, ops: Ops<M>, at: { readonly pid: number; readonly frame: Frame }): Next;
}["bivariant"];

/** A call of several steps, by the names of its rows. */
export type Routine<M extends TaskPart, Pc extends string = string> = {
  readonly [pc in Pc]: Row<M>;
};

const NOW = ns(0);

/**
 * The next row of this frame.
 *
 * @param cost  until then
 * @param numbers  the frame's, where they change
 */
export function to(pc: string, cost: Span = NOW, numbers?: readonly number[]): Next {
  return numbers === undefined ? { next: "to", pc, cost } : { next: "to", pc, cost, numbers };
}

/** Another frame first; this one goes on at `pc`. */
export function call(frame: Frame, pc: string, numbers?: readonly number[]): Next {
  return numbers === undefined ? { next: "call", frame, pc } : { next: "call", frame, pc, numbers };
}

/** The task sleeps until somebody wakes it, and goes on at `pc`. A signal ends the sleep. */
export function sleep(pc: string): Next {
  return { next: "sleep", pc, isDeaf: false };
}

/** As `sleep`, but no signal ends it: the task is killed when it is out of the kernel. */
export function sleepDeaf(pc: string): Next {
  return { next: "sleep", pc, isDeaf: true };
}

/** The frame is over, with this result for who began it. */
export function done(result: CallResult, cost: Span = NOW): Next {
  return { next: "done", result, cost };
}

/** A system call's answer as the program sees it: the value, or -1 and an errno. */
export function answer(
  result: Result<number>,
  written?: { readonly [name: string]: Value },
): CallResult {
  if (result.ok) return written ? { value: result.value, written } : { value: result.value };
  if (result.errno === "BUG") return { value: -1, bug: result.why };
  return { value: -1, errno: result.errno, chain: chainOf(result as Refusal) };
}

/** Which check refused, outermost first. */
export function chainOf(refusal: Refusal): { readonly errno: string; readonly why: string }[] {
  const links = [];
  for (let at: Refusal | undefined = refusal; at; at = at.from) {
    links.push({ errno: at.errno, why: at.why });
  }
  return links;
}
