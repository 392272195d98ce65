import { emit, OK, ok, type Result, record, refuse } from "../core/index.ts";
import { type LooseFiles, putMm } from "../mm/index.ts";
import { putFile } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { Task, TaskPart } from "./part.ts";
import { stopTask } from "./run.ts";

/** Puts back the references of areas that went; with the last one a file is released. */
export function dropFiles<M extends TaskPart>(machine: M, ops: Ops<M>, files: LooseFiles): void {
  for (const file of files) putFile(machine, ops, file);
}

/** The first half of a task's end: its memory goes. Source: kernel/exit.c exit_mm v4.18 */
export function exitMm<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number): void {
  const { mm } = record(machine.tasks, pid);
  if (record(machine.mms, mm).users === 1) ops.mmRelease?.(machine, ops, mm);
  dropFiles(machine, ops, putMm(machine, mm));
}

/** The second: its descriptors are closed, lowest first. Source: kernel/exit.c exit_files v4.18 */
export function exitFiles<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number): void {
  const task = record(machine.tasks, pid);
  machine.tasks[pid] = { ...task, fds: task.fds.map(() => -1) };
  for (const file of task.fds) if (file >= 0) putFile(machine, ops, file);
  emit(machine, "task.exit", pid);
}

/**
 * Is a task where no signal reaches it: in a system call, and not in a sleep that signals end? The
 * two halves of a call that a program makes inside a call of the library count alike.
 */
export function isInKernel(machine: TaskPart, { state, stack, isDeaf }: Task): boolean {
  const frame = stack.at(-1);
  if (!frame || record(machine.calls, frame.call).kind !== "syscall") return false;
  return state === "running" || isDeaf === true;
}

/**
 * A signal that a task does not catch. It ends at once where it runs its own program or sleeps
 * lightly; else when it is out of the kernel, and its call never returns.
 *
 * Refuses: ESRCH.
 * Source: kernel/signal.c complete_signal, get_signal v4.18
 */
export function killTask<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  signal: string,
): Result<void> {
  const task = machine.tasks[pid];
  if (task === undefined || task.state === "dead") return refuse("ESRCH", "no such process");
  if (isInKernel(machine, task)) machine.tasks[pid] = { signal, ...task };
  else die(machine, ops, pid, signal);
  return OK;
}

/** The end of a task by a signal: memory first, then descriptors. */
export function die<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  signal: string,
): void {
  stopTask(machine, pid, signal);
  exitMm(machine, ops, pid);
  exitFiles(machine, ops, pid);
}

/** close(fd). Refuses: EBADF. */
export function closeFile<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  fd: number,
): Result<number> {
  const task = record(machine.tasks, pid);
  const file = task.fds[fd];
  if (file === undefined || file < 0) return refuse("EBADF", "no such descriptor");
  const { closeOnExec, ...rest } = task;
  const left = closeOnExec?.filter((other) => other !== fd) ?? [];
  const kept = left.length > 0 ? { closeOnExec: left } : {};
  machine.tasks[pid] = { ...rest, ...kept, fds: task.fds.with(fd, -1) };
  putFile(machine, ops, file);
  return ok(0);
}
