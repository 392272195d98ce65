/** A run as a trace: who was at work when, what led to what, and what was counted. Plain data. */

import {
  allSteps,
  KIND_NAMES,
  type Kind,
  printFlow,
  type Run,
  record,
  type Step,
  storyDigest,
} from "../../engine/index.ts";
import { callLabel } from "./call-label.ts";
import { eventRow } from "./event-row.ts";
import { spansOf } from "./run-spans.ts";
import { arrowsOf, countersOf, type TraceArrow, type TraceCounter } from "./trace-links.ts";

/** What it takes to run it again, and to be at the same step. */
export interface TraceSource {
  /** The name of the flow, and its text as it was run. */
  readonly flow: string;
  readonly text: string;
  readonly seed: number;
  /** Which of the enabled actions each step took; time order where it ends. */
  readonly picks: readonly number[];
  /** Sum of the story that this flow and this engine gave. */
  readonly digest: string;
  /** The number of the step on screen, and its label where it has one. */
  readonly step: string;
  readonly label?: string;
}

/** One that takes its turn alone: spans of one lane nest. */
export interface TraceLane {
  readonly name: string;
  /** Whose lanes stand together: the place in `groups`. */
  readonly group: number;
}

export interface TraceSpan {
  /** The place in `lanes`. */
  readonly lane: number;
  readonly name: string;
  /** What it is, for those who filter: "syscall", "library", "request", "dma". */
  readonly kind: string;
  /** In picoseconds. */
  readonly start: number;
  readonly end: number;
  /** "6.1"; "" for what ran before the story. */
  readonly step: string;
}

/** Something that took no time. */
export interface TraceMoment {
  readonly lane: number;
  readonly name: string;
  readonly at: number;
}

export interface TraceScene {
  readonly source: TraceSource;
  readonly title: string;
  /** Processes and devices by name; the last one is the machine, whose the counters are. */
  readonly groups: readonly string[];
  readonly lanes: readonly TraceLane[];
  readonly spans: readonly TraceSpan[];
  readonly moments: readonly TraceMoment[];
  readonly arrows: readonly TraceArrow[];
  readonly counters: readonly TraceCounter[];
}

/** How the run was asked for. */
export interface TraceWish {
  readonly run: Run;
  readonly flow: string;
  readonly seed: number;
  readonly picks: readonly number[];
  readonly step: Step;
}

export function traceOf({ run, flow, seed, picks, step }: TraceWish): TraceScene {
  const { label, number } = step;
  const { machine } = run;
  const lanes: TraceLane[] = machine.actors.map(({ name }, group) => ({ name, group }));
  const spans = nested(lanes, rawSpans(run));
  const laneOfRow = new Map(spans.flatMap(({ row, lane }) => (row < 0 ? [] : [[row, lane]])));
  return {
    source: {
      flow,
      text: printFlow(run.flow),
      seed,
      picks,
      digest: storyDigest(run.steps),
      step: number,
      ...(label === undefined ? {} : { label }),
    },
    title: run.flow.header.title,
    groups: [...machine.actors.map(({ name }) => name), "machine"],
    lanes,
    spans: spans.map(({ row: _row, ...span }) => span),
    moments: momentsOf(run),
    arrows: arrowsOf(run, (row) => laneOfRow.get(row)),
    counters: countersOf(run),
  };
}

/** A span, and which row of the call table it is; -1 for a stage of one. */
interface Raw extends TraceSpan {
  readonly row: number;
}

function rawSpans(run: Run): readonly Raw[] {
  const { machine } = run;
  const { calls, stages } = spansOf(run);
  const steps = allSteps(run.steps);
  const byRow = new Map<number, string>();
  const byEvent = new Map<string, string>();
  for (const { row, event, number } of steps) {
    if (row !== undefined && !byRow.has(row)) byRow.set(row, number);
    if (event) byEvent.set(keyOf(event), number);
  }
  const called = [...calls.values()].map(({ row, start, end, isOpen }): Raw => {
    const call = record(machine.calls, row);
    const name = callLabel(machine, call, !isOpen);
    const step = byRow.get(row) ?? "";
    return { row, lane: call.actor, name, kind: call.kind, start, end, step };
  });
  const staged = stages.map(({ row, event, start, end }): Raw => {
    const { actor } = record(machine.calls, row);
    const name = eventRow(machine, event).label;
    const kind = event.kind.split(".")[0] ?? "";
    return { row: -1, lane: actor, name, kind, start, end, step: byEvent.get(keyOf(event)) ?? "" };
  });
  return [...called, ...staged];
}

function keyOf({ kind, step, args }: NonNullable<Step["event"]>): string {
  return `${kind} ${step} ${args.join()}`;
}

/**
 * Spans in lanes in which they nest, in time order. One that would overlap another without lying in
 * it gets a further lane of its actor: no viewer shows such a pair on one line.
 */
function nested(lanes: TraceLane[], spans: readonly Raw[]): readonly Raw[] {
  const sorted = spans
    .map((span, place) => ({ span, place }))
    .sort(
      (left, right) =>
        left.span.start - right.span.start ||
        right.span.end - left.span.end ||
        left.place - right.place,
    );
  const open = new Map<number, number[]>();
  const own = new Map<number, number[]>();
  return sorted.map(({ span }) => {
    const choice = own.get(span.lane) ?? [span.lane];
    own.set(span.lane, choice);
    let lane = choice.find((some) => fits(open.get(some) ?? [], span));
    if (lane === undefined) {
      const { name, group } = record(lanes, span.lane);
      lane = lanes.push({ name: `${name} (${choice.length + 1})`, group }) - 1;
      choice.push(lane);
    }
    const ends = (open.get(lane) ?? []).filter((end) => end > span.start);
    open.set(lane, [...ends, span.end]);
    return { ...span, lane };
  });
}

function fits(ends: readonly number[], { start, end }: TraceSpan): boolean {
  return ends.every((other) => other <= start || end <= other);
}

/** Everything that is told and is no span: what the kernel and the IOMMU do, stores, doorbells. */
function momentsOf(run: Run): readonly TraceMoment[] {
  const { machine, events } = run;
  const spans = new Set(spansOf(run).stages.map(({ event }) => keyOf(event)));
  const found: TraceMoment[] = [];
  for (let at = 0; at < events.count; at += 1) {
    const argument = (place: number) => events.args[4 * at + place] as number;
    const event = {
      kind: KIND_NAMES[events.kind[at] as number] as Kind,
      at: events.at[at] as number,
      step: events.step[at] as number,
      cause: events.cause[at] as number,
      span: events.span[at] as number,
      actor: events.actor[at] as number,
      args: [argument(0), argument(1), argument(2), argument(3)] as const,
    };
    if (event.kind.startsWith("call.") || spans.has(keyOf(event))) continue;
    found.push({ lane: event.actor, name: eventRow(machine, event).label, at: event.at });
  }
  return found;
}
