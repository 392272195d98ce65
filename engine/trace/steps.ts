import { type CallRow, type Columns, type Depth, KINDS, record } from "../core/index.ts";
import { type Entry, type FlowPart, formatOutcome, formatStatement } from "../flow/index.ts";
import { callText } from "./call-text.ts";
import { eventsOf, type NamedEvent } from "./named.ts";
import { sourceOf } from "./source.ts";
import { EVENT_WORDS } from "./words.ts";

/** One step of a story, at any depth. Its number means the same at every depth. */
export interface Step {
  /** "5", "5.2", "5.2.1"; "0" is what ran before. */
  readonly number: string;
  /** Without `@`. */
  readonly label?: string;
  readonly depth: Depth;
  /** The name of who acts. */
  readonly actor: string;
  /** One line as strace would print it. */
  readonly text: string;
  /** Paragraphs. */
  readonly caption: readonly string[];
  /** The section that begins with this step. */
  readonly section?: string;
  /** The line of the flow file. */
  readonly line?: number;
  /** Kernel depth: function, file, tag. */
  readonly source?: string;
  readonly children: readonly Step[];
  /** The machine is at `before` steps just before it, at `after` when it is over. */
  readonly before: number;
  readonly after: number;
  /** When it was over, in picoseconds. */
  readonly time: number;
  /** What it is: a call of the table, or one event. */
  readonly row?: number;
  /** Of a call that slept while others acted: until it slept, or from its waking on. */
  readonly half?: "first" | "second";
  readonly event?: NamedEvent;
}

/** A step before it has a number. */
interface Node {
  readonly row: number;
  readonly event?: NamedEvent;
  readonly depth: Depth;
  readonly first: NamedEvent;
  last: NamedEvent;
  /** Where its first and last event stand in the list. */
  readonly begins: number;
  ends: number;
  readonly children: Node[];
  /** A part of a call that slept: the statement that tells of it, and whether it is the first. */
  readonly part?: { readonly statement: number; readonly isFirst: boolean };
}

/**
 * The steps of a run: statements of the story and requests that a device works on by itself, in
 * the order in which they were over, with what lies inside them below.
 *
 * @param machine  after the run
 * @param columns  all it said
 */
export function storySteps(machine: FlowPart, columns: Columns): Step[] {
  const events = eventsOf(columns);
  const nodes = new Map<number, Node>();
  const roots: Node[] = [];
  const placing = {
    nodes,
    roots,
    accesses: accessesOf(events),
    waiting: new Map<number, Node[]>(),
  };
  for (const [at, event] of events.entries()) place(machine, placing, event, at);
  const boundary = firstOwn(machine);
  const whole = roots.filter((node) => node.row >= boundary);
  const own = whole.flatMap((node) => partsOf(machine, node, whole));
  own.sort((left, right) => left.ends - right.ends);
  const start =
    own.reduce((least, { first }) => Math.min(least, first.step), machine.agenda.step + 1) - 1;
  const steps: Step[] = [stepZero(machine, start)];
  for (const node of own) {
    const before = (steps.at(-1) as Step).after;
    steps.push(finish(machine, node, String(steps.length), before));
  }
  return steps;
}

/**
 * A call that sleeps while others act is two steps, as strace prints it: until somebody else begins,
 * and from there to its end. One that nobody resumes is one step.
 */
function partsOf(machine: FlowPart, node: Node, roots: readonly Node[]): readonly Node[] {
  const { statement } = record(machine.calls, node.row);
  const resumed = machine.rows.findIndex((row, at) => row === node.row && at !== statement);
  if (statement < 0 || resumed < 0) return [node];
  const others = roots.filter(({ begins }) => begins > node.begins).map(({ begins }) => begins);
  const cut = Math.min(node.ends, ...others);
  const [early, late] = [true, false].map((isEarly) =>
    node.children.filter(({ begins }) => begins < cut === isEarly),
  ) as [Node[], Node[]];
  const stop = early.at(-1);
  const again = late[0];
  return [
    {
      ...node,
      last: stop?.last ?? node.first,
      ends: stop?.ends ?? node.begins,
      children: early,
      part: { statement, isFirst: true },
    },
    {
      ...node,
      first: again?.first ?? node.last,
      begins: again?.begins ?? node.ends,
      children: late,
      part: { statement: resumed, isFirst: false },
    },
  ];
}

/** The first call that the flow itself makes, not one that it was given. */
function firstOwn(machine: FlowPart): number {
  const rows = machine.rows.filter((row, at) => row >= 0 && !record(machine.script, at).isGiven);
  return rows.reduce((least, row) => Math.min(least, row), machine.calls.length);
}

function stepZero(machine: FlowPart, after: number): Step {
  const given = [
    ...new Set(machine.script.filter((entry) => entry.isGiven).map(({ file }) => file)),
  ];
  const names = given.map((file) => file.replace(/\.flow$/, ""));
  const text = names.length > 0 ? `after ${names.join(", ")}` : "before the first step";
  return {
    number: "0",
    depth: "story",
    actor: "",
    text,
    caption: [],
    children: [],
    before: 0,
    after,
    time: 0,
  };
}

interface Placing {
  readonly nodes: Map<number, Node>;
  readonly roots: Node[];
  readonly accesses: Int32Array;
  /** What waits for the access that it belongs to, by the place of that access. */
  readonly waiting: Map<number, Node[]>;
}

/** Puts one event into the tree: a call opens a node, an end closes it, all else hangs below. */
function place(machine: FlowPart, so: Placing, event: NamedEvent, at: number): void {
  if (event.kind === "call.enter") {
    const row = event.args[0];
    const { parent } = record(machine.calls, row);
    const above = so.nodes.get(parent);
    const depth = above ? "calls" : "story";
    const node: Node = {
      row,
      depth,
      first: event,
      last: event,
      begins: at,
      ends: at,
      children: [],
    };
    so.nodes.set(row, node);
    (above?.children ?? so.roots).push(node);
    return;
  }
  const node = so.nodes.get(event.span);
  if (!node) return;
  node.last = event;
  node.ends = at;
  if (event.kind === "call.return") return;
  const { depth } = KINDS[event.kind];
  const leaf: Node = {
    row: -1,
    event,
    depth,
    first: event,
    last: event,
    begins: at,
    ends: at,
    children: [],
  };
  // What the kernel or the IOMMU does for an access belongs to that access: same step, same call.
  const access = depth === "kernel" ? (so.accesses[at] as number) : -1;
  if (access >= 0) {
    const waiting = so.waiting.get(access) ?? [];
    waiting.push(leaf);
    so.waiting.set(access, waiting);
    return;
  }
  for (const before of so.waiting.get(at) ?? []) leaf.children.push(before);
  // A request that begins in the very moment in which its sender falls asleep is told after that.
  const last = node.children.at(-1);
  const isAtOnce = last !== undefined && last.row >= 0 && last.first.at === event.at;
  node.children.splice(event.kind === "task.sleep" && isAtOnce ? -1 : Infinity, 0, leaf);
}

/** For each event the access of a device or program, of its machine step and call, that comes next; -1 for none. */
function accessesOf(events: readonly NamedEvent[]): Int32Array {
  const found = new Int32Array(events.length);
  const next = new Map<number, number>();
  for (let at = events.length - 1; at >= 0; at -= 1) {
    const { step, span, kind } = events[at] as NamedEvent;
    if (step !== events[at + 1]?.step) next.clear();
    found[at] = next.get(span) ?? -1;
    if (kind === "call.enter" || kind === "call.return") continue;
    if (KINDS[kind].depth === "calls") next.set(span, at);
  }
  return found;
}

function finish(machine: FlowPart, node: Node, number: string, before: number): Step {
  let inner = node.first.step - 1;
  const children = node.children.map((child, at) => {
    const step = finish(machine, child, `${number}.${at + 1}`, inner);
    inner = step.after;
    return step;
  });
  // A call that never returned said nothing at its end: it reaches as far as what it called.
  const after = Math.max(node.last.step, before, inner);
  const shared = { number, depth: node.depth, children, before, after, time: node.last.at };
  if (node.event) return { ...shared, ...eventStep(machine, node.event) };
  return { ...shared, ...rowStep(machine, node.row, node.part) };
}

type Told = Pick<
  Step,
  "actor" | "text" | "caption" | "label" | "section" | "line" | "source" | "row" | "half" | "event"
>;

function eventStep(machine: FlowPart, event: NamedEvent): Told {
  const source = sourceOf(machine, event);
  return {
    actor: record(machine.actors, event.actor).name,
    text: EVENT_WORDS[event.kind](event.args),
    caption: [],
    ...(source ? { source } : {}),
    event,
  };
}

function rowStep(machine: FlowPart, id: number, part: Node["part"]): Told {
  const row = record(machine.calls, id);
  const statement = part?.statement ?? row.statement;
  const actor = record(machine.actors, row.actor).name;
  if (statement < 0)
    return { actor, text: `${actor}: ${callText(row)}`, caption: requestCaption(row), row: id };
  const { item } = record(machine.script, statement);
  if (item.kind !== "statement") return { actor, text: callText(row), caption: [], row: id };
  const { result: _expected, only: _only, ...asked } = item;
  const section = sectionBefore(machine, statement);
  const result = part?.isFirst ? undefined : row.result;
  const outcome = formatOutcome(row, result);
  const isWait = item.action.kind === "wait" || row.call === "wait";
  return {
    actor,
    text: `${formatStatement(asked)}${isWait ? "" : `${result ? " = " : " "}${outcome}`}`,
    caption: item.caption,
    ...(item.label === undefined ? {} : { label: item.label }),
    ...(section === undefined ? {} : { section }),
    line: item.at.line,
    row: id,
    ...(part ? { half: part.isFirst ? "first" : "second" } : {}),
  };
}

/** What a device does by itself has no caption in the file. */
function requestCaption(row: CallRow): readonly string[] {
  if (row.kind !== "request") return [];
  return ["The device works on the request by itself. Each of its accesses passes the IOMMU."];
}

function sectionBefore(machine: FlowPart, statement: number): string | undefined {
  for (let at = statement - 1; at >= 0; at -= 1) {
    const { item, isGiven } = record(machine.script, at) as Entry;
    if (item.kind === "statement" || isGiven) return undefined;
    if (item.kind === "section") return item.text;
  }
  return undefined;
}

/** All steps, each before those inside it. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...allSteps(step.children)]);
}

/** The step of an address: `@send`, `17`, `17.2`, `@send.2`. */
export function findStep(steps: readonly Step[], address: string): Step | undefined {
  const [, label, below = ""] = /^@([^.]+)((?:\.\d+)*)$/.exec(address) ?? [];
  const all = allSteps(steps);
  if (label === undefined) return all.find((step) => step.number === address);
  const labelled = all.find((step) => step.label === label);
  return labelled && all.find((step) => step.number === labelled.number + below);
}
