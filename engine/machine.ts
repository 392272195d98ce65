import {
  ACTION,
  AGENDA_MAX,
  type Agenda,
  add,
  append,
  type CoreOptions,
  clone,
  corePart,
  digest,
  digits,
  type Events,
  endRun,
  ns,
  type Opcode,
  reserve,
  take,
} from "./core/index.ts";
import { type Entry, endStory, type FlowPart, flowPart, tellStory } from "./flow/index.ts";
import { type FrameworkPart, frameworkPart } from "./frameworks/index.ts";
import { type EngineOps, engineStep, hwPart, storeArrives } from "./hw/index.ts";
import { iommuPart } from "./iommu/index.ts";
import { mdevPart, type ParentOps } from "./mdev/index.ts";
import { mmPart } from "./mm/index.ts";
import { advance, taskPart, wake } from "./task/index.ts";
import { userPart } from "./user/index.ts";
import { type VfioSettings, vfioPart } from "./vfio/index.ts";

/** Everything, as plain data: no closure, no class, nothing hidden. */
export interface Machine extends FlowPart, FrameworkPart {}

/** The ways up that a step may take: what few stories have may be missing. */
export type StepOps = ParentOps<Machine> &
  EngineOps & {
    /** What a network card does later. */
    readonly nicActs?: (machine: Machine, arg: number) => void;
  };

type Handler = (machine: Machine, arg: number, ops: StepOps) => void;

/** What an action does. */
const HANDLERS: Readonly<Record<Opcode, Handler>> = {
  [ACTION.story]: (machine, _arg, ops) => tellStory(machine, ops),
  [ACTION.task]: (machine, pid, ops) => advance(machine, ops, pid),
  [ACTION.engine]: engineStep,
  [ACTION.doorbell]: storeArrives,
  [ACTION.fault]: (machine, device, ops) => ops.paging?.serve(machine, device),
  [ACTION.timer]: (machine, pid) => wake(machine, pid, ns(0)),
  [ACTION.nic]: (machine, arg, ops) => ops.nicActs?.(machine, arg),
};

/** A machine with nothing in it but a script. */
export function emptyMachine(
  options: CoreOptions,
  script: readonly Entry[],
  vfio: Partial<VfioSettings> = {},
): Machine {
  return {
    ...corePart(options),
    ...mmPart(),
    ...taskPart(),
    ...iommuPart(),
    ...hwPart(),
    ...vfioPart(vfio),
    ...mdevPart(),
    ...frameworkPart(),
    ...userPart(),
    ...flowPart(script),
  };
}

/**
 * Takes one of the enabled actions, in place, and tells `sink`.
 *
 * @param ops  the drivers behind the names: those of the story, all, or some that refuse
 * @param pick  which of `enabled`; 0 is time order
 * @returns `false` when there is no such action, and when `machine.end` says the run is over
 */
export function stepBy(ops: StepOps, machine: Machine, sink: Events, pick = 0): boolean {
  const { agenda, news } = machine;
  if (machine.end || !hasRoom(machine) || !take(agenda, pick)) return false;
  news.count = 0;
  news.mask.set(sink.mask);
  HANDLERS[agenda.doing](machine, agenda.arg, ops);
  agenda.owed = 0;
  if (isCrashed(machine)) endStory(machine);
  hasRoom(machine);
  append(news, sink);
  return true;
}

function isCrashed({ end }: Machine): boolean {
  return end?.kind === "bug";
}

/** More pages of page tables than this, processes, or picoseconds (an hour), and the run is refused. */
const TABLES_MAX = 16_384;
const TASKS_MAX = 1_024;
const CLOCK_MAX = 3_600_000_000_000_000;

/**
 * Capacities that are ours, not the kernel's. They are asked for before each step, for one that is
 * read back has no room yet, and after it, so that the step that reaches one ends the run: as many
 * steps again come to the same end.
 */
const LIMITS: readonly { readonly why: string; readonly isReached: (of: Machine) => boolean }[] = [
  { why: `more than ${AGENDA_MAX} pending actions`, isReached: (of) => !reserve(of.agenda) },
  { why: "more than an hour of its own time", isReached: (of) => of.agenda.now > CLOCK_MAX },
  { why: `more than ${TABLES_MAX} page tables`, isReached: (of) => of.tables.made > TABLES_MAX },
  { why: `more than ${TASKS_MAX} processes`, isReached: (of) => of.tasks.length > TASKS_MAX },
];

/** Refuses the run where a limit is reached: `limit: ...`. */
function hasRoom(machine: Machine): boolean {
  const reached = LIMITS.find(({ isReached }) => isReached(machine));
  if (reached) endRun(machine, { kind: "limit", why: reached.why });
  return reached === undefined;
}

/** A machine of its own: what the copy does, the other does not see. */
export function copyOf(machine: Machine): Machine {
  return clone(machine);
}

/** The actions that wait, in order, without dead rows. */
function pending({ rows, size }: Agenda): readonly number[][] {
  const live = Array.from({ length: size }, (_, row) => [
    rows.at[row] as number,
    rows.seq[row] as number,
    rows.doing[row] as number,
    rows.actor[row] as number,
    rows.arg[row] as number,
    rows.cause[row] as number,
    rows.span[row] as number,
  ]);
  return live.sort(
    (a, b) => (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number),
  );
}

/** What is live of the columns whose unused rows do not count. */
function live(machine: Machine): Record<string, unknown> {
  const { agenda, news: _news, script: _script, frames, tables, queues, ...rest } = machine;
  const { rows: _rows, ...clock } = agenda;
  const { top } = frames;
  return {
    ...rest,
    clock,
    pending: pending(agenda),
    frames: {
      top,
      free: frames.free,
      refs: frames.refs.subarray(0, top),
      pins: frames.pins.subarray(0, top),
      mapcount: frames.mapcount.subarray(0, top),
      exclusive: frames.exclusive.subarray(0, top),
      zeroHeld: frames.zeroHeld,
      dirty: frames.dirty.subarray(0, top),
      content: Array.from(frames.slot.subarray(0, top), (slot) =>
        slot === 0 ? null : frames.bytes.subarray((slot - 1) * 4096, slot * 4096),
      ),
    },
    tables: { free: tables.free, entries: tables.entries.subarray(0, tables.made * 512) },
    queues: Object.entries(queues).map(([name, column]) =>
      typeof column === "number" ? [name, column] : [name, column.subarray(0, queues.made)],
    ),
  };
}

/** A sum over all live state: equal machines, equal sums, in every JavaScript engine. */
export function hash(machine: Machine): string {
  const sum = digest();
  add(sum, live(machine));
  return digits(sum);
}

/**
 * As `hash`, but blind to when and in which order things came to be: clock, sequence and step
 * numbers, the table of calls, counts. Two states that can go on in the same ways have one
 * fingerprint more often than one hash.
 *
 * Leaves out: ids of frames and tables are taken as they are, not renumbered.
 */
export function fingerprint(machine: Machine): string {
  const rest = live(machine);
  for (const name of HISTORY) delete rest[name];
  const sum = digest();
  const next = pending(machine.agenda).map(([, , doing, actor, arg]) => [doing, actor, arg]);
  add(sum, { ...rest, next, tasks: machine.tasks.map(withoutCalls) });
  return digits(sum);
}

/** What of `live` is history, not state. */
const HISTORY = [
  "clock",
  "pending",
  "calls",
  "commands",
  "counts",
  "rows",
  "marks",
  "asked",
] as const;

function withoutCalls(task: Machine["tasks"][number]): unknown {
  const stack = task.stack.map(({ routine, pc, numbers }) => ({ routine, pc, numbers }));
  return { ...task, stack };
}
