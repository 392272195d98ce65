import type { Actor, CallResult } from "../core/index.ts";
import type { MmPart } from "../mm/index.ts";
import type { Node, OpenFile } from "./file.ts";
import type { Frame } from "./routine.ts";

/** One process with its one thread. A value. Its pid is its place in `machine.tasks`. */
export interface Task {
  readonly name: string;
  readonly actor: Actor;
  /** The pid of its parent; -1 for those that the story starts with. */
  readonly parent: number;
  readonly mm: number;
  /** Descriptor to open file; -1 where closed. */
  readonly fds: readonly number[];
  /** Descriptors that another program does not get (FD_CLOEXEC); none where absent. */
  readonly closeOnExec?: readonly number[];
  readonly creds: Creds;
  readonly limits: Limits;
  /** The calls it is in, outermost first. */
  readonly stack: readonly Frame[];
  readonly state: "idle" | "running" | "asleep" | "dead";
  /** Asleep where no signal wakes it (TASK_UNINTERRUPTIBLE). */
  readonly isDeaf?: boolean;
  /** The signal that will end it, once it is out of the kernel. */
  readonly signal?: string;
  /** What the routine that it called gave back. */
  readonly returned?: CallResult;
  /** The signal or the exit that ended it. */
  readonly ended?: string;
}

export interface Creds {
  /** CAP_IPC_LOCK, CAP_SYS_RAWIO, CAP_SYS_ADMIN together: the model knows root and not root. */
  readonly root: boolean;
}

export interface Limits {
  /** RLIMIT_MEMLOCK in bytes. */
  readonly memlock: number;
  /** RLIMIT_NOFILE; FILES_MAX where absent. */
  readonly files?: number;
}

/** The share of task in the machine. */
export interface TaskPart extends MmPart {
  readonly tasks: Task[];
  readonly files: OpenFile[];
  readonly nodes: Node[];
}

/** The share of `task` in an empty machine: no process, no file, no name. */
export function taskPart(): Pick<TaskPart, "tasks" | "files" | "nodes"> {
  return { tasks: [], files: [], nodes: [] };
}
