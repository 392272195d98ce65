import { emit, ok, type Result, record } from "../core/index.ts";
import { createMm, forkMm, putMm } from "../mm/index.ts";
import { getFile } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { closeFile, dropFiles } from "./process.ts";
import { addTask } from "./run.ts";

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
