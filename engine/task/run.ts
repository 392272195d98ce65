import {
  ACTION,
  addActor,
  assert,
  type CallResult,
  closeCall,
  dropActor,
  emit,
  ns,
  plan,
  record,
  type Span,
  STORY,
} from "../core/index.ts";
import { createMm } from "../mm/index.ts";
import { DRIVER } from "./file.ts";
import { FLAG } from "./flag.ts";
import type { Creds, Limits, TaskPart } from "./part.ts";
import type { Frame } from "./routine.ts";

const NOW = ns(0);

/** RLIMIT_MEMLOCK as it was in 2018: 64 KiB. Source: include/uapi/linux/resource.h MLOCK_LIMIT */
export const MEMLOCK_DEFAULT = 65_536;

export interface NewTask {
  readonly name: string;
  readonly parent: number;
  readonly mm: number;
  readonly fds: readonly number[];
  readonly closeOnExec?: readonly number[];
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
  const flags = FLAG.O_RDWR;
  machine.files.push({ driver: DRIVER.none, object: -1, count: 3, path: "/dev/pts/0", flags });
  const terminal = machine.files.length - 1;
  const fds = [terminal, terminal, terminal];
  return addTask(machine, { name, parent: -1, mm, fds, creds, limits });
}

/** A task that does nothing yet, with an actor of its own. @returns its pid */
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

/** Wakes a sleeping task, `after` from now. One that does not sleep stays as it is. */
export function wake(machine: TaskPart, pid: number, after: Span): void {
  const task = record(machine.tasks, pid);
  if (task.state !== "asleep") return;
  machine.tasks[pid] = { ...task, state: "running" };
  const { agenda } = machine;
  const call = task.stack.at(-1)?.call ?? -1;
  // It is told as part of the call that slept, whoever wakes.
  const { span } = agenda;
  agenda.span = call;
  emit(machine, "task.wake", pid);
  agenda.span = span;
  plan(agenda, after, ACTION.task, task.actor, pid, call);
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
