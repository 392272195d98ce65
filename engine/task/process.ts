import { emit, OK, ok, type Result, record, refuse } from "../core/index.ts";
import { createMm, forkMm, type LooseFiles, putMm } from "../mm/index.ts";
import { getFile, putFile } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { Task, TaskPart } from "./part.ts";
import { addTask, stopTask } from "./run.ts";

/**
 * fork(): a child with a copy of the address space and the same open files. Locked memory is not
 * inherited (locked_vm of the child is 0).
 *
 * Refuses: ENOMEM as `forkMm`, and then nothing is left of the child.
 * Source: kernel/fork.c copy_process v4.18
 */
export function fork<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  name: string,
): Result<number> {
  const parent = record(machine.tasks, pid);
  const mm = forkMm(machine, parent.mm);
  if (!mm.ok) {
    const half = machine.mms.length - 1;
    for (const vma of record(machine.mms, half).vmas) {
      if (vma.backing.kind === "device") getFile(machine, vma.backing.file);
    }
    dropFiles(machine, ops, putMm(machine, half));
    return mm;
  }
  for (const vma of record(machine.mms, mm.value).vmas) {
    if (vma.backing.kind === "device") getFile(machine, vma.backing.file);
  }
  for (const file of parent.fds) if (file >= 0) getFile(machine, file);
  const { creds, limits, fds, closeOnExec = [] } = parent;
  const shape = { name, parent: pid, mm: mm.value, fds, creds, limits };
  const child = addTask(machine, { ...shape, ...(closeOnExec.length > 0 ? { closeOnExec } : {}) });
  emit(machine, "task.fork", child);
  return ok(child);
}

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

/**
 * execve(): another program in the same process. Its memory is new; descriptors stay, but for those
 * that are closed on exec. Pins that the old memory is under stay with their pages.
 *
 * Leaves out: the program itself; that the library's own records of a queue go with the memory.
 * Source: fs/exec.c flush_old_exec, fs/file.c do_close_on_exec v4.18
 */
export function execute<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number): Result<number> {
  const { mm, closeOnExec = [] } = record(machine.tasks, pid);
  machine.tasks[pid] = { ...record(machine.tasks, pid), mm: createMm(machine) };
  if (record(machine.mms, mm).users === 1) ops.mmRelease?.(machine, ops, mm);
  dropFiles(machine, ops, putMm(machine, mm));
  for (const fd of closeOnExec) closeFile(machine, ops, pid, fd);
  return ok(0);
}
