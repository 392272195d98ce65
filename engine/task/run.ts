import {
  ACTION,
  addActor,
  assert,
  type CallResult,
  closeCall,
  dropActor,
  endRun,
  ns,
  plan,
  record,
  type Span,
  STORY,
} from "../core/index.ts";
import { createMm } from "../mm/index.ts";
import { DRIVER } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { Creds, Limits, Task, TaskPart } from "./part.ts";
import type { Frame, Next } from "./routine.ts";

const NOW = ns(0);

/** RLIMIT_MEMLOCK as it was in 2018: 64 KiB. Source: include/uapi/linux/resource.h MLOCK_LIMIT */
export const MEMLOCK_DEFAULT = 65_536;

export interface NewTask {
  readonly name: string;
  readonly parent: number;
  readonly mm: number;
  readonly fds: readonly number[];
  readonly creds: Creds;
  readonly limits: Limits;
}

/**
 * A process that the story starts with: memory of its own, and a terminal as descriptors 0, 1, 2,
 * as a shell gives it. @returns its pid
 */
export function createTask(machine: TaskPart, name: string, creds: Creds): number {
  const mm = createMm(machine);
  const limits = { memlock: MEMLOCK_DEFAULT };
  machine.files.push({ driver: DRIVER.none, object: -1, count: 3, path: "/dev/pts/0" });
  const terminal = machine.files.length - 1;
  const fds = [terminal, terminal, terminal];
  return addTask(machine, { name, parent: -1, mm, fds, creds, limits });
}

export function addTask(machine: TaskPart, wanted: NewTask): number {
  const pid = machine.tasks.length;
  const actor = addActor(machine, { name: wanted.name, kind: "task", id: pid });
  machine.tasks.push({ ...wanted, actor, stack: [], state: "idle" });
  return pid;
}

/** Puts a task on its first step of a call. It is idle now. */
export function begin(machine: TaskPart, pid: number, frame: Frame): void {
  const task = record(machine.tasks, pid);
  assert(task.state === "idle", "a task that is busy began a call", pid);
  machine.tasks[pid] = { ...task, stack: [frame], state: "running" };
  plan(machine.agenda, NOW, ACTION.task, task.actor, pid, frame.call);
}

/** Lets a task run to its next cut. */
export function advance<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number): void {
  const task = record(machine.tasks, pid);
  const frame = task.stack.at(-1);
  if (task.state !== "running" || frame === undefined) return;
  machine.agenda.span = frame.call;
  const row = ops.routines[frame.routine]?.[frame.pc];
  assert(row !== undefined, `no row ${frame.pc} in routine ${frame.routine}`);
  const next = row(machine, ops, { pid, frame });
  // The row may have changed the task, or ended it.
  const after = record(machine.tasks, pid);
  if (after.state === "dead") return;
  settle(machine, pid, after, frame, next);
}

function settle(machine: TaskPart, pid: number, task: Task, frame: Frame, next: Next): void {
  const below = task.stack.slice(0, -1);
  if (next.next === "done") {
    finish(machine, pid, frame, next.result, next.cost);
    return;
  }
  const numbers = "numbers" in next && next.numbers ? next.numbers : frame.numbers;
  const resumed: Frame = { ...frame, pc: next.pc, numbers };
  if (next.next === "sleep") {
    machine.tasks[pid] = { ...task, stack: [...below, resumed], state: "asleep" };
    plan(machine.agenda, NOW, ACTION.story, STORY, pid);
    return;
  }
  const stack = next.next === "call" ? [...below, resumed, next.frame] : [...below, resumed];
  machine.tasks[pid] = { ...task, stack };
  const span = next.next === "call" ? next.frame.call : frame.call;
  plan(machine.agenda, next.next === "to" ? next.cost : NOW, ACTION.task, task.actor, pid, span);
}

/** The innermost call is over: its caller goes on, or the task is idle and the story is told so. */
function finish(
  machine: TaskPart,
  pid: number,
  frame: Frame,
  result: CallResult,
  cost: Span,
): void {
  const task = record(machine.tasks, pid);
  const stack = task.stack.slice(0, -1);
  const caller = stack.at(-1);
  if (result.bug !== undefined) endRun(machine, { kind: "bug", why: result.bug });
  if (caller?.call !== frame.call) closeCall(machine, frame.call, result);
  machine.tasks[pid] = {
    ...task,
    stack,
    returned: result,
    state: caller ? "running" : "idle",
  };
  if (caller) plan(machine.agenda, cost, ACTION.task, task.actor, pid, caller.call);
  else plan(machine.agenda, cost, ACTION.story, STORY, pid, -1);
}

/** Wakes a sleeping task, `after` from now. One that does not sleep stays as it is. */
export function wake(machine: TaskPart, pid: number, after: Span): void {
  const task = record(machine.tasks, pid);
  if (task.state !== "asleep") return;
  machine.tasks[pid] = { ...task, state: "running" };
  plan(machine.agenda, after, ACTION.task, task.actor, pid, task.stack.at(-1)?.call ?? -1);
}

/** Closes every call that a task was in, innermost first, and takes it off the agenda for good. */
export function stopTask(machine: TaskPart, pid: number, ended: string): void {
  const task = record(machine.tasks, pid);
  const result: CallResult = ended.startsWith("SIG") ? { value: -1, signal: ended } : { value: 0 };
  let closed = -1;
  for (const { call } of task.stack.toReversed()) {
    if (call !== closed) closeCall(machine, call, result);
    closed = call;
  }
  dropActor(machine.agenda, task.actor);
  machine.tasks[pid] = { ...record(machine.tasks, pid), state: "dead", stack: [], ended };
  plan(machine.agenda, NOW, ACTION.story, STORY, pid, -1);
}
