import {
  ACTION,
  assert,
  type CallResult,
  closeCall,
  emit,
  endRun,
  ns,
  plan,
  record,
  type Span,
  STORY,
} from "../core/index.ts";
import { isLockedOut } from "../mm/index.ts";
import type { Ops } from "./ops.ts";
import type { Task, TaskPart } from "./part.ts";
import { die, isInKernel } from "./process.ts";
import type { Frame, Next } from "./routine.ts";

const NOW = ns(0);
/** So long a task that found a lock taken waits: who holds it may take time between two cuts. */
const LOOK_AGAIN = ns(100);

/**
 * Lets a task run to its next cut. A signal that came while it was in the kernel is heard where it
 * leaves the kernel, or falls into a sleep that signals end. While another task holds a lock over
 * several steps it waits; one that would not want the lock waits too.
 */
export function advance<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number): void {
  const task = record(machine.tasks, pid);
  const frame = task.stack.at(-1);
  if (task.state !== "running" || frame === undefined) return;
  if (isLockedOut(machine, pid)) {
    plan(machine.agenda, LOOK_AGAIN, ACTION.task, task.actor, pid, frame.call);
    return;
  }
  machine.agenda.span = frame.call;
  const row = ops.routines[frame.routine]?.[frame.pc];
  assert(row !== undefined, `no row ${frame.pc} in routine ${frame.routine}`);
  const next = row(machine, ops, { pid, frame });
  // The row may have changed the task, or ended it.
  const after = record(machine.tasks, pid);
  if (after.state === "dead") return;
  settle(machine, pid, after, frame, next);
  const now = record(machine.tasks, pid);
  if (now.signal !== undefined && !isInKernel(machine, now)) die(machine, ops, pid, now.signal);
}

function settle(machine: TaskPart, pid: number, task: Task, frame: Frame, next: Next): void {
  const below = task.stack.slice(0, -1);
  if (next.next === "done") {
    finish(machine, pid, frame, next.result, (next.cost + machine.agenda.owed) as Span);
    return;
  }
  const { agenda } = machine;
  const numbers = "numbers" in next && next.numbers ? next.numbers : frame.numbers;
  const resumed: Frame = { ...frame, pc: next.pc, numbers };
  if (next.next === "sleep") {
    const { isDeaf } = next;
    emit(machine, "task.sleep", pid);
    machine.tasks[pid] = { ...task, stack: [...below, resumed], state: "asleep", isDeaf };
    plan(agenda, NOW, ACTION.story, STORY, pid);
    return;
  }
  const stack = next.next === "call" ? [...below, resumed, next.frame] : [...below, resumed];
  machine.tasks[pid] = { ...task, stack };
  const span = next.next === "call" ? next.frame.call : frame.call;
  const cost = next.next === "to" ? next.cost : NOW;
  plan(agenda, (cost + agenda.owed) as Span, ACTION.task, task.actor, pid, span);
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
  // A routine that a call is in gives its result to the call, which is over then.
  if (caller?.call !== frame.call) {
    if (result.bug !== undefined) endRun(machine, { kind: "bug", why: result.bug });
    closeCall(machine, frame.call, told(machine, task, frame, result), cost);
  }
  machine.tasks[pid] = {
    ...task,
    stack,
    returned: result,
    state: caller ? "running" : "idle",
  };
  if (caller) plan(machine.agenda, cost, ACTION.task, task.actor, pid, caller.call);
  else plan(machine.agenda, cost, ACTION.story, STORY, pid, -1);
}

/** What the program learns of its call: nothing, where a signal ends it before it is back. */
function told(machine: TaskPart, task: Task, frame: Frame, result: CallResult): CallResult {
  const isSyscall = record(machine.calls, frame.call).kind === "syscall";
  if (task.signal === undefined || !isSyscall || task.state === "dead") return result;
  return { value: -1, signal: task.signal };
}
