/** The timeline of a run up to a step: each actor's calls, each device's requests and their stages. */

import { allSteps, type Run, record, type Step } from "../../engine/index.ts";
import { type TimeLane, type Timeline, type TimeSpan, timeWords } from "../layout/index.ts";
import { callLabel } from "./call-label.ts";
import { deviceName, laneOf } from "./cast.ts";
import { eventRow } from "./event-row.ts";
import { spansOf } from "./run-spans.ts";
import { titleOf } from "./title.ts";

/** So many rows are good to read. */
const ROWS_MAX = 24;

/** A row with its actor. */
interface Row extends TimeSpan {
  readonly lane: string;
}

/**
 * @param from where it begins; where absent, with the earliest section that leaves it readable
 * @returns nothing before anything took its time
 */
export function timelineOf(run: Run, step: Step, from: Step | undefined): Timeline | undefined {
  const steps = run.steps.filter(({ number, before }) => number !== "0" && before < step.after);
  const isDeep = (some: readonly Step[]) => rowsOf(run, some, step, true);
  const { rows, skipped } = windowOf(steps, from, isDeep, (some) => rowsOf(run, some, step, false));
  const [first] = [...rows].sort((left, right) => left.start - right.start);
  if (!first) return undefined;
  const lanes = lanesOf(run, rows, first.start);
  return {
    title: titleOf(run),
    lanes,
    notes: [
      `0 is ${timeWords(first.start) === "0" ? "when the run began" : `${timeWords(first.start)} after the run began`}.`,
      skipped > 0 ? `What came before step ${skipped + 1} is left out.` : "",
    ],
  };
}

type Rows = (steps: readonly Step[]) => readonly Row[];

/** As much as is good to read: all stages, else without them, from a section on. */
function windowOf(
  steps: readonly Step[],
  from: Step | undefined,
  deep: Rows,
  flat: Rows,
): { readonly rows: readonly Row[]; readonly skipped: number } {
  if (from) {
    const chosen = steps.filter(({ after }) => after > from.before);
    return { rows: deep(chosen), skipped: steps.length - chosen.length };
  }
  const starts = steps.flatMap(({ section }, at) =>
    section !== undefined || at === 0 ? [at] : [],
  );
  for (const rows of [deep, flat]) {
    for (const start of starts) {
      const made = rows(steps.slice(start));
      if (made.length <= ROWS_MAX && hasRequest(steps.slice(start), steps)) {
        return { rows: made, skipped: start };
      }
    }
  }
  const all = flat(steps);
  const kept = steps.slice(-ROWS_MAX);
  return all.length <= ROWS_MAX
    ? { rows: all, skipped: 0 }
    : { rows: flat(kept), skipped: steps.length - kept.length };
}

/** Is a device at work in what is kept, if it is at all? */
function hasRequest(kept: readonly Step[], all: readonly Step[]): boolean {
  const isRequest = ({ children }: Step) =>
    children.some(({ event }) => event?.kind.startsWith("dma."));
  return kept.some(isRequest) || !all.some(isRequest);
}

function rowsOf(run: Run, steps: readonly Step[], focus: Step, isDeep: boolean): readonly Row[] {
  const { calls, stages } = spansOf(run);
  const { machine } = run;
  const seen = new Set<number>();
  const shown = isDeep ? allSteps(steps) : steps;
  return shown.flatMap((step): Row[] => {
    // A call that slept is one span: it is current in both of its halves.
    const isHere = step.number === focus.number || (step.half && step.row === focus.row);
    const current = isHere ? { current: true } : {};
    if (step.row !== undefined) {
      const span = calls.get(step.row);
      const row = record(machine.calls, step.row);
      if (!span || seen.has(step.row)) return [];
      seen.add(step.row);
      const isAsleep = step.half !== undefined && span.lastStep > focus.after;
      const end = isAsleep ? focus.time : span.end;
      const label = callLabel(machine, row, !span.isOpen && !isAsleep);
      const lane = laneOf(machine, row.actor);
      return [{ step: step.number, label, start: span.start, end, lane, ...current }];
    }
    const { event } = step;
    const stage = event && stages.find((some) => isSame(some.event, event));
    if (!event || !stage) return [];
    const { label } = eventRow(machine, event);
    const lane = laneOf(machine, record(machine.calls, stage.row).actor);
    return [{ step: step.number, label, start: stage.start, end: stage.end, lane, ...current }];
  });
}

type Event = NonNullable<Step["event"]>;

function isSame(left: Event, right: Event): boolean {
  return (
    left.kind === right.kind && left.step === right.step && left.args.join() === right.args.join()
  );
}

/** Processes first, then devices, each in the order in which it began. */
function lanesOf(run: Run, rows: readonly Row[], origin: number): readonly TimeLane[] {
  const { machine } = run;
  const named = [
    ...machine.tasks.map((task) => ({
      actor: task.actor,
      name: task.name,
      role: "process" as const,
    })),
    ...machine.devices.map(({ actor }, device) => ({
      actor,
      name: deviceName(machine, device),
      role: "device" as const,
    })),
  ];
  return named.flatMap(({ actor, name, role }) => {
    const lane = laneOf(machine, actor);
    const spans = rows
      .filter((row) => row.lane === lane)
      .map(({ lane: _lane, ...row }) => ({
        ...row,
        start: row.start - origin,
        end: row.end - origin,
      }));
    return spans.length > 0 ? [{ name, role, spans }] : [];
  });
}
