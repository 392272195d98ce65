/** A run whose earlier moments are kept: many drawings of it ask for the same ones, in order. */

import { copyOf, deaf, type Machine, type Run, step } from "../engine/index.ts";

/**
 * The same run. Its machines are shared, so who asks may look and not touch.
 * @param run one in time order, with nothing otherwise
 */
export function withCheckpoints(run: Run): Run {
  const known = new Map<number, Machine>();
  const counts: number[] = [];
  const machineAt = (count: number): Machine => {
    const there = known.get(count);
    if (there) return there;
    const from = counts.findLast((some) => some < count) ?? 0;
    const machine = from === 0 ? run.machineAt(0) : copyOf(known.get(from) as Machine);
    const sink = deaf();
    for (let taken = from; taken < count; taken += 1) if (!step(machine, sink)) break;
    known.set(count, machine);
    counts.push(count);
    counts.sort((left, right) => left - right);
    return machine;
  };
  return { ...run, machineAt };
}
