/**
 * What chrome://tracing and Perfetto ask of a trace, and what they drop without a word. Rules and
 * sources: docs/decisions/0009-trace-json.md.
 */

/** The widest number that still tells one nanosecond from the next, in microseconds. */
const TIME_MAX = 2 ** 53 / 1000;
const PHASES = ["M", "X", "i", "C", "s", "t", "f"];
/** Two ends closer than this, in microseconds, are one moment: sums of decimal fractions are not exact. */
const SAME = 1e-6;

interface TraceEvent {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly id?: unknown;
  readonly cat?: unknown;
  readonly bp?: unknown;
  readonly s?: unknown;
  readonly args?: unknown;
}

interface Slice {
  readonly start: number;
  readonly end: number;
}

/** What was seen so far. */
interface Seen {
  readonly slices: Map<number, Slice[]>;
  readonly flows: Map<string, { readonly ph: string; readonly tid: number; readonly ts: number }[]>;
  readonly threads: Map<number, number>;
  readonly named: Set<string>;
  readonly processes: Set<number>;
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff;
}

/** Everything that is wrong with it, a line each; nothing where it may be handed out. */
export function traceFaults(text: string): readonly string[] {
  if (!text.startsWith("{")) return ["does not begin with {, by which viewers know the form"];
  let trace: unknown;
  try {
    trace = JSON.parse(text);
  } catch (error) {
    return [`is no JSON: ${error instanceof Error ? error.message : "unknown"}`];
  }
  const events = isRecord(trace) ? trace.traceEvents : undefined;
  if (!isRecord(trace) || !Array.isArray(events)) return ["has no list traceEvents"];
  const found: string[] = [];
  if (trace.displayTimeUnit !== "ns" && trace.displayTimeUnit !== "ms") {
    found.push('displayTimeUnit is neither "ns" nor "ms"');
  }
  if (text.indexOf('"displayTimeUnit"') > text.indexOf('"traceEvents"')) {
    found.push("displayTimeUnit stands behind traceEvents, where Perfetto does not look");
  }
  const seen: Seen = {
    slices: new Map(),
    flows: new Map(),
    threads: new Map(),
    named: new Set(),
    processes: new Set(),
  };
  for (const [at, event] of events.entries()) {
    const fault = isRecord(event) ? eventFault(event, seen) : "is no object";
    if (fault !== "") found.push(`event ${at} ${fault}`);
  }
  return [...found, ...flowFaults(seen), ...nestingFaults(seen), ...nameFaults(seen)];
}

/** What is wrong with one event; it is put with what was seen. */
function eventFault(event: TraceEvent, seen: Seen): string {
  const { ph, name, pid, tid, ts, args } = event;
  if (typeof ph !== "string" || !PHASES.includes(ph)) return "has an unknown ph";
  if (typeof name !== "string") return "has no name";
  if (!isId(pid)) return "has no whole pid";
  const hasThread = ph !== "C" && !(ph === "M" && name.startsWith("process_"));
  if (hasThread && !isId(tid)) return "has no whole tid";
  if (ph === "M") return metadataFault(event, seen);
  if (typeof ts !== "number" || !Number.isFinite(ts) || ts < 0) return "has no time from 0 on";
  if (ts > TIME_MAX) return "is so late that nanoseconds are lost";
  if (args !== undefined && !isRecord(args)) return "has args that are no object";
  seen.processes.add(pid);
  if (hasThread) {
    const home = seen.threads.get(tid as number) ?? pid;
    seen.threads.set(tid as number, home);
    if (home !== pid) return `has tid ${tid}, which is one of pid ${home} too`;
  }
  return phaseFault({ ...event, ts }, ph, seen);
}

function metadataFault({ name, pid, tid, args }: TraceEvent, seen: Seen): string {
  if (!isRecord(args)) return "has no args";
  const isName = name === "process_name" || name === "thread_name";
  if (isName && typeof args.name !== "string") return "names nothing";
  if (isName) seen.named.add(name === "process_name" ? `pid ${pid}` : `tid ${tid}`);
  return "";
}

function phaseFault(event: TraceEvent & { readonly ts: number }, ph: string, seen: Seen): string {
  const { ts, dur, id, cat, name, bp, s, args } = event;
  const tid = event.tid as number;
  switch (ph) {
    case "X": {
      if (typeof dur !== "number" || !(dur >= 0)) return "is X without dur";
      putInto(seen.slices, tid, { start: ts, end: ts + dur });
      return "";
    }
    case "C": {
      const values = isRecord(args) ? Object.values(args) : [];
      const isCount = values.length > 0 && values.every((value) => typeof value === "number");
      return isCount ? "" : "counts something that is no number";
    }
    case "i":
      return s === "t" || s === "p" || s === "g" ? "" : "has a scope that is none of t, p, g";
    default: {
      if (id === undefined || typeof cat !== "string") return "is a flow without id and cat";
      if (ph === "f" && bp !== "e") return 'ends a flow without bp "e"';
      putInto(seen.flows, `${cat} ${name} ${id}`, { ph, tid, ts });
      return "";
    }
  }
}

function putInto<Key, One>(lists: Map<Key, One[]>, key: Key, one: One): void {
  const list = lists.get(key) ?? [];
  list.push(one);
  lists.set(key, list);
}

function flowFaults({ flows, slices }: Seen): readonly string[] {
  return [...flows].flatMap(([key, stops]) => {
    const phases = stops.map(({ ph }) => ph).join("");
    if (!/^st*f$/.test(phases)) return [`flow ${key} has ${phases}, not s, then t, then f`];
    const isOrdered = stops.every(({ ts }, at) => at === 0 || (stops[at - 1]?.ts ?? 0) <= ts);
    if (!isOrdered) return [`flow ${key} goes back in time`];
    const loose = stops.find(({ tid, ts }) => {
      const own = slices.get(tid) ?? [];
      return !own.some(({ start, end }) => start <= ts && ts <= end);
    });
    return loose ? [`flow ${key} has an end in no slice of tid ${loose.tid}`] : [];
  });
}

function nestingFaults({ slices }: Seen): readonly string[] {
  const found: string[] = [];
  for (const [tid, own] of slices) {
    const sorted = [...own].sort((left, right) => left.start - right.start || right.end - left.end);
    const ends: number[] = [];
    for (const { start, end } of sorted) {
      while (ends.length > 0 && (ends.at(-1) as number) <= start) ends.pop();
      const around = ends.at(-1);
      if (around !== undefined && end > around + SAME) {
        found.push(`tid ${tid}: two slices overlap at ${start} us and do not nest`);
      }
      ends.push(end);
    }
  }
  return found;
}

function nameFaults({ threads, processes, named }: Seen): readonly string[] {
  return [
    ...[...processes]
      .filter((pid) => !named.has(`pid ${pid}`))
      .map((pid) => `pid ${pid} has no name`),
    ...[...threads.keys()]
      .filter((tid) => !named.has(`tid ${tid}`))
      .map((tid) => `tid ${tid} has no name`),
    ...(processes.size === 0 ? ["has no event with a time"] : []),
  ];
}
