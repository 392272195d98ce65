/** A run as a trace: what the viewers ask, exact times, and back to the same run. */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  readTrace,
  type TraceScene,
  toTrace,
  traceFaults,
  traceOf,
} from "../../../diagrams/index.ts";
import { KIND_NAMES, type Run, runFlow, storyDigest } from "../../../engine/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { aBadStory } from "../machine/arbitrary-story.ts";
import { LIBRARY, NAMES, runOf } from "./runs.ts";

function sceneOf(run: Run, flow: string): TraceScene {
  const step = run.steps.at(-1) ?? run.steps[0];
  if (!step) throw new Error("a run has a step");
  return traceOf({ run, flow, seed: 1, picks: [], step });
}

function traceText(name: string): string {
  const made = toTrace(sceneOf(runOf(name), name));
  if (!made.ok) throw new Error(made.message);
  return made.text;
}

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly id?: number;
  readonly args?: { readonly [name: string]: number };
}

function eventsOf(text: string): readonly Event[] {
  return (JSON.parse(text) as { traceEvents: Event[] }).traceEvents;
}

const picoseconds = (microseconds: number) => Math.round(microseconds * 1e6);

test.each(NAMES)("%s as a trace has nothing that a viewer would drop", (name) => {
  expect(traceFaults(traceText(name))).toEqual([]);
});

test.each(NAMES)("%s has a slice for each call and each stage, to the picosecond", (name) => {
  const run = runOf(name);
  const slices = eventsOf(traceText(name)).filter(({ ph }) => ph === "X");
  const { events } = run;
  const entered = new Map<number, number>();
  const wanted: string[] = [];
  for (let at = 0; at < events.count; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    const [row = -1, later = 0] = events.args.subarray(4 * at);
    const time = events.at[at] as number;
    if (kind === "call.enter") entered.set(row, time);
    if (kind === "call.return")
      wanted.push(`${entered.get(row)} ${time + later - (entered.get(row) ?? 0)}`);
    if (kind === "call.return") entered.delete(row);
  }
  const { now } = run.machine.agenda;
  for (const start of entered.values()) wanted.push(`${start} ${now - start}`);
  const calls = slices.filter(({ cat }) => /^(syscall|library|request)$/.test(cat ?? ""));
  const found = calls.map(({ ts, dur }) => `${picoseconds(ts)} ${picoseconds(dur)}`);
  expect(found.toSorted()).toEqual(wanted.toSorted());
});

test("a request leads from the store over the engine to the load, and is counted meanwhile", () => {
  const events = eventsOf(traceText("send-request"));
  const arrow = events.filter(({ id }) => id === 1);
  expect(arrow.map(({ ph }) => ph)).toEqual(["s", "t", "f"]);
  const around = arrow.map(({ tid, ts }) => {
    const slices = events.filter((some) => some.ph === "X" && some.tid === tid);
    return slices.findLast(({ ts: start, dur }) => start <= ts && ts <= start + dur)?.name;
  });
  expect(around).toEqual(["wd_send", "fetch request, 128 bytes", "wd_recv = 0"]);
  const counts = (name: string) =>
    events.filter((some) => some.ph === "C" && some.name === name).map(({ args }) => args);
  expect(counts("pinned pages")).toEqual([{ pages: 0 }, { pages: 2 }]);
  expect(counts("locked_vm of app")).toEqual([{ pages: 0 }, { pages: 2 }]);
  const ring = counts("requests in queue 0").map((count) => count?.requests);
  expect(ring).toEqual([0, 1, 0, 1, 0]);
});

test("a thread has one name in one process, and processes have names", () => {
  for (const name of ["two-processes", "v3-two-engines", "fork-cow"]) {
    const events = eventsOf(traceText(name));
    const homes = new Map<number, number>();
    for (const { ph, tid, pid } of events) {
      if (ph === "C" || tid === undefined) continue;
      expect(homes.get(tid) ?? pid).toBe(pid);
      homes.set(tid, pid);
    }
  }
});

test.each(NAMES)("%s is run again from its trace, to the same story", (name) => {
  const read = readTrace(traceText(name));
  if (!read.ok) throw new Error(read.message);
  const { flow, text, seed, picks, digest, step } = read.source;
  expect(flow).toBe(name);
  expect(step).toBe(runOf(name).steps.at(-1)?.number);
  const again = runFlow({ text, file: `${flow}.flow` }, LIBRARY, { seed, picks });
  expect(again.ok && storyDigest(again.run.steps)).toBe(digest);
});

test("calls of one actor that overlap stand in lanes of their own", () => {
  const run = runOf("send-request");
  const at = run.events.at.slice();
  const row = run.machine.calls.findIndex(({ call }) => call === "wd_send");
  for (let place = 0; place < run.events.count; place += 1) {
    const kind = KIND_NAMES[run.events.kind[place] as number];
    const isReturn = kind === "call.return" && run.events.args[4 * place] === row;
    if (isReturn) at[place] = (at[place] as number) + 1_000_000; // into the call after it
  }
  const made = toTrace(sceneOf({ ...run, events: { ...run.events, at } }, "send-request"));
  if (!made.ok) throw new Error(made.message);
  const lanes = eventsOf(made.text).filter(({ name }) => name === "thread_name");
  expect(lanes.map(({ args }) => String(args?.name))).toContain("app (2)");
});

test("spans that overlap on one lane are not handed out: no viewer shows them", () => {
  const scene = sceneOf(runOf("send-request"), "send-request");
  const span = { lane: 0, name: "a", kind: "x", start: 0, end: 20, step: "" };
  const torn = { ...scene, arrows: [], spans: [span, { ...span, start: 10, end: 30 }] };
  expect(toTrace(torn)).toMatchObject({ ok: false, message: expect.stringMatching(/do not nest/) });
});

/** What is wrong with a trace when something in its text is otherwise. */
// biome-ignore format: one case a line
const BROKEN: readonly (readonly [why: string, from: RegExp | string, to: string, fault: RegExp])[] = [
  ["begins otherwise",        /^\{/, "\ufeff{", /does not begin with/],
  ["is cut",                  /\]\}\n$/, "", /is no JSON/],
  ["has no events",           '"traceEvents"', '"events"', /no list traceEvents/],
  ["has another unit",        '"displayTimeUnit":"ns"', '"displayTimeUnit":"us"', /neither "ns" nor "ms"/],
  ["has its unit behind",     /^\{("displayTimeUnit":"ns"),\n([\s\S]*)\]\}\n$/, "{$2],$1}\n", /stands behind/],
  ["has an odd phase",        '"ph":"i"', '"ph":"?"', /unknown ph/],
  ["names no event",          /"name":"wd_send",/, "", /has no name/],
  ["has a pid of letters",    /"ph":"X"(.*?)"pid":\d+/, '"ph":"X"$1"pid":"a"', /no whole pid/],
  ["has no tid",              /"ph":"X"(.*?),"tid":\d+/, '"ph":"X"$1', /no whole tid/],
  ["has a slice without end", /("ph":"X".*?),"dur":[\d.e-]+/, "$1", /X without dur/],
  ["goes below 0",            /("ph":"i".*?)"ts":/, '$1"ts":-', /no time from 0 on/],
  ["is far too late",         /("ph":"i".*?)"ts":[\d.]+/, '$1"ts":9e15', /nanoseconds are lost/],
  ["counts words",            /("ph":"C".*?)"pages":0/, '$1"pages":"0"', /no number/],
  ["has an odd scope",        '"s":"t"', '"s":"x"', /scope/],
  ["ends a flow anyhow",      ',"bp":"e"', "", /without bp/],
  ["has a flow of no kind",   /("ph":"s".*?),"cat":"request"/, "$1", /without id and cat/],
  ["loses a start",           /\{"ph":"s".*\n/, "", /not s, then t, then f/],
  ["flows back",              /("ph":"s".*?)"ts":[\d.]+/, '$1"ts":99', /back in time|in no slice/],
  ["flows from nowhere",      /("ph":"s".*?)"ts":[\d.]+/, '$1"ts":0.001', /in no slice/],
  ["shares a tid",            /("ph":"X".*?"pid":)\d+/, "$199", /one of pid/],
  ["has a nameless process",  /\{"ph":"M","name":"process_name","pid":4.*\n/, "", /pid 4 has no name/],
  ["has a nameless thread",   /\{"ph":"M","name":"thread_name","pid":4.*\n/, "", /tid 4 has no name/],
  ["names nothing",           /("thread_name".*?)"args":\{.*?\}/, '$1"args":{}', /names nothing/],
];

test.each(BROKEN)("a trace that %s is not handed out", (_why, from, to, fault) => {
  const text = traceText("send-request");
  const broken = text.replace(from, to);
  expect(broken).not.toBe(text);
  expect(traceFaults(broken).join("\n")).toMatch(fault);
});

test("slices that overlap are found, by one bit too many", () => {
  const text = traceText("send-request");
  const [, start = "", length = ""] = /"ph":"X".*?"ts":([\d.]+),"dur":([\d.]+)/.exec(text) ?? [];
  const longer = text.replace(
    `"ts":${start},"dur":${length}`,
    `"ts":${start},"dur":${Number(length) + 0.01}`,
  );
  expect(traceFaults(longer).join()).toMatch(/do not nest/);
});

/** What a trace has to say to be opened, and what is said of one that does not. */
// biome-ignore format: one case a line
const UNREAD: readonly (readonly [why: string, from: RegExp | string, to: string, message: string])[] = [
  ["is no JSON",          /^\{/, "", "expected JSON, found other text"],
  ["is somebody else's",  '"generator":"warpdrive-explained"', '"generator":"x"', 'expected otherData.generator "warpdrive-explained", found a trace of something else'],
  ["is of a later form",  '"version":1', '"version":2', "expected version 1, found 2"],
  ["names no flow",       '"flow":"send-request",', "", "expected a name as flow, found nothing"],
  ["has no text",         /"text":"(?:[^"\\]|\\.)*"/, '"text":7', "expected the flow's text as text, found 7"],
  ["has half a seed",     '"seed":1', '"seed":1.5', "expected a whole number as seed, found 1.5"],
  ["has a seed too large", '"seed":1', '"seed":4294967296', "expected a whole number as seed, found 4294967296"],
  ["has one pick",        '"picks":[]', '"picks":3', "expected a list as picks, found 3"],
  ["picks a word",        '"picks":[]', '"picks":[0,"a\\u001b"]', "expected a whole number as pick 1, found a?"],
  ["has an odd sum",      /"digest":"[0-9a-f]+"/, '"digest":"xyz"', "expected 8 hex digits as digest, found xyz"],
  ["is at no step",       /"step":"\d+","label"/, '"step":"@done","label"', "expected a number as step, found @done"],
  ["has a label of 3",    /"label":"[^"]+"/, '"label":3', "expected a word as label, found 3"],
];

test.each(UNREAD)("a trace that %s is refused in one line", (_why, from, to, message) => {
  const text = traceText("send-request");
  const broken = text.replace(from, to);
  expect(broken).not.toBe(text);
  expect(readTrace(broken)).toEqual({ ok: false, message });
});

test("a seed and picks come back as they went", () => {
  const run = runOf("send-request");
  const step = run.steps[5] ?? run.steps[0];
  if (!step) throw new Error("a run has steps");
  const made = toTrace(traceOf({ run, flow: "mine", seed: 7, picks: [0, 2, 1], step }));
  const read = readTrace(made.ok ? made.text : "");
  expect(read).toMatchObject({ ok: true, source: { flow: "mine", seed: 7, picks: [0, 2, 1] } });
});

test(
  "any story that runs is a trace that viewers take, and comes back",
  () =>
    check(
      fc.property(aBadStory, (text) => {
        const result = runFlow({ text, file: "f.flow" }, LIBRARY);
        if (!result.ok) return;
        const made = toTrace(sceneOf(result.run, "f"));
        if (!made.ok) {
          // A story in which nothing happens has nothing to show.
          expect([made.message, result.run.events.count]).toEqual([
            "trace: has no event with a time",
            0,
          ]);
          return;
        }
        const read = readTrace(made.text);
        expect(read.ok && read.source.digest).toBe(storyDigest(result.run.steps));
      }),
    ),
  TIMEOUT,
);
