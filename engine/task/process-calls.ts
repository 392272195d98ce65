import { ok, record, refuse } from "../core/index.ts";
import { type Asked, intOf, textOf, wordOf } from "./arguments.ts";
import type { Reply } from "./file.ts";
import { RLIMIT } from "./flag.ts";
import { execute, fork } from "./fork.ts";
import type { Ops, Syscall } from "./ops.ts";
import type { Task, TaskPart } from "./part.ts";
import { killTask } from "./process.ts";

/** Kinds of limits, and the most descriptors that may be asked for. */
const RLIM_NLIMITS = 16;
const NR_OPEN = 1_048_576;

/**
 * setrlimit(resource, limit).
 *
 * Refuses: EINVAL for no resource; EPERM for more descriptors than NR_OPEN.
 * Leaves out: a second, hard limit, above which only root may go; what other limits than
 * RLIMIT_MEMLOCK and RLIMIT_NOFILE limit.
 * Source: kernel/sys.c do_prlimit v4.18
 */
function setrlimit<M extends TaskPart>(machine: M, _ops: Ops<M>, { pid, args }: Asked): Reply {
  const [resource, most] = [intOf(args, 0), wordOf(args, 1)];
  if (resource < 0 || resource >= RLIM_NLIMITS) return refuse("EINVAL", "no such limit");
  const isFiles = resource === RLIMIT.RLIMIT_NOFILE;
  if (isFiles && most > NR_OPEN) return refuse("EPERM", "more descriptors than a process may have");
  const task = record(machine.tasks, pid);
  const { limits } = task;
  if (isFiles) machine.tasks[pid] = { ...task, limits: { ...limits, files: most } };
  if (resource === RLIMIT.RLIMIT_MEMLOCK) {
    machine.tasks[pid] = { ...task, limits: { ...limits, memlock: most } };
  }
  return ok(0);
}

/** _NSIG; and the signal where a story names none. */
const SIGNALS = 64;
const SIGKILL = 9;

/** Nobody knows a dead process any more, once its parent is dead too: who stays behind asks for it. */
function isForgotten(machine: TaskPart, { state, parent }: Task): boolean {
  return state === "dead" && (machine.tasks[parent]?.state ?? "dead") === "dead";
}

/**
 * kill(pid, signal): 0 only asks whether it could be sent. A child that is dead is a process until its
 * parent has waited for it, which no program of the model does.
 *
 * Refuses: ESRCH; EINVAL for no signal; EPERM for a process of root's, for anybody else.
 * Leaves out: what a signal other than SIGKILL would do; groups of processes.
 * Source: kernel/signal.c kill_pid_info, check_kill_permission, kernel/exit.c release_task v4.18
 */
function kill<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const id = intOf(args, 0);
  const target = machine.tasks[id];
  if (!target || isForgotten(machine, target)) return refuse("ESRCH", "no such process");
  const signal = args[1] === undefined ? SIGKILL : intOf(args, 1);
  if (signal < 0 || signal > SIGNALS) return refuse("EINVAL", "no such signal");
  if (target.creds.root && !record(machine.tasks, pid).creds.root) {
    return refuse("EPERM", "the process is root's");
  }
  if (signal > 0) killTask(machine, ops, id, "SIGKILL");
  return ok(0);
}

/** Calls about other processes, new ones among them, other programs, and limits. */
export const PROCESS_CALLS: { readonly [name: string]: Syscall } = {
  fork: (machine, ops, { pid, args }) => fork(machine, ops, pid, textOf(args, 0)),
  setrlimit,
  kill,
  execve: (machine, ops, { pid }) => execute(machine, ops, pid),
};
