/** What took time in a run: calls, and what a device does for a request, in simulated time. */

import { KIND_NAMES, type Kind, type NamedEvent, type Run, record } from "../../engine/index.ts";

/** One row of the call table, from its beginning to its end. */
export interface CallSpan {
  readonly row: number;
  /** In picoseconds. */
  readonly start: number;
  readonly end: number;
  /** It never returned: `end` is the last moment of the run. */
  readonly isOpen: boolean;
  /** The machine steps of its beginning and its end. */
  readonly firstStep: number;
  readonly lastStep: number;
}

/** One stage of a device's work on a request, or of a wait for a page. */
export interface StageSpan {
  /** The request. */
  readonly row: number;
  readonly event: NamedEvent;
  readonly start: number;
  /** When the next stage began, or the request was over. */
  readonly end: number;
}

export interface RunSpans {
  /** By row of the call table; calls that never began are missing. */
  readonly calls: ReadonlyMap<number, CallSpan>;
  /** In time order. */
  readonly stages: readonly StageSpan[];
}

const STAGES: readonly Kind[] = [
  "dma.read",
  "dma.write",
  "dma.fault",
  "engine.compute",
  "engine.power",
  "iopf.request",
];

const KNOWN = new WeakMap<Run, RunSpans>();

export function spansOf(run: Run): RunSpans {
  const known = KNOWN.get(run) ?? readSpans(run);
  KNOWN.set(run, known);
  return known;
}

function readSpans(run: Run): RunSpans {
  const { events, machine } = run;
  const calls = new Map<number, CallSpan>();
  const stages: StageSpan[] = [];
  const running = new Map<number, NamedEvent>();
  const last = { at: machine.agenda.now, step: machine.agenda.step };
  const close = (row: number, end: number) => {
    const event = running.get(row);
    running.delete(row);
    if (event) stages.push({ row, event, start: event.at, end });
  };
  for (let at = 0; at < events.count; at += 1) {
    const event = namedAt(run, at);
    const { kind, args, span } = event;
    if (kind === "call.enter") {
      const open = { row: args[0], start: event.at, firstStep: event.step };
      calls.set(args[0], { ...open, end: last.at, lastStep: last.step, isOpen: true });
    } else if (kind === "call.return") {
      const open = calls.get(args[0]);
      if (open) {
        const over = { end: event.at + args[1], lastStep: event.step, isOpen: false };
        calls.set(args[0], { ...open, ...over });
      }
      close(args[0], event.at);
    } else if (STAGES.includes(kind) && machine.calls[span]?.kind === "request") {
      close(span, event.at);
      running.set(span, event);
    }
  }
  for (const row of [...running.keys()]) close(row, last.at);
  stages.sort((left, right) => left.start - right.start || left.event.step - right.event.step);
  return { calls, stages };
}

function namedAt({ events }: Run, at: number): NamedEvent {
  const argument = (place: number) => events.args[4 * at + place] as number;
  return {
    kind: KIND_NAMES[events.kind[at] as number] as Kind,
    at: events.at[at] as number,
    step: events.step[at] as number,
    cause: events.cause[at] as number,
    span: events.span[at] as number,
    actor: events.actor[at] as number,
    args: [argument(0), argument(1), argument(2), argument(3)],
  };
}

/** The requests of a device that began in the run's own steps, not before them. */
export function ownRequests(run: Run): readonly CallSpan[] {
  const start = run.steps[0]?.after ?? 0;
  const { calls } = spansOf(run);
  return [...calls.values()].filter(
    ({ row, firstStep }) => firstStep > start && record(run.machine.calls, row).kind === "request",
  );
}
