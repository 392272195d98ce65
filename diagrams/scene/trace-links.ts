/** What led to what in a trace, and what is counted over its time. */

import { KIND_NAMES, type Kind, type Run, record } from "../../engine/index.ts";
import { spansOf } from "./run-spans.ts";

/** From where a request was stored, over the device, to where its completion was read. */
export interface TraceArrow {
  readonly name: string;
  /** Two or three places in time order, each inside a span of its lane. */
  readonly stops: readonly { readonly lane: number; readonly at: number }[];
}

export interface TraceCounter {
  readonly name: string;
  /** What is counted: "pages", "requests". */
  readonly unit: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

interface Said {
  readonly kind: Kind;
  readonly at: number;
  readonly span: number;
  readonly actor: number;
  readonly args: readonly number[];
}

function* said({ events }: Run): Generator<Said> {
  for (let at = 0; at < events.count; at += 1) {
    yield {
      kind: KIND_NAMES[events.kind[at] as number] as Kind,
      at: events.at[at] as number,
      span: events.span[at] as number,
      actor: events.actor[at] as number,
      args: Array.from(events.args.subarray(4 * at, 4 * at + 4)),
    };
  }
}

/** @param laneOf the lane in which a call's span lies */
export function arrowsOf(
  run: Run,
  laneOf: (row: number) => number | undefined,
): readonly TraceArrow[] {
  const { calls } = spansOf(run);
  const waiting = new Map<string, { lane: number; at: number }[]>();
  const arrows: TraceArrow[] = [];
  const end = (key: string, name: string) => {
    const stops = waiting.get(key) ?? [];
    waiting.delete(key);
    if (stops.length > 1) arrows.push({ name, stops });
  };
  for (const { kind, at, span, args } of said(run)) {
    const lane = laneOf(span);
    if (kind === "call.enter") {
      const { kind: call, args: own } = record(run.machine.calls, args[0] as number);
      const start = calls.get(args[0] as number)?.start;
      const its = laneOf(args[0] as number);
      if (call !== "request" || its === undefined || start === undefined) continue;
      waiting.get(`${own[0]} ${own[1]}`)?.push({ lane: its, at: start });
    }
    const [queue = -1, slot = -1] = args;
    const [key, name] = [`${queue} ${slot}`, `queue ${queue}, slot ${slot}`];
    if (lane === undefined) continue;
    if (kind === "ring.submit") {
      end(key, name);
      waiting.set(key, [{ lane, at }]);
    } else if (kind === "ring.reap") {
      waiting.get(key)?.push({ lane, at });
      end(key, name);
    }
  }
  for (const key of [...waiting.keys()]) {
    const [queue, slot] = key.split(" ");
    end(key, `queue ${queue}, slot ${slot}`);
  }
  return arrows;
}

/** Pages pinned, pages charged to each process, requests in each ring. */
export function countersOf(run: Run): readonly TraceCounter[] {
  const { machine } = run;
  const found = new Map<string, { unit: string; points: { at: number; value: number }[] }>();
  const add = (name: string, unit: string, at: number, value: (last: number) => number) => {
    const counter = found.get(name) ?? { unit, points: [{ at: 0, value: 0 }] };
    found.set(name, counter);
    const last = counter.points.at(-1)?.value ?? 0;
    counter.points.push({ at, value: Math.max(0, value(last)) });
  };
  for (const { kind, at, actor, args } of said(run)) {
    const [first = 0, second = 0, third = 0] = args;
    if (kind === "mm.pin") add("pinned pages", "pages", at, (last) => last + third);
    if (kind === "mm.unpin") add("pinned pages", "pages", at, (last) => last - second);
    if (kind === "mm.charge") {
      add(`locked_vm of ${record(machine.actors, actor).name}`, "pages", at, () => second);
    }
    const ring = `requests in queue ${first}`;
    if (kind === "ring.submit") add(ring, "requests", at, (last) => last + 1);
    if (kind === "ring.reap") add(ring, "requests", at, (last) => last - 1);
  }
  return [...found].map(([name, { unit, points }]) => ({ name, unit, points: settled(points) }));
}

/** Of several values at one moment the last. */
function settled<Point extends { readonly at: number }>(
  points: readonly Point[],
): readonly Point[] {
  return points.filter((point, place) => points[place + 1]?.at !== point.at);
}
