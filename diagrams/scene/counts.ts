/** What a slice of a run cost, counted from its events and its machine. */

import { KIND_NAMES, type Machine, type Run, record, type Step } from "../../engine/index.ts";

/** Story steps side by side, the last one perhaps only up to `until`. */
export interface Slice {
  readonly steps: readonly Step[];
  readonly until: Step;
}

/** "System calls = 2 in the first part, 0 in the second. Pages pinned = 2." */
export function countWords(run: Run, machine: Machine, slice: Slice): string {
  const copied = copiedBytes(run, slice);
  const pinned = pinnedPages(machine);
  return [
    syscallWords(syscalls(run, slice)),
    copied > 0 ? `Bytes copied by the kernel = ${copied}.` : "",
    pinned > 0 ? `Pages pinned = ${pinned}.` : "",
  ]
    .filter((words) => words !== "")
    .join(" ");
}

/** System calls that began in each part of the slice; a section begins a part. */
function syscalls(run: Run, { steps, until }: Slice): readonly number[] {
  const counts: number[] = [];
  for (const step of steps) {
    if (step.section !== undefined || counts.length === 0) counts.push(0);
    const begun = callsIn(run, step).filter((before) => before < until.after);
    counts.push((counts.pop() ?? 0) + begun.length);
  }
  return counts;
}

/** How many machine steps there were before each system call in the step. */
function callsIn(run: Run, step: Step): readonly number[] {
  const inner = step.children.flatMap((child) => callsIn(run, child));
  if (step.row === undefined || step.half === "second") return inner;
  const isSyscall = record(run.machine.calls, step.row).kind === "syscall";
  return isSyscall ? [step.before, ...inner] : inner;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

function syscallWords(counts: readonly number[]): string {
  if (counts.length === 0) return "";
  if (counts.length === 1 || counts.length > ORDINALS.length) {
    return `System calls = ${counts.reduce((sum, count) => sum + count, 0)}.`;
  }
  const parts = counts.map((count, at) => {
    return `${count} in the ${ORDINALS[at]}${at === 0 ? " part" : ""}`;
  });
  return `System calls = ${parts.join(", ")}.`;
}

/** Bytes that the kernel moved between the process and itself in the slice. */
function copiedBytes({ events }: Run, { steps, until }: Slice): number {
  const start = steps[0]?.before ?? 0;
  let sum = 0;
  for (let at = 0; at < events.count; at += 1) {
    const step = events.step[at] as number;
    const isIn = step > start && step <= until.after;
    if (isIn && KIND_NAMES[events.kind[at] as number] === "cpu.copy") {
      sum += events.args[4 * at + 1] as number;
    }
  }
  return sum;
}

/** How many pages somebody has pinned. */
export function pinnedPages({ frames }: Machine): number {
  let count = 0;
  for (let pfn = 0; pfn < frames.top; pfn += 1) if ((frames.pins[pfn] as number) > 0) count += 1;
  return count;
}
