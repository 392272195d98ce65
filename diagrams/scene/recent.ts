/** Machines of a run that are looked at again and again: each is a replay from the start. */

import type { Machine, Run } from "../../engine/index.ts";

/** Before and after of two steps. */
const KEPT_MAX = 4;

const RECENT = new WeakMap<Run, Map<number, Machine>>();

/** The machine after so many machine steps, to read from: others read it too. */
export function machineAt(run: Run, count: number): Machine {
  const kept = RECENT.get(run) ?? new Map<number, Machine>();
  RECENT.set(run, kept);
  const machine = kept.get(count) ?? run.machineAt(count);
  kept.delete(count);
  kept.set(count, machine); // the last one asked for stands last
  for (const oldest of kept.keys()) if (kept.size > KEPT_MAX) kept.delete(oldest);
  return machine;
}
