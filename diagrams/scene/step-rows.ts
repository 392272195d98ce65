/** The rows of one step of a story, as deep as was asked for. */

import {
  type CallRow,
  DEPTHS,
  type Depth,
  type Machine,
  type NamedEvent,
  record,
  type Step,
} from "../../engine/index.ts";
import type { Hop } from "../layout/index.ts";
import { callLabel, outcome, reason, stepLabel } from "./call-label.ts";
import { laneOf, processLane } from "./cast.ts";
import { type EventRow, eventRow } from "./event-row.ts";
import type { Told } from "./told.ts";

export interface Telling {
  /** The machine after the run: its table of calls is whole. */
  readonly machine: Machine;
  /** The step on screen: nothing later is told. */
  readonly focus: Step;
  readonly detail: Depth;
}

/** Is `inner` the step itself, or inside it? */
export function isWithin(inner: Step, outer: Step): boolean {
  return inner.number === outer.number || inner.number.startsWith(`${outer.number}.`);
}

/** Does `step` come after the one on screen? What is inside a step does not. */
export function isLater(step: Step, focus: Step): boolean {
  const [left, right] = [step.number.split("."), focus.number.split(".")];
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return false;
    if (part !== other) return Number(part) > Number(other);
  }
  return false;
}

function isAround(step: Step, focus: Step): boolean {
  return step !== focus && isWithin(focus, step);
}

/** What is shown inside a step: as deep as was asked for, and one deeper on the way to the focus. */
function shownIn({ focus, detail }: Telling, step: Step): readonly Step[] {
  const isOpen = isAround(step, focus);
  const limit = DEPTHS.indexOf(detail);
  return step.children.filter((child) => {
    const isDeep = DEPTHS.indexOf(child.depth) > limit;
    return !isLater(child, focus) && (isOpen || !isDeep);
  });
}

export function stepRows(telling: Telling, step: Step): readonly Told[] {
  const inner = shownIn(telling, step);
  if (step.event) {
    const own = eventTold(telling, step, step.event);
    return [own, ...inner.flatMap((child) => stepRows(telling, child))];
  }
  const row = record(telling.machine.calls, step.row ?? -1);
  if (row.kind === "syscall") return syscallRows(telling, step, row, inner);
  const only = inner.length === 1 && inner[0]?.event !== undefined ? inner[0] : undefined;
  const isClosed = row.kind === "library" && !isAround(step, telling.focus);
  if (inner.length === 0) return summary(telling, step, row);
  if (only && isClosed) {
    // A store is one row, and not a call with a store in it; what the kernel does for it stays.
    const below = shownIn(telling, only).flatMap((child) => stepRows(telling, child));
    return [...summary(telling, step, row), ...below];
  }
  const rows = inner.flatMap((child) => stepRows(telling, child));
  return row.kind === "library" ? named(telling, step, row, rows) : rows;
}

/** Has the call of this step returned? */
function isOver({ focus }: Telling, step: Step): boolean {
  return step.half !== "first" && !isAround(step, focus);
}

function current({ focus }: Telling, step: Step): { readonly current?: true } {
  return isWithin(step, focus) ? { current: true } : {};
}

/** Why a call was refused, in a note below it. */
function because(telling: Telling, step: Step, row: CallRow): { readonly note?: string } {
  const why = isOver(telling, step) ? reason(row) : "";
  return why === "" ? {} : { note: why };
}

/** The first row says which call of the library it is, the last one what came of it. */
function named(telling: Telling, step: Step, row: CallRow, rows: readonly Told[]): readonly Told[] {
  const isGood = row.result?.errno === undefined && row.result?.signal === undefined;
  const came = isOver(telling, step) && !isGood ? outcome(row) : "";
  const note = because(telling, step, row);
  return rows.map((told, at) => {
    const isAgain = step.half === "second";
    const name = isAgain ? `<... ${row.call} resumed>` : `${row.call}:`;
    const first = at === 0 ? `${name} ` : "";
    if (at < rows.length - 1) return { ...told, label: `${first}${told.label}` };
    if (told.refused)
      return { ...told, label: `${first}${told.label}`, note: both(told, row, came) };
    // "load completion, status 0x80" and "= -EIO" say the same.
    const isSaid = came === "" || told.label.endsWith(came);
    const label = isSaid ? told.label : `${told.label.replace(/, status .*$/, "")}${came}`;
    return { ...told, label: `${first}${label}`, ...note };
  });
}

/** A system call was refused inside a call of the library, and that failed too. */
function both({ note }: Told, row: CallRow, came: string): string {
  const outer = [`${row.call}${came}`, reason(row)].filter(Boolean).join(", ");
  return [note, outer].filter(Boolean).join("; ");
}

function eventTold(telling: Telling, step: Step, event: NamedEvent): Told {
  const { hop, ...row } = eventRow(telling.machine, event);
  const shared = { kind: "message", step: step.number, ...current(telling, step) } as const;
  return { ...shared, ...row, hops: [hop] };
}

/**
 * Into the kernel, what it does there that leaves it, and the way back where that took its time. A
 * call that slept goes on where it was: in the kernel.
 */
function syscallRows(
  telling: Telling,
  step: Step,
  row: CallRow,
  inner: readonly Step[],
): readonly Told[] {
  const { machine } = telling;
  const process = laneOf(machine, row.actor);
  const over = isOver(telling, step);
  const errno = over ? (row.result?.errno ?? bugOf(row)) : undefined;
  const refused = errno === undefined ? {} : { refused: errno };
  const note = because(telling, step, row);
  const isLong = inner.some((child) => child.depth === "calls");
  const reached = inner.length === 0 && over ? reachOf(machine, step) : [];
  const isAgain = step.half === "second";
  const into: Hop = { from: isAgain ? "kernel" : process, to: "kernel", style: "call" };
  const toProcess: Hop = { from: "kernel", to: process, style: "return" };
  const mark = current(telling, step);
  const own: Told = {
    kind: "message",
    step: step.number,
    label:
      isLong && !isAgain
        ? callLabel(machine, row, false)
        : stepLabel(machine, step, over && !isLong),
    hops: isAgain && over && !isLong ? [toProcess] : [into, ...reached],
    role: isAgain ? "kernel" : "process",
    ...mark,
    ...(isLong ? {} : { ...refused, ...note }),
  };
  const rows = inner.flatMap((child) => stepRows(telling, child));
  const back = { kind: "message", step: "", role: "kernel", ...mark } as const;
  if (row.call === "fork" && over && errno === undefined && row.result) {
    const toChild: Hop = { ...toProcess, to: processLane(row.result.value) };
    return [own, ...rows, { ...back, label: "the child begins", hops: [toChild] }];
  }
  const sleeps = inner.at(-1)?.event?.kind === "task.sleep"; // the rest of it is another step
  if (!isLong || !over || sleeps) return [own, ...rows];
  const came = errno === undefined ? outcome(row) : ` = -1 ${errno}`;
  return [own, ...rows, { ...back, label: `return${came}`, hops: [toProcess], ...note }];
}

/** The kernel crashed inside the call. */
function bugOf({ result }: CallRow): string | undefined {
  return result?.bug === undefined ? undefined : "BUG";
}

/** What the kernel reaches inside a call that is drawn as one row: the IOMMU, where it does. */
function reachOf(machine: Machine, step: Step): readonly Hop[] {
  const hops = step.children.flatMap(({ event }) => (event ? [eventRow(machine, event).hop] : []));
  return hops.filter((hop) => hop.from === "kernel" && hop.to === "iommu").slice(0, 1);
}

/** A call in one row, or in one for each thing that the IOMMU says. */
function summary(telling: Telling, step: Step, row: CallRow): readonly Told[] {
  const { machine } = telling;
  const events = accesses(step).filter((event) => event.step <= telling.focus.after);
  const label = stepLabel(machine, step, isOver(telling, step));
  const mark = current(telling, step);
  const base = { kind: "message", step: step.number, label, ...mark } as const;
  const note = because(telling, step, row);
  const rows: Pick<EventRow, "hop" | "iommu" | "role" | "label">[] = [
    ...entries(telling, step),
    ...events.map((event) => eventRow(machine, event)),
  ];
  const moving = rows.filter(({ hop }) => hop.from !== hop.to);
  const first = moving[0];
  if (!first) {
    const lane = laneOf(machine, row.actor);
    const role = record(machine.actors, row.actor).kind === "device" ? "device" : "process";
    return [{ ...base, hops: [{ from: lane, to: lane, style: "call" }], role, ...note }];
  }
  const said = row.call === "step" ? `step: ${first.label}` : label;
  const submitted = events.find(({ kind }) => kind === "ring.submit");
  const slot = submitted ? { slot: submitted.args[1] } : {};
  const groups: (Told & { readonly hops: Hop[] })[] = [];
  for (const { hop, iommu, role, label: words } of moving) {
    const group = groups.find((some) => some.iommu === iommu);
    const isKnown = group?.hops.some(({ from, to }) => from === hop.from && to === hop.to);
    if (!group) {
      const isFirst = groups.length === 0;
      const own = isFirst
        ? { ...base, label: said, ...slot, ...note }
        : { ...base, step: "", label: words };
      groups.push({ ...own, hops: [hop], role, ...(iommu ? { iommu } : {}) });
    } else if (!isKnown) group.hops.push(hop);
  }
  return groups;
}

/** The system calls inside a call of the library, as ways into the kernel. */
function entries(
  { machine, focus }: Telling,
  step: Step,
): readonly Pick<EventRow, "hop" | "role" | "label">[] {
  return step.children.flatMap(({ row: id, before }) => {
    const row = id === undefined ? undefined : record(machine.calls, id);
    if (row?.kind !== "syscall" || before >= focus.after) return [];
    const hop: Hop = { from: laneOf(machine, row.actor), to: "kernel", style: "call" };
    return [{ hop, role: "process", label: callLabel(machine, row, false) }];
  });
}

/** What a step does to memory and devices, in order, without what the kernel does for it. */
function accesses(step: Step): readonly NamedEvent[] {
  return step.children.flatMap((child) => {
    if (child.depth === "kernel") return [];
    return child.event ? [child.event] : accesses(child);
  });
}
