/** Which two moments of a run a page board compares. */

import type { Run, Step } from "../../engine/index.ts";
import { answer } from "./board.ts";
import { type Moment, type Snapshot, snapshotOf } from "./snapshot.ts";

/** Moments that were looked at before, by their run: each is a replay from the start. */
const KNOWN = new WeakMap<Run, Map<number, Snapshot>>();

/** The run as it was after a step, as a board sees it. */
export function momentAt(run: Run, step: Step): Moment {
  const known = KNOWN.get(run) ?? new Map<number, Snapshot>();
  KNOWN.set(run, known);
  const at = known.get(step.after) ?? snapshotOf(run, run.machineAt(step.after), step.after);
  known.set(step.after, at);
  return { step, at };
}

/**
 * The step on screen, and before it the last moment that looked different: where device and process
 * have come apart, the last one at which they still saw the same page.
 *
 * @param from the moment before, where somebody chose it
 */
export function momentsOf(run: Run, step: Step, from: Step | undefined): readonly Moment[] {
  const now = momentAt(run, step);
  if (from !== undefined && from.after < step.after) return [momentAt(run, from), now];
  const split = [...now.at.addresses.keys()].filter((index) => answer(now.at, index) === "NO");
  const looks = lookOf(now.at);
  const earlier = run.steps.filter((some) => some.after <= step.before && some !== step).reverse();
  for (const some of earlier) {
    const moment = momentAt(run, some);
    const isOther =
      split.length > 0
        ? split.some((index) => answer(moment.at, index) === "yes")
        : lookOf(moment.at) !== looks;
    if (isOther) return isBare(moment.at) ? [now] : [moment, now];
  }
  return [now];
}

/** Nobody reaches anything: there is nothing to compare with. */
function isBare({ viewers }: Snapshot): boolean {
  return viewers.every(({ reaches }) => reaches.every((reach) => reach === undefined));
}

/** Everything of a moment that a board shows. */
function lookOf({ viewers, frame }: Snapshot): string {
  const pfns = new Set<number>();
  const rows = viewers.map(({ id, reaches }) => {
    // Who reaches nothing looks the same before and after being born.
    if (reaches.every((reach) => reach === undefined)) return "";
    const cells = reaches.map((reach) => {
      if (!reach) return ".";
      pfns.add(reach.pfn);
      return `${reach.pfn}${reach.rights}`;
    });
    return [id, ...cells].join();
  });
  const contents = [...pfns].map((pfn) => {
    const { sum, pins } = frame(pfn);
    return `${pfn} ${sum} ${pins}`;
  });
  return [...rows.filter((row) => row !== ""), ...contents].join(";");
}
