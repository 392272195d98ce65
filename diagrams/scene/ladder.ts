/** The ladder of a run: one row a system call, an access, a DMA, up to the step on screen. */

import {
  type CallRow,
  DEPTHS,
  type Depth,
  type Machine,
  type NamedEvent,
  type Run,
  record,
  type Step,
} from "../../engine/index.ts";
import type { Hop, Ladder, LadderRow, Message } from "../layout/index.ts";
import { callLabel, outcome } from "./call-label.ts";
import { isShielded, laneOf, lanesOf, partyLane, processLane } from "./cast.ts";
import { countsOf, pinnedWords, syscallWords } from "./counts.ts";
import { HW_PORTRAITS } from "./hw-portraits.ts";
import { KERNEL_PORTRAITS } from "./kernel-portraits.ts";
import type { Portrait, Portraits } from "./portrait.ts";
import { titleOf } from "./title.ts";

const PORTRAITS: Portraits = { ...KERNEL_PORTRAITS, ...HW_PORTRAITS };

export interface LadderWish {
  readonly run: Run;
  /** The machine as it was after the step. */
  readonly machine: Machine;
  /** The step on screen: the last that is drawn. */
  readonly step: Step;
  /** Where the slice begins; the first step where absent. */
  readonly from: Step | undefined;
  readonly detail: Depth;
}

export function ladderOf(wish: LadderWish): Ladder {
  const { run, machine, from } = wish;
  const rows: LadderRow[] = [];
  const end = wholeNumber(wish.step);
  const start = from ? wholeNumber(from) : 0;
  const slice = run.steps.filter((step) => wholeNumber(step) <= end && wholeNumber(step) >= start);
  for (const step of slice) {
    if (step.number === "0") continue;
    if (step.section !== undefined) rows.push({ kind: "section", text: step.section, level: 0 });
    rows.push(...rowsOf(wish, step));
  }
  if (rows.length === 0) rows.push({ kind: "section", text: slice[0]?.text ?? "", level: 0 });
  const counts = countsOf(run, slice, wish.step);
  const notes = [[syscallWords(counts), pinnedWords(machine)].filter(Boolean).join(" ")];
  return { title: titleOf(run), lanes: lanesOf(run, machine), rows, notes };
}

function wholeNumber(step: Step): number {
  return Number(step.number.split(".")[0]);
}

/** Is `inner` the step itself, or inside it? */
function isWithin(inner: Step, outer: Step): boolean {
  return inner.number === outer.number || inner.number.startsWith(`${outer.number}.`);
}

/** Does `step` come after the one on screen? Both stand in the same tree. */
function isLater(step: Step, focus: Step): boolean {
  const [left, right] = [step.number.split("."), focus.number.split(".")];
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return false;
    if (part !== other) return Number(part) > Number(other);
  }
  return false;
}

/** What is shown inside a step: as deep as was asked for, and deeper on the way to the focus. */
function shownIn(wish: LadderWish, step: Step): readonly Step[] {
  const isOpen = isWithin(wish.step, step) && wish.step !== step;
  const limit = DEPTHS.indexOf(wish.detail);
  return step.children.filter((child) => {
    if (isLater(child, wish.step)) return false;
    return isOpen || DEPTHS.indexOf(child.depth) <= limit;
  });
}

function rowsOf(wish: LadderWish, step: Step): readonly Message[] {
  const inner = shownIn(wish, step);
  if (step.event) {
    const own = eventMessage(wish, step, step.event);
    return [own, ...inner.flatMap((child) => rowsOf(wish, child))];
  }
  const row = record(wish.run.machine.calls, step.row ?? -1);
  const isOver = step.after <= wish.step.after;
  if (row.kind === "syscall") return syscallRows(wish, step, row, { inner, isOver });
  const isSingle = inner.length === 1 && inner[0]?.event !== undefined && !isWithinOnly(wish, step);
  if (inner.length === 0 || (isSingle && row.kind === "library")) {
    return summary(wish, step, row, isOver);
  }
  const rows = inner.flatMap((child) => rowsOf(wish, child));
  return row.kind === "library" ? named(rows, row, isOver) : rows;
}

/** Is the focus inside this step, and not the step itself? */
function isWithinOnly(wish: LadderWish, step: Step): boolean {
  return isWithin(wish.step, step) && wish.step !== step;
}

/** The first row says which call of the library it is, the last one what came of it. */
function named(rows: readonly Message[], row: CallRow, isOver: boolean): readonly Message[] {
  const came = isOver ? outcome(row) : "";
  return rows.map((message, at) => {
    const first = at === 0 ? `${row.call}: ` : "";
    const last = at === rows.length - 1 ? came : "";
    return { ...message, label: `${first}${message.label}${last}` };
  });
}

function mark(wish: LadderWish, step: Step): { readonly current?: true } {
  return isWithin(step, wish.step) ? { current: true } : {};
}

function eventMessage(wish: LadderWish, step: Step, event: NamedEvent): Message {
  const { machine } = wish.run;
  const portrait: Portrait = PORTRAITS[event.kind];
  const sitter = { machine, event };
  return {
    kind: "message",
    step: step.number,
    label: portrait.label(sitter),
    hops: [hopOf(wish, event)],
    ...markOf(wish, event),
    role: roleOf(wish, event),
    ...mark(wish, step),
  };
}

function deviceOf(wish: LadderWish, event: NamedEvent): number {
  const { machine } = wish.run;
  const named = PORTRAITS[event.kind].device?.({ machine, event });
  const actor = record(machine.actors, event.actor);
  return named ?? (actor.kind === "device" ? actor.id : -1);
}

function hopOf(wish: LadderWish, event: NamedEvent): Hop {
  const { machine } = wish.run;
  const { from, to } = PORTRAITS[event.kind];
  const device = deviceOf(wish, event);
  const lane = (party: Portrait["from"]) => partyLane(machine, event, party, device);
  const isOut = event.kind === "cpu.copy" && event.args[2] === 1;
  const isWrite = isOut;
  return isWrite
    ? { from: lane(to), to: lane(from), style: "call" }
    : { from: lane(from), to: lane(to), style: "call" };
}

function markOf(wish: LadderWish, event: NamedEvent): { readonly iommu?: "o" | "X" } {
  const { iommu } = PORTRAITS[event.kind];
  if (!iommu) return {};
  const device = deviceOf(wish, event);
  return device >= 0 && isShielded(wish.run.machine, device) ? { iommu } : {};
}

function roleOf(wish: LadderWish, event: NamedEvent): Message["role"] {
  const { machine } = wish.run;
  const { from, to } = PORTRAITS[event.kind];
  const acts = from === "memory" ? to : from;
  if (acts !== "self") return acts;
  if (record(machine.actors, event.actor).kind === "device") return "device";
  return machine.calls[event.span]?.kind === "syscall" ? "kernel" : "process";
}

/** Into the kernel, what it does there that leaves it, and the way back where it took its time. */
function syscallRows(
  wish: LadderWish,
  step: Step,
  row: CallRow,
  { inner, isOver }: { readonly inner: readonly Step[]; readonly isOver: boolean },
): readonly Message[] {
  const { machine } = wish.run;
  const process = laneOf(machine, row.actor);
  const into: Hop = { from: process, to: "kernel", style: "call" };
  const rows = inner.flatMap((child) => rowsOf(wish, child));
  const isLong = inner.some((child) => child.depth === "calls");
  const reached = inner.length === 0 && isOver ? reachOf(wish, step) : [];
  const errno = isOver ? row.result?.errno : undefined;
  const born = row.call === "fork" && isOver && errno === undefined ? row.result?.value : undefined;
  const begins: readonly Hop[] =
    born === undefined ? [] : [{ from: "kernel", to: processLane(born), style: "return" }];
  const own: Message = {
    kind: "message",
    step: step.number,
    label: callLabel(machine, row, isOver && !isLong),
    hops: [into, ...reached, ...begins],
    ...(errno === undefined || isLong ? {} : { refused: errno }),
    role: "process",
    ...mark(wish, step),
  };
  if (!isLong || !isOver) return [own, ...rows];
  const back: Message = {
    kind: "message",
    step: "",
    label: `return${outcome(row)}${errno === undefined ? "" : ` -1 ${errno}`}`,
    hops: [{ from: "kernel", to: process, style: "return" }],
    role: "kernel",
    ...mark(wish, step),
  };
  return [own, ...rows, back];
}

/** What the kernel reaches inside a call that is drawn as one row: the IOMMU, where it does. */
function reachOf(wish: LadderWish, step: Step): readonly Hop[] {
  const hops = step.children.flatMap((child) => (child.event ? [hopOf(wish, child.event)] : []));
  const outside = hops.filter((hop) => hop.from === "kernel" && hop.to === "iommu");
  return outside.slice(0, 1);
}

/** A call in one row, or in one for each thing that the IOMMU says. */
function summary(wish: LadderWish, step: Step, row: CallRow, isOver: boolean): readonly Message[] {
  const { machine } = wish.run;
  const events = accesses(step);
  const label = callLabel(machine, row, isOver);
  const base = { kind: "message", step: step.number, ...mark(wish, step) } as const;
  if (events.length === 0) {
    const lane = laneOf(machine, row.actor);
    const role = record(machine.actors, row.actor).kind === "device" ? "device" : "process";
    return [{ ...base, label, hops: [{ from: lane, to: lane, style: "call" }], role }];
  }
  const groups: { first: NamedEvent; iommu: "o" | "X" | undefined; hops: Hop[] }[] = [];
  for (const event of events) {
    const { iommu } = markOf(wish, event);
    const hop = hopOf(wish, event);
    const group = groups.find((some) => some.iommu === iommu);
    const known = group?.hops.some(({ from, to }) => from === hop.from && to === hop.to);
    if (!group) groups.push({ first: event, iommu, hops: [hop] });
    else if (!known && hop.from !== hop.to) group.hops.push(hop);
  }
  return groups.map(({ first, iommu, hops }, at) => ({
    ...base,
    step: at === 0 ? base.step : "",
    label: at === 0 ? label : PORTRAITS[first.kind].label({ machine, event: first }),
    hops,
    ...(iommu ? { iommu } : {}),
    role: roleOf(wish, first),
  }));
}

/** What a step does to memory and devices, in order, without what the kernel does for it. */
function accesses(step: Step): readonly NamedEvent[] {
  return step.children.flatMap((child) => {
    if (child.depth === "kernel") return [];
    return child.event ? [child.event] : accesses(child);
  });
}
