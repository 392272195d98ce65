import type { Value } from "./core/index.ts";
import type { EngineOps } from "./family.ts";
import type { Machine } from "./machine.ts";
import { type Reply, syscallOf } from "./task/index.ts";

/** One system call of a process. */
export interface Attempt {
  readonly pid: number;
  readonly call: string;
  readonly args: readonly Value[];
}

/** What the kernel says to it at once. */
export type Answer = Exclude<Reply, { readonly enter: unknown }>;

/**
 * Makes one system call, in place and at once: the kernel's own code answers, nobody is told, no time
 * passes. For those who want to know what would be refused here, and where a call would lead; they
 * give a machine that is nobody else's.
 *
 * @returns nothing for a call that takes several steps, or that there is not
 */
export function attempt(ops: EngineOps, machine: Machine, asked: Attempt): Answer | undefined {
  machine.news.mask.fill(0);
  machine.news.count = 0;
  const { pid, call, args } = asked;
  const verb = syscallOf(ops, call);
  const reply = verb?.(machine, ops, { pid, args, call: machine.calls.length - 1 });
  return reply === undefined || "enter" in reply ? undefined : reply;
}
