import type { Agenda } from "./agenda.ts";
import { assert } from "./assert.ts";
import { type EventArgs, KINDS, type Kind } from "./event-kind.ts";

/** The kinds by code. */
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

const CODE = Object.fromEntries(KIND_NAMES.map((kind, code) => [kind, code])) as Readonly<
  Record<Kind, number>
>;

/** More events than this in one step is the model's mistake: a few for each page of memory. */
const NEWS_MAX = 1_048_576;
/** Most steps say no more than this; the columns double where one does, and stay so. */
const NEWS_AT_FIRST = 64;

/** Events in columns, in the order in which they happened. */
export interface Columns {
  count: number;
  kind: Uint8Array;
  at: Float64Array;
  step: Float64Array;
  cause: Float64Array;
  span: Int32Array;
  actor: Int32Array;
  /** Four an event. */
  args: Float64Array;
}

/** What the running step has said so far. */
export interface News extends Columns {
  /** One a kind: is anybody listening? */
  mask: Uint8Array;
}

/** Who listens: a list of the same columns that grows. */
export interface Events extends Columns {
  readonly mask: Uint8Array;
}

function columns(capacity: number): Columns {
  return {
    count: 0,
    kind: new Uint8Array(capacity),
    at: new Float64Array(capacity),
    step: new Float64Array(capacity),
    cause: new Float64Array(capacity),
    span: new Int32Array(capacity),
    actor: new Int32Array(capacity),
    args: new Float64Array(4 * capacity),
  };
}

export function news(): News {
  return { ...columns(NEWS_AT_FIRST), mask: new Uint8Array(KIND_NAMES.length) };
}

/** A sink that hears every kind. */
export function events(): Events {
  return { ...columns(256), mask: new Uint8Array(KIND_NAMES.length).fill(1) };
}

/** A sink that hears nothing: for replay. */
export function deaf(): Events {
  return { ...columns(1), mask: new Uint8Array(KIND_NAMES.length) };
}

interface Speaker {
  readonly agenda: Agenda;
  readonly news: News;
  readonly counts: Float64Array;
}

/** Says that `kind` happened, now. The only place an event is written. */
export function emit<K extends Kind>(machine: Speaker, kind: K, ...args: EventArgs[K]): void;
export function emit(machine: Speaker, kind: Kind, a = 0, b = 0, c = 0, d = 0): void {
  const { news, agenda, counts } = machine;
  counts[CODE[kind]] = (counts[CODE[kind]] as number) + 1;
  if (news.mask[CODE[kind]] === 0) return;
  const slot = news.count;
  assert(slot < NEWS_MAX, "one step said more than NEWS_MAX", slot);
  if (slot === news.kind.length) grow(news);
  news.kind[slot] = CODE[kind];
  news.at[slot] = agenda.now;
  news.step[slot] = agenda.step;
  news.cause[slot] = agenda.cause;
  news.span[slot] = agenda.span;
  news.actor[slot] = agenda.actor;
  news.args[4 * slot] = a;
  news.args[4 * slot + 1] = b;
  news.args[4 * slot + 2] = c;
  news.args[4 * slot + 3] = d;
  news.count += 1;
}

/** Adds the news of a step to a sink. */
export function append(news: News, sink: Events): void {
  if (news.count === 0) return;
  while (sink.count + news.count > sink.kind.length) grow(sink);
  const { count } = news;
  for (const name of ["kind", "at", "step", "cause", "span", "actor"] as const) {
    sink[name].set(news[name].subarray(0, count), sink.count);
  }
  sink.args.set(news.args.subarray(0, 4 * count), 4 * sink.count);
  sink.count += count;
}

function grow(sink: Columns): void {
  const longer = columns(2 * sink.kind.length);
  for (const name of ["kind", "at", "step", "cause", "span", "actor", "args"] as const) {
    longer[name].set(sink[name]);
  }
  Object.assign(sink, { ...longer, count: sink.count });
}
