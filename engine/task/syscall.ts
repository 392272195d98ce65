import {
  assert,
  type CallResult,
  type CallRow,
  cost,
  ok,
  PAGE,
  type Result,
  record,
  refuse,
  type Span,
  type Value,
} from "../core/index.ts";
import { type Backing, createShared, dontNeed, mapArea, unmapArea, VM } from "../mm/index.ts";
import { fileOf, findNode, getFile, installFile, type Reply } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { closeFile, dropFiles, exitFiles, exitMm, fork, killTask } from "./process.ts";
import { answer, call, done, type Frame, type Routine, to } from "./routine.ts";
import { stopTask } from "./run.ts";

/** Numbers of include/uapi/asm-generic/mman-common.h and fcntl.h, those that the model knows. */
export const FLAG = {
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 16,
  MAP_ANONYMOUS: 32,
  MADV_DONTNEED: 4,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CLOEXEC: 524_288,
} as const;

interface Asked {
  readonly pid: number;
  /** The row of `machine.calls`. */
  readonly call: number;
  readonly args: readonly Value[];
}

type Syscall = <M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked) => Reply;

/** A number among the arguments; the flow's reader saw to the kind. 64-bit words come as bigint. */
function number(args: readonly Value[], at: number): number {
  const value = args[at] ?? 0;
  assert(typeof value === "number" || typeof value === "bigint", "a number as argument", at);
  return Number(value);
}

function text(args: readonly Value[], at: number): string {
  const value = args[at];
  assert(typeof value === "string", "a text as argument", at);
  return value;
}

/** open(path, flags). Refuses: ENOENT, then as the driver's open; ENXIO where none stands behind. */
function open<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const path = text(args, 0);
  const node = findNode(machine, path);
  if (!node) return refuse("ENOENT", "no such name");
  const driver = ops.file[node.driver];
  if (!driver) return refuse("ENXIO", "no driver behind this name");
  const object = driver.open ? driver.open(machine, ops, node.object, pid) : ok(node.object);
  if (!object.ok) return object;
  return installFile(machine, pid, { driver: node.driver, object: object.value, path });
}

/** write(fd, text, length). Refuses: EBADF; EINVAL where the file takes no text; as the driver. */
function write<M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked): Reply {
  const { pid, args } = asked;
  const id = fileOf(machine, pid, number(args, 0));
  if (!id.ok) return id;
  const { driver, object } = record(machine.files, id.value);
  const take = ops.file[driver];
  if (!take?.write) return refuse("EINVAL", "the file takes no text");
  const all = text(args, 1);
  const taken = args[2] === undefined ? all : all.slice(0, number(args, 2));
  return take.write(machine, ops, { object, pid, text: taken, call: asked.call });
}

/** read(fd, length). Refuses: EBADF; EINVAL where the file gives no text. */
function read<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const id = fileOf(machine, pid, number(args, 0));
  if (!id.ok) return id;
  const { driver, object } = record(machine.files, id.value);
  const give = ops.file[driver];
  if (!give?.read) return refuse("EINVAL", "the file gives no text");
  const shown = give.read(machine, ops, object, pid);
  return shown.ok ? { ok: true, value: shown.value.length, written: { data: shown.value } } : shown;
}

/** ioctl(fd, command, arg). Refuses: EBADF; ENOTTY; then as the driver does. */
function ioctl<M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked): Reply {
  const { pid, args } = asked;
  const id = fileOf(machine, pid, number(args, 0));
  if (!id.ok) return id;
  const { driver, object } = record(machine.files, id.value);
  const take = ops.file[driver];
  if (!take?.ioctl) return refuse("ENOTTY", "the file knows no ioctl");
  return take.ioctl(machine, ops, {
    file: id.value,
    object,
    pid,
    command: text(args, 1),
    arg: args[2] ?? null,
    call: asked.call,
  });
}

/**
 * mmap(addr, length, prot, flags, fd, offset). `addr` counts with MAP_FIXED only.
 * Refuses: EINVAL for an offset off a page; EINVAL without SHARED or PRIVATE; EBADF; as the
 * driver's mmap (ENODEV without one); then as `mapArea`.
 */
function mmap<M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked): Reply {
  const { pid, args } = asked;
  const flags = number(args, 3);
  const length = Math.floor((number(args, 1) + PAGE - 1) / PAGE) * PAGE;
  if (number(args, 5) % PAGE !== 0) return refuse("EINVAL", "offset is not on a page");
  if (!(flags & (FLAG.MAP_SHARED | FLAG.MAP_PRIVATE))) {
    return refuse("EINVAL", "neither MAP_SHARED nor MAP_PRIVATE");
  }
  const { mm } = record(machine.tasks, pid);
  const backing = backingOf(machine, ops, asked, { flags, length });
  if (!backing.ok) return backing;
  const at = flags & FLAG.MAP_FIXED ? number(args, 0) : undefined;
  if (at !== undefined && length > 0 && at % PAGE === 0) {
    const gone = unmapArea(machine, mm, at, length);
    if (!gone.ok) return gone;
    dropFiles(machine, ops, gone.value);
  }
  const shared = flags & FLAG.MAP_SHARED ? VM.SHARED : 0;
  const own = backing.value.kind === "device" ? (backing.value.vmFlags ?? 0) : 0;
  const device = backing.value.kind === "device" ? VM.IO | VM.DONTEXPAND | own : 0;
  const area = mapArea(machine, mm, {
    length,
    prot: number(args, 2),
    flags: shared | device,
    backing: backing.value,
    ...(at === undefined ? {} : { at }),
  });
  if (area.ok && backing.value.kind === "device") getFile(machine, backing.value.file);
  return area;
}

function backingOf<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  { pid, args }: Asked,
  { flags, length }: { readonly flags: number; readonly length: number },
): Result<Backing> {
  if (flags & FLAG.MAP_ANONYMOUS) {
    if (!(flags & FLAG.MAP_SHARED)) return ok({ kind: "anonymous" });
    return ok({ kind: "shared", memory: createShared(machine, length / PAGE), page: 0 });
  }
  const id = fileOf(machine, pid, number(args, 4));
  if (!id.ok) return id;
  const { driver, object } = record(machine.files, id.value);
  const give = ops.file[driver];
  if (!give?.mmap) return refuse("ENODEV", "the file cannot be mapped");
  return give.mmap(machine, ops, {
    file: id.value,
    object,
    pid,
    length,
    page: number(args, 5) / PAGE,
    prot: number(args, 2),
    shared: (flags & FLAG.MAP_SHARED) !== 0,
  });
}

/** munmap(addr, length). Refuses: as `unmapArea`. */
function munmap<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const { mm } = record(machine.tasks, pid);
  const gone = unmapArea(machine, mm, number(args, 0), number(args, 1));
  if (!gone.ok) return gone;
  dropFiles(machine, ops, gone.value);
  return ok(0);
}

/** madvise(addr, length, advice). Refuses: EINVAL for an unknown advice, then as the advice does. */
function madvise<M extends TaskPart>(machine: M, _ops: Ops<M>, { pid, args }: Asked): Reply {
  if (number(args, 2) !== FLAG.MADV_DONTNEED) return refuse("EINVAL", "an advice unknown here");
  const { mm } = record(machine.tasks, pid);
  const dropped = dontNeed(machine, mm, number(args, 0), number(args, 1));
  return dropped.ok ? ok(0) : dropped;
}

function setrlimit<M extends TaskPart>(machine: M, _ops: Ops<M>, { pid, args }: Asked): Reply {
  const task = record(machine.tasks, pid);
  machine.tasks[pid] = { ...task, limits: { ...task.limits, memlock: number(args, 1) } };
  return ok(0);
}

/** The system calls, by name. */
export const SYSCALLS: { readonly [name: string]: Syscall } = {
  open,
  close: (machine, ops, { pid, args }) => closeFile(machine, ops, pid, number(args, 0)),
  read,
  write,
  ioctl,
  mmap,
  munmap,
  madvise,
  setrlimit,
  poll: (_machine, _ops, { call: row }) => ({
    enter: { routine: "poll", pc: "start", call: row, numbers: [] },
  }),
  fork: (machine, ops, { pid, args }) => fork(machine, ops, pid, text(args, 0)),
  kill: (machine, ops, { args }) => {
    const killed = killTask(machine, ops, number(args, 0), "SIGKILL");
    return killed.ok ? ok(0) : killed;
  },
};

const HALF = (cost("syscall") / 2) as Span;

function isEnter(reply: Reply): reply is { readonly enter: Frame } {
  return "enter" in reply;
}

/** What a reply is to the program. */
function resultOf(reply: Exclude<Reply, { readonly enter: Frame }>): CallResult {
  return reply.ok ? answer(reply, "written" in reply ? reply.written : undefined) : answer(reply);
}

/**
 * One system call, whole but for its cuts.
 *
 *   enter --> body --> leave       `body` may go into a routine of the driver's own
 */
export const SYSCALL: Routine<TaskPart, "enter" | "body" | "leave"> = {
  enter: () => to("body", HALF),
  body: (machine, ops, { pid, frame }) => {
    const row = record(machine.calls, frame.call) as CallRow;
    const verb = SYSCALLS[row.call];
    assert(verb !== undefined, `no system call ${row.call}`);
    const reply = verb(machine, ops, { pid, call: frame.call, args: row.args });
    if (isEnter(reply)) return call(reply.enter, "leave");
    const task = record(machine.tasks, pid);
    machine.tasks[pid] = { ...task, returned: resultOf(reply) };
    return to("leave", HALF);
  },
  leave: (machine, _ops, { pid }) => {
    const { returned } = record(machine.tasks, pid);
    assert(returned !== undefined, "a call without an answer", pid);
    return done(returned);
  },
};

/** exit(code): memory first, then descriptors, as the kernel does; between them others may come. */
export const EXIT: Routine<TaskPart, "enter" | "files" | "dead"> = {
  enter: (machine, ops, { pid }) => {
    exitMm(machine, ops, pid);
    return to("files", HALF);
  },
  files: (machine, ops, { pid }) => {
    exitFiles(machine, ops, pid);
    return to("dead", HALF);
  },
  dead: (machine, _ops, { pid }) => {
    stopTask(machine, pid, "exit");
    return done({ value: 0 });
  },
};
