import {
  assert,
  type CallResult,
  type CallRow,
  cost,
  ok,
  owe,
  record,
  refuse,
  type Span,
} from "../core/index.ts";
import { type Asked, intOf, textOf, wordOf } from "./arguments.ts";
import {
  DRIVER,
  fileOf,
  findNode,
  freeDescriptor,
  installFile,
  mayRead,
  mayWrite,
  type OpenFile,
  type Reply,
} from "./file.ts";
import { madvise, mmap, munmap } from "./memory-calls.ts";
import type { Ops, Syscall } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { closeFile, exitFiles, exitMm } from "./process.ts";
import { answer, call, done, type Frame, type Routine, to } from "./routine.ts";
import { stopTask } from "./run.ts";

/** A file of sysfs. */
function isSysfs({ path }: Pick<OpenFile, "path">): boolean {
  return path.startsWith("/sys/");
}

/**
 * open(path, flags). Refuses: EMFILE; ENOENT; ENXIO where no driver stands behind the name; EACCES for
 * a file of sysfs that is to be written and takes nothing; then as the driver's open.
 * Source: fs/open.c do_sys_open v4.18, which takes the descriptor first; fs/kernfs/file.c
 * kernfs_fop_open v6.1
 */
function open<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const path = textOf(args, 0);
  const free = freeDescriptor(machine, pid);
  if (!free.ok) return free;
  const node = findNode(machine, path);
  if (!node) return refuse("ENOENT", "no such name");
  const driver = ops.file[node.driver];
  if (!driver) return refuse("ENXIO", "no driver behind this name");
  const flags = intOf(args, 1);
  if (isSysfs({ path }) && mayWrite(flags) && !driver.write) return refuse("EACCES", "read only");
  const object = driver.open ? driver.open(machine, ops, node.object, pid, flags) : ok(node.object);
  if (!object.ok) return object;
  return installFile(machine, pid, { driver: node.driver, object: object.value, path, flags });
}

/** Source: fs/read_write.c vfs_read, vfs_write v4.18 */
const NOT_FOR_THAT = refuse("EBADF", "the file was not opened for that");

const GONE = refuse("ENODEV", "the file is gone");

/** Did the file of sysfs go that was opened here? One of its name may be there again (kernfs_get_active). */
function isGone(machine: TaskPart, file: OpenFile): boolean {
  return isSysfs(file) && findNode(machine, file.path)?.object !== file.object;
}

/**
 * write(fd, text, length). A text has a zero byte behind it, which may be written too. The terminal
 * takes all.
 *
 * Refuses: EBADF, also for a file not opened for writing; EINVAL where the file takes no text; ENODEV
 * for a file of sysfs that is gone; as the driver, which is not asked where nothing is written to sysfs.
 * Source: fs/kernfs/file.c kernfs_fop_write, fs/sysfs/file.c sysfs_kf_write v4.18 and v6.1
 */
function write<M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked): Reply {
  const { pid, args } = asked;
  const id = fileOf(machine, pid, intOf(args, 0));
  if (!id.ok) return id;
  const file = record(machine.files, id.value);
  const { driver, object, flags } = file;
  if (!mayWrite(flags)) return NOT_FOR_THAT;
  const all = textOf(args, 1);
  const text = args[2] === undefined ? all : `${all}\0`.slice(0, wordOf(args, 2));
  if (driver === DRIVER.none) return ok(text.length);
  const take = ops.file[driver];
  if (!take?.write) return refuse("EINVAL", "the file takes no text");
  if (isGone(machine, file)) return GONE;
  if (text === "" && isSysfs(file)) return ok(0);
  return take.write(machine, ops, { object, pid, text, call: asked.call });
}

/**
 * read(fd, length). Refuses: EBADF, also for a file not opened for reading; EINVAL where the file gives
 * no text; ENODEV for a file of sysfs that is gone; as the driver.
 * Leaves out: the position in the file: every read begins at the start.
 */
function read<M extends TaskPart>(machine: M, ops: Ops<M>, { pid, args }: Asked): Reply {
  const id = fileOf(machine, pid, intOf(args, 0));
  if (!id.ok) return id;
  const file = record(machine.files, id.value);
  const { driver, object, flags } = file;
  if (!mayRead(flags)) return NOT_FOR_THAT;
  const give = ops.file[driver];
  if (!give?.read) return refuse("EINVAL", "the file gives no text");
  if (isGone(machine, file)) return GONE;
  const shown = give.read(machine, ops, object, pid);
  if (!shown.ok) return shown;
  const data = args[1] === undefined ? shown.value : shown.value.slice(0, wordOf(args, 1));
  return { ok: true, value: data.length, written: { data } };
}

/** ioctl(fd, command, arg). Refuses: EBADF; ENOTTY; then as the driver does. */
function ioctl<M extends TaskPart>(machine: M, ops: Ops<M>, asked: Asked): Reply {
  const { pid, args } = asked;
  const id = fileOf(machine, pid, intOf(args, 0));
  if (!id.ok) return id;
  const { driver, object } = record(machine.files, id.value);
  const take = ops.file[driver];
  if (!take?.ioctl) return refuse("ENOTTY", "the file knows no ioctl");
  owe(machine, "ioctl");
  return take.ioctl(machine, ops, {
    file: id.value,
    object,
    pid,
    command: textOf(args, 1),
    arg: args[2] ?? null,
    call: asked.call,
  });
}

/** The system calls that stories make, by name; AREA_CALLS are the others. */
export const SYSCALLS: { readonly [name: string]: Syscall } = {
  open,
  close: (machine, ops, { pid, args }) => closeFile(machine, ops, pid, intOf(args, 0)),
  read,
  write,
  ioctl,
  mmap,
  munmap: (machine, _ops, asked) => munmap(machine, asked),
  madvise: (_machine, _ops, asked) => madvise(asked),
  poll: (_machine, _ops, { call: row }) => ({
    enter: { routine: "poll", pc: "start", call: row, numbers: [] },
  }),
};

/** What answers a system call of that name. */
export function syscallOf<M extends TaskPart>(
  { syscalls }: Ops<M>,
  name: string,
): Syscall | undefined {
  return syscalls?.[name] ?? SYSCALLS[name];
}

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
    const verb = syscallOf(ops, row.call);
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
