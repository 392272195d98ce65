import {
  type CallRow,
  hex,
  int32,
  KIND_NAMES,
  type Kind,
  PAGE,
  Pfn,
  record,
  type Value,
  word,
} from "../core/index.ts";
import { uacceStateOf } from "../frameworks/index.ts";
import { bondOf, faults, iovaToFrame, pasidOf, reached } from "../iommu/index.ts";
import { findVma, frameBehind, peek, readFrame } from "../mm/index.ts";
import { placeOf, textOf } from "../user/index.ts";
import type { Call, Expression } from "./ast.ts";
import { packetsOf } from "./device-statement.ts";
import type { Evaluated } from "./evaluate.ts";
import { evaluate } from "./evaluate.ts";
import { nearest } from "./nearest.ts";
import type { FlowPart } from "./part.ts";
import { quoted } from "./print-expression.ts";
import { ringMember } from "./ring-member.ts";

/**
 * What an argument of a query may be. Names of processes and devices, kinds and labels are taken as
 * they stand; the rest is evaluated, and is a number: an address wraps at 2^64, as in C.
 */
export type QueryArg = "process" | "device" | "kind" | "since" | "address" | "size" | "queue";

/** Bytes that a query looks at, at most: `wait until` may ask it a thousand times. */
const BYTES_MAX = 65_536;

/** One question that a flow may ask the machine. It changes nothing. */
interface Query {
  /** In order; `since` may be left out. */
  readonly args: readonly QueryArg[];
  /** What may stand behind a dot; none where the query has no members. */
  readonly members?: readonly string[];
  readonly ask: (machine: FlowPart, asked: Asked) => Value | undefined;
}

interface Asked {
  readonly pid: number;
  readonly args: readonly Value[];
  readonly raw: readonly Expression[];
  readonly member: string | undefined;
}

/** The pid that a name of the flow stands for. */
function pidOf(machine: FlowPart, name: Value | undefined): number {
  return machine.tasks.findIndex((task) => task.name === name);
}

function deviceOf(machine: FlowPart, name: Value | undefined): number {
  return machine.devices.findLastIndex((device) => device.name === name);
}

/** The frame behind an address of a process, without touching it. */
function frameOf(machine: FlowPart, { args }: Asked): number | undefined {
  const pid = pidOf(machine, args[0]);
  if (pid < 0) return undefined;
  return peek(machine, record(machine.tasks, pid).mm, Number(args[1]))?.pfn;
}

function column(name: "refs" | "pins" | "mapcount"): Query {
  return {
    args: ["process", "address"],
    ask: (machine, asked) => {
      const pfn = frameOf(machine, asked);
      return pfn === undefined ? 0 : (machine.frames[name][pfn] ?? 0);
    },
  };
}

/**
 * The table of queries. `process` and `device` are names as they stand, the rest is evaluated. What
 * a device sees (`translate` by its tables, `seen` as its IOTLB has it) is asked for the process
 * that spoke last, where the device shares its address space.
 */
export const QUERIES: { readonly [name: string]: Query } = {
  bytes: {
    args: ["process", "address", "size"],
    ask: (machine, { args }) => {
      const pid = pidOf(machine, args[0]);
      if (pid < 0) return undefined;
      const { mm } = record(machine.tasks, pid);
      let text = "";
      for (let at = Number(args[1]); text.length < Number(args[2]); ) {
        const size = Math.min(Number(args[2]) - text.length, PAGE - (at % PAGE));
        if (!findVma(machine, mm, at)) return undefined;
        const pfn = frameBehind(machine, mm, at);
        text += pfn < 0 ? "\0".repeat(size) : textOf(readFrame(machine, Pfn(pfn), at % PAGE, size));
        at += size;
      }
      return text;
    },
  },
  translate: {
    args: ["device", "address"],
    ask: (machine, { pid, args }) => {
      const device = machine.devices[deviceOf(machine, args[0])];
      const domain = device ? domainOf(machine, device.stream) : -1;
      if (!device || domain < 0) return undefined;
      if (sharedPasid(machine, pid, device.stream) > 0) {
        return peek(machine, record(machine.tasks, pid).mm, Number(args[1]))?.pfn ?? "none";
      }
      const pfn = iovaToFrame(machine, domain, Number(args[1]));
      return pfn < 0 ? "none" : pfn;
    },
  },
  page: {
    args: ["process", "address"],
    ask: (machine, asked) => frameOf(machine, asked) ?? "none",
  },
  seen: {
    args: ["device", "address", "size"],
    ask: (machine, { pid, args }) => {
      const device = machine.devices[deviceOf(machine, args[0])];
      if (!device || domainOf(machine, device.stream) < 0) return undefined;
      const pasid = sharedPasid(machine, pid, device.stream);
      const pfn = reached(machine, device.stream, Number(args[1]), pasid);
      if (pfn < 0 || pfn >= machine.frames.top) return "none";
      const offset = Number(args[1]) % PAGE;
      return textOf(
        readFrame(machine, pfn as never, offset, Math.min(Number(args[2]), PAGE - offset)),
      );
    },
  },
  pins: column("pins"),
  refs: column("refs"),
  mapcount: column("mapcount"),
  ring: {
    args: ["queue"],
    members: ["producer", "consumer", "phase", "depth", "told"],
    ask: (machine, { pid, args, member }) => ringMember(machine, pid, Number(args[0]), member),
  },
  owner: {
    args: ["queue"],
    ask: (machine, { pid, args }) => {
      const queue = machine.userQueues[placeOf(machine, pid, Number(args[0]))];
      return queue ? record(machine.tasks, queue.pid).name : "none";
    },
  },
  packets: {
    args: ["device", "queue"],
    members: ["received", "dropped", "sent", "last"],
    ask: (machine, { args, member }) => packetsOf(machine, args, member),
  },
  state: {
    args: ["queue"],
    ask: (machine, { pid, args }) => uacceStateOf(machine, pid, Number(args[0])),
  },
  faults: {
    args: ["device"],
    ask: (machine, { args }) => {
      const device = machine.devices[deviceOf(machine, args[0])];
      return device ? faults(machine, device.actor) : undefined;
    },
  },
  pid: {
    args: ["process"],
    ask: (machine, { args }) => {
      const pid = pidOf(machine, args[0]);
      return pid < 0 ? undefined : pid;
    },
  },
  count: {
    args: ["kind", "since"],
    ask: (machine, { raw }) => countSince(machine, raw),
  },
  time: { args: [], ask: (machine) => machine.agenda.now },
};

/** What the device sends for the process that asks, where it shares it; 0: it uses its own domain. */
function sharedPasid(machine: FlowPart, pid: number, stream: number): number {
  const pasid = pasidOf(machine, machine.tasks[pid]?.mm ?? -1);
  return pasid > 0 && bondOf(machine, stream, pasid) ? pasid : 0;
}

function domainOf(machine: FlowPart, stream: number): number {
  if (stream < 0) return -1;
  return record(machine.streams, stream).domain;
}

/** What may be counted beside the kinds of events: calls by kind. */
export const COUNTED = ["syscall", "library", "request"] as const;

function countSince(machine: FlowPart, raw: readonly Expression[]): number | undefined {
  const [what, since] = raw;
  const mark =
    since?.kind === "since" ? machine.marks.find(({ label }) => label === since.label) : undefined;
  if (since && !mark) return undefined;
  const kind = what?.kind === "name" ? what.path.join(".") : "";
  if ((COUNTED as readonly string[]).includes(kind)) {
    const rows = machine.calls.slice(mark?.calls ?? 0) as CallRow[];
    return rows.filter((row) => row.kind === kind).length;
  }
  const code = KIND_NAMES.indexOf(kind as Kind);
  if (code < 0) return undefined;
  return (machine.counts[code] ?? 0) - (mark?.counts[code] ?? 0);
}

/** Counters of a process, written behind its name: `app.locked_vm`, in pages. */
export const COUNTERS: { readonly [name: string]: (machine: FlowPart, pid: number) => number } = {
  locked_vm: (machine, pid) => record(machine.mms, record(machine.tasks, pid).mm).lockedVm,
  /** Its PASID; 0 where no device ever shared it. */
  pasid: (machine, pid) => Math.max(0, pasidOf(machine, record(machine.tasks, pid).mm)),
  pinned_vm: (machine, pid) => record(machine.mms, record(machine.tasks, pid).mm).pinnedVm,
};

/** Asks a query, a member of one, or (without a call) a counter of a process. */
export function askQuery(
  machine: FlowPart,
  pid: number,
  call: Call | undefined,
  member: string | undefined,
): Evaluated {
  if (!call) {
    const counter = Object.hasOwn(COUNTERS, member ?? "") ? COUNTERS[member ?? ""] : undefined;
    return counter
      ? { ok: true, value: counter(machine, pid) }
      : { ok: false, why: "no such counter" };
  }
  const query = Object.hasOwn(QUERIES, call.name) ? QUERIES[call.name] : undefined;
  if (!query) return { ok: false, why: unknownQuery(call.name) };
  const args: Value[] = [];
  for (const [place, arg] of call.args.entries()) {
    const value = argument(machine, pid, query.args[place], arg);
    if (!value.ok) return { ok: false, why: `${call.name}(): ${value.why}` };
    args.push(value.value);
  }
  const value = query.ask(machine, { pid, args, raw: call.args, member });
  if (value === undefined) return { ok: false, why: `${call.name}() has no answer here` };
  return { ok: true, value };
}

/** One argument, as its kind wants it. */
function argument(
  machine: FlowPart,
  pid: number,
  kind: QueryArg | undefined,
  arg: Expression,
): Evaluated {
  if (kind === "kind" || kind === "since") return { ok: true, value: null };
  if ((kind === "process" || kind === "device") && arg.kind === "name") {
    return { ok: true, value: arg.path.join(".") };
  }
  const given = evaluate(machine, pid, arg);
  if (!given.ok || kind === "process" || kind === "device") return given;
  const { value } = given;
  if (typeof value !== "number" && typeof value !== "bigint") {
    return { ok: false, why: `an argument is no ${kind ?? "number"}` };
  }
  if (kind === "address") return { ok: true, value: word(value) };
  if (kind === "queue") return { ok: true, value: int32(value) };
  if (value >= 0 && value <= BYTES_MAX) return { ok: true, value: Number(value) };
  return { ok: false, why: `a size is 0 to ${BYTES_MAX}` };
}

export function unknownQuery(name: string): string {
  const near = nearest(name, Object.keys(QUERIES));
  return near ? `no query ${name}; did you mean ${near}?` : `no query ${name}`;
}

/** A value as flows and failures print it. */
export function formatValue(value: Value, like?: Value): string {
  if (typeof value === "string") return quoted(value);
  if (value === null) return "NULL";
  if (typeof value === "number" || typeof value === "bigint") {
    const isAddress = like === "address" || value >= 0x1000000;
    return isAddress ? hex(value) : value.toString();
  }
  if (Array.isArray(value))
    return `[${value.map((part) => formatValue(part as Value)).join(", ")}]`;
  const fields = Object.entries(value as { readonly [name: string]: Value });
  return `{${fields.map(([name, field]) => `${name}: ${formatValue(field)}`).join(", ")}}`;
}
