/** A run whose last moments are kept: drawings of one step ask for the same few, step after step. */

import { copyOf, deaf, type Machine, type Run, step } from "../engine/index.ts";

/** A machine takes megabytes. */
const KEPT_MAX = 4;

/**
 * The same run. Its machines are shared, so who asks may look and not touch.
 * @param run one in time order, with nothing otherwise
 */
export function withCheckpoints(run: Run): Run {
  /** The last one asked for stands last. */
  const kept: { readonly count: number; readonly machine: Machine }[] = [];
  const machineAt = (count: number): Machine => {
    const place = kept.findIndex((some) => some.count === count);
    const there = place < 0 ? made(count) : (kept.splice(place, 1)[0] as (typeof kept)[number]);
    kept.push(there);
    if (kept.length > KEPT_MAX) kept.shift();
    return there.machine;
  };
  const made = (count: number) => {
    const before = kept.filter((some) => some.count < count);
    const nearest = before.sort((left, right) => right.count - left.count)[0];
    const machine = nearest ? copyOf(nearest.machine) : run.machineAt(0);
    const sink = deaf();
    for (let taken = nearest?.count ?? 0; taken < count; taken += 1) {
      if (!step(machine, sink)) break;
    }
    return { count, machine };
  };
  return { ...run, machineAt };
}
