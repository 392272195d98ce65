/** What a slice of a run cost, counted from its events and its machine. */

import { type Machine, type Run, record, type Step } from "../../engine/index.ts";

/** System calls in each part of a slice; a section begins a part. */
export interface Counts {
  readonly syscalls: readonly number[];
}

/** @param steps story steps side by side, the last one perhaps only up to `until` */
export function countsOf(run: Run, steps: readonly Step[], until: Step): Counts {
  const syscalls: number[] = [];
  for (const step of steps) {
    if (step.number === "0") continue;
    if (step.section !== undefined || syscalls.length === 0) syscalls.push(0);
    const made = callsIn(run, step).filter((begun) => begun <= until.after).length;
    syscalls.push((syscalls.pop() ?? 0) + made);
  }
  return { syscalls };
}

/** When each system call in the step began, in machine steps. */
function callsIn(run: Run, step: Step): readonly number[] {
  const isSyscall =
    step.row !== undefined && record(run.machine.calls, step.row).kind === "syscall";
  const inner = step.children.flatMap((child) => callsIn(run, child));
  return isSyscall ? [step.before, ...inner] : inner;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth"];

/** "System calls = 2 in the first part, 0 in the second." */
export function syscallWords({ syscalls }: Counts): string {
  if (syscalls.length === 0) return "";
  if (syscalls.length === 1) return `System calls = ${syscalls[0]}.`;
  const parts = syscalls.map((count, at) => {
    const part = ORDINALS[at] ?? `${at + 1}th`;
    return `${count} in the ${part}${at === 0 ? " part" : ""}`;
  });
  return `System calls = ${parts.join(", ")}.`;
}

/** How many pages are pinned now. */
export function pinnedWords(machine: Machine): string {
  const { pins, top } = machine.frames;
  let count = 0;
  for (let pfn = 0; pfn < top; pfn += 1) if ((pins[pfn] as number) > 0) count += 1;
  return count > 0 ? `Pages pinned = ${count}.` : "";
}
