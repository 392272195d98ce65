/**
 * Trace JSON for chrome://tracing and Perfetto: spans, flows, counters. What it takes to be opened
 * here again at the same step stands in `otherData`.
 */

import type { TraceScene, TraceSource, TraceSpan } from "../scene/index.ts";
import type { Text } from "./ascii.ts";
import { traceFaults } from "./trace-check.ts";

/** Who wrote it, and the form of `otherData`: it grows when the meaning of what stands there changes. */
const GENERATOR = "warpdrive-explained";
const VERSION = 1;
/** Seeds are 32 bits; a run takes no more picks than steps. */
const SEED_MAX = 0xffffffff;
const PICKS_MAX = 1_000_000;

/** Picoseconds as microseconds, every digit of them. */
function microseconds(picoseconds: number): string {
  const whole = Math.floor(picoseconds / 1e6);
  const rest = String(picoseconds - whole * 1e6).padStart(6, "0");
  return `${whole}.${rest}`.replace(/\.?0+$/, "");
}

/**
 * How long, in microseconds. Whoever reads start and length as doubles and adds them is to come out
 * at the end, where the next span may start: where the exact length does not, a neighbour of it does.
 */
function length(start: number, end: number): string {
  const exact = microseconds(end - start);
  const [from, to] = [Number(microseconds(start)), Number(microseconds(end))];
  const near = to - from;
  const last = near * Number.EPSILON;
  const tries = [exact, near, near - last, near + last].map(String);
  return tries.find((some) => from + Number(some) === to) ?? String(near - last);
}

/** A moment inside a span of its lane, also for whoever adds start and length as doubles. */
function inside(spans: readonly TraceSpan[], { lane, at }: { lane: number; at: number }): string {
  const time = microseconds(at);
  const around = spans.filter((span) => span.lane === lane && span.start <= at && at <= span.end);
  const ends = around.map(
    ({ start, end }) => Number(microseconds(start)) + Number(length(start, end)),
  );
  const last = Math.max(...ends);
  return `"ts":${around.length === 0 || Number(time) <= last ? time : String(last)}`;
}

/** One event a line. Times are spelled here: a double would round them before they are printed. */
function line(fields: { readonly [name: string]: unknown }, times: readonly string[] = []): string {
  return `${JSON.stringify(fields).slice(0, -1)}${times.map((time) => `,${time}`).join("")}}`;
}

const ts = (at: number) => `"ts":${microseconds(at)}`;

/** @returns the file, or what is wrong with it: it checks itself before it is handed out */
export function toTrace(scene: TraceScene): Text {
  const { source, title, groups, lanes } = scene;
  const machine = groups.length;
  const thread = (lane: number) => ({ pid: (lanes[lane]?.group ?? 0) + 1, tid: lane + 1 });
  const events = [
    ...groups.map((name, group) =>
      line({ ph: "M", name: "process_name", pid: group + 1, args: { name } }),
    ),
    ...lanes.map(({ name }, lane) =>
      line({ ph: "M", name: "thread_name", ...thread(lane), args: { name } }),
    ),
    ...scene.spans.map(({ lane, name, kind, start, end, step }) =>
      line({ ph: "X", name, cat: kind, ...thread(lane), args: step === "" ? {} : { step } }, [
        ts(start),
        `"dur":${length(start, end)}`,
      ]),
    ),
    ...scene.moments.map(({ lane, name, at }) =>
      line({ ph: "i", name, s: "t", ...thread(lane) }, [ts(at)]),
    ),
    ...scene.arrows.flatMap(({ name, stops }, id) =>
      stops.map(({ lane, at }, stop) => {
        const ph = stop === 0 ? "s" : stop === stops.length - 1 ? "f" : "t";
        const end = ph === "f" ? { bp: "e" } : {};
        const place = { ...thread(lane), ...end };
        const time = inside(scene.spans, { lane, at });
        return line({ ph, name, cat: "request", id: id + 1, ...place }, [time]);
      }),
    ),
    ...scene.counters.flatMap(({ name, unit, points }) =>
      points.map(({ at, value }) =>
        line({ ph: "C", name, pid: machine, args: { [unit]: value } }, [ts(at)]),
      ),
    ),
  ];
  const about = { generator: GENERATOR, version: VERSION, title, ...source };
  const text = [
    `{"displayTimeUnit":"ns",`,
    `"otherData":${JSON.stringify(about)},`,
    `"traceEvents":[`,
    `${events.join(",\n")}`,
    "]}",
    "",
  ].join("\n");
  const [fault] = traceFaults(text);
  return fault === undefined
    ? { ok: true, text }
    : { ok: false, message: `trace: ${fault}`, breaches: [] };
}

export type ReadTrace =
  | { readonly ok: true; readonly source: TraceSource }
  | { readonly ok: false; readonly message: string };

/** Is it JSON at all, and not a flow? */
export function looksLikeTrace(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

/**
 * Reads what `toTrace` wrote about a run.
 * @returns it, or what was expected and is not there, in one line
 */
export function readTrace(text: string): ReadTrace {
  let trace: unknown;
  try {
    trace = JSON.parse(text);
  } catch {
    return no("JSON", "other text");
  }
  const about = isRecord(trace) ? trace.otherData : undefined;
  if (!isRecord(about) || about.generator !== GENERATOR) {
    return no(`otherData.generator "${GENERATOR}"`, "a trace of something else");
  }
  if (about.version !== VERSION) return no(`version ${VERSION}`, about.version);
  const { flow, text: story, seed, picks, digest, step, label } = about;
  if (typeof flow !== "string" || flow === "") return no("a name as flow", flow);
  if (typeof story !== "string" || story === "") return no("the flow's text as text", story);
  if (!isWhole(seed, SEED_MAX)) return no("a whole number as seed", seed);
  if (!Array.isArray(picks) || picks.length > PICKS_MAX) return no("a list as picks", picks);
  const odd = picks.findIndex((pick) => !isWhole(pick, PICKS_MAX));
  if (odd >= 0) return no(`a whole number as pick ${odd}`, picks[odd]);
  if (typeof digest !== "string" || !/^[0-9a-f]{8}$/.test(digest)) {
    return no("8 hex digits as digest", digest);
  }
  if (typeof step !== "string" || !/^\d+(\.\d+)*$/.test(step)) return no("a number as step", step);
  if (label !== undefined && typeof label !== "string") return no("a word as label", label);
  const named = label === undefined ? {} : { label };
  return { ok: true, source: { flow, text: story, seed, picks, digest, step, ...named } };
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/** What is found is told by its kind, or short: it may be anything. */
function no(expected: string, found: unknown): ReadTrace {
  const isShort = typeof found === "number" || (typeof found === "string" && found.length <= 40);
  const what = isShort ? String(found) : found === undefined ? "nothing" : typeof found;
  return { ok: false, message: `expected ${expected}, found ${what.replace(/[^ -~]/g, "?")}` };
}
