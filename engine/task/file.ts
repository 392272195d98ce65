import {
  assert,
  type Bug,
  type Kernel,
  ok,
  type Refusal,
  type Result,
  record,
  refuse,
  type Vaddr,
  type Value,
} from "../core/index.ts";
import type { Backing } from "../mm/index.ts";
import { FLAG } from "./flag.ts";
import type { Ops } from "./ops.ts";
import type { Task, TaskPart } from "./part.ts";
import type { Frame } from "./routine.ts";

/** Who stands behind an open file. The state holds the number, machine.ts knows the code. */
export const DRIVER = {
  /** A name that leads nowhere: opening it is ENXIO. */
  none: 0,
  container: 1,
  group: 2,
  vfioDevice: 3,
  spimdevQueue: 4,
  /** Attributes in sysfs, by the room that has them. */
  mdevAttribute: 5,
  spimdevAttribute: 6,
  /** The contrast: one ioctl, copy and wait per request. */
  ioctlDevice: 7,
  sharedMemory: 8,
  uacceQueue: 9,
  uacceAttribute: 10,
  uacceV3Queue: 11,
  uacceV3Attribute: 12,
  /** unbind of vfio-pci in sysfs. */
  pciUnbind: 13,
  /** SR-IOV of a device, in sysfs. */
  sriov: 14,
  /** Counts of a network card, and where it sends which packets. */
  netdevCount: 15,
  netdevRules: 16,
  /** bind and unbind of a driver, in sysfs. */
  driverBind: 17,
} as const;
export type Driver = (typeof DRIVER)[keyof typeof DRIVER];

/** One open file (struct file): what open() made, shared by every descriptor that leads to it. */
export interface OpenFile {
  readonly driver: Driver;
  /** Which object of that driver. */
  readonly object: number;
  /** Descriptors and areas that hold it. */
  readonly count: number;
  /** Its name, as /proc/PID/fd shows it. */
  readonly path: string;
  /** O_RDWR and the like; 0 where absent. */
  readonly flags?: number;
}

/** A name in /dev or in sysfs. */
export interface Node {
  readonly path: string;
  readonly driver: Driver;
  readonly object: number;
  /** Where it leads, for a symbolic link. Opening by way of one is left out. */
  readonly link?: string;
}

export interface IoctlRequest {
  /** The open file, and the object of its driver. */
  readonly file: number;
  readonly object: number;
  readonly pid: number;
  /** The command by its full name: VFIO_IOMMU_MAP_DMA. */
  readonly command: string;
  /** A structure as plain data, its 64-bit words as bigint; or a number; null for none. */
  readonly arg: Value;
  /** The row of `machine.calls`. */
  readonly call: number;
}

export interface WriteRequest {
  readonly object: number;
  readonly pid: number;
  readonly text: string;
  /** The row of `machine.calls`. */
  readonly call: number;
}

export interface PollRequest {
  readonly object: number;
  readonly pid: number;
}

export interface MmapRequest {
  readonly file: number;
  readonly object: number;
  readonly pid: number;
  /** In bytes, whole pages. */
  readonly length: number;
  /** Offset in the file, in pages. */
  readonly page: number;
  /** The address that the area will have. */
  readonly start: Vaddr;
  readonly prot: number;
  readonly shared: boolean;
}

/** What a driver answers to an ioctl: at once, or by a routine of several steps. */
export type Reply =
  | Refusal
  | Bug
  | {
      readonly ok: true;
      readonly value: number;
      /** What was written back into the caller's structure. */
      readonly written?: { readonly [name: string]: Value };
    }
  | { readonly enter: Frame };

/**
 * What the kernel asks of a driver and needs answered now (struct file_operations). Methods, so
 * that a driver that knows only its own part of the machine fits the table of the whole.
 */
export interface FileOps<M extends TaskPart> {
  /** @returns the object of the new file. Without it: the node's own. */
  open?(machine: M, ops: Ops<M>, object: number, pid: number, flags: number): Result<number>;
  /** Without it: ENOTTY. */
  ioctl?(machine: M, ops: Ops<M>, request: IoctlRequest): Reply;
  /** The kernels whose file has mmap; all where left out. */
  readonly mmapKernels?: readonly Kernel[];
  /** Without it: ENODEV. */
  mmap?(machine: M, ops: Ops<M>, request: MmapRequest): Result<Backing>;
  /** The value is the number of bytes taken. Without it: EINVAL. */
  write?(machine: M, ops: Ops<M>, request: WriteRequest): Reply;
  /** @returns the text of an attribute. Without it: EINVAL. */
  read?(machine: M, ops: Ops<M>, object: number, pid: number): Result<string>;
  /**
   * What the file is ready for, as bits of POLL; the task joins its wait queue, and `pollEnd` takes
   * it off. Without it: always ready.
   */
  poll?(machine: M, ops: Ops<M>, asked: PollRequest): number;
  pollEnd?(machine: M, ops: Ops<M>, asked: PollRequest): void;
  /** The last reference is gone. */
  release?(machine: M, ops: Ops<M>, object: number): void;
}

/** FMODE_READ (OPEN_FMODE): what the flags of open say of reading; with both bits set, no. */
export function mayRead(flags = 0): boolean {
  return ((flags + 1) & 1) !== 0;
}

/** FMODE_WRITE: what they say of writing. */
export function mayWrite(flags = 0): boolean {
  return ((flags + 1) & 2) !== 0;
}

/** More descriptors than this are EMFILE (RLIMIT_NOFILE as usually set). */
const FILES_MAX = 1024;

/** How many descriptors a task may have. */
export function mostFiles({ limits }: Task): number {
  return limits.files ?? FILES_MAX;
}

/** The open file behind a descriptor. Refuses: EBADF. */
export function fileOf(machine: TaskPart, pid: number, fd: number): Result<number> {
  const file = record(machine.tasks, pid).fds[fd];
  if (file === undefined || file < 0) return refuse("EBADF", "no such descriptor");
  return ok(file);
}

/** The lowest descriptor that is free. Refuses: EMFILE. */
export function freeDescriptor(machine: TaskPart, pid: number): Result<number> {
  const task = record(machine.tasks, pid);
  const { fds } = task;
  const gap = fds.findIndex((file) => file < 0);
  const fd = gap < 0 ? fds.length : gap;
  return fd < mostFiles(task) ? ok(fd) : refuse("EMFILE", "no free descriptor");
}

/** Opens a file for an object that exists, at the lowest free descriptor. Refuses: EMFILE. */
export function installFile(
  machine: TaskPart,
  pid: number,
  opened: Omit<OpenFile, "count">,
): Result<number> {
  const fd = freeDescriptor(machine, pid);
  if (!fd.ok) return fd;
  const task = record(machine.tasks, pid);
  const file = machine.files.length;
  const { flags: asked = 0, ...rest } = opened;
  const isClosed = (asked & FLAG.O_CLOEXEC) !== 0;
  const flags = asked & ~FLAG.O_CLOEXEC; // that one is the descriptor's, not the file's
  machine.files.push({ ...rest, ...(flags ? { flags } : {}), count: 1 });
  const isNew = fd.value === task.fds.length;
  const fds = isNew ? [...task.fds, file] : task.fds.with(fd.value, file);
  const closeOnExec = [...(task.closeOnExec ?? []), fd.value];
  machine.tasks[pid] = { ...task, fds, ...(isClosed ? { closeOnExec } : {}) };
  return fd;
}

/** One more descriptor or area holds this file. */
export function getFile(machine: TaskPart, id: number): void {
  const file = record(machine.files, id);
  assert(file.count > 0, "a reference to a closed file", id);
  machine.files[id] = { ...file, count: file.count + 1 };
}

/** Drops one reference, by close, munmap, exit or kill. With the last one the driver lets go (fput). */
export function putFile<M extends TaskPart>(machine: M, ops: Ops<M>, id: number): void {
  const file = record(machine.files, id);
  assert(file.count > 0, "one reference too many was dropped", id);
  machine.files[id] = { ...file, count: file.count - 1 };
  if (file.count === 1) ops.file[file.driver]?.release?.(machine, ops, file.object);
}

/** Gives something a name. A name that exists already is the model's mistake. */
export function addNode(machine: TaskPart, node: Node): void {
  assert(findNode(machine, node.path) === undefined, "the name is taken");
  machine.nodes.push(node);
}

/** Takes a name away. Who has it open keeps the file. */
export function removeNode(machine: TaskPart, path: string): void {
  const at = machine.nodes.findIndex((node) => node.path === path);
  assert(at >= 0, "no such name");
  machine.nodes.splice(at, 1);
}

/**
 * The name in /dev or sysfs at that path; undefined where there is none (ENOENT for who opens it).
 */
export function findNode(machine: TaskPart, path: string): Node | undefined {
  return machine.nodes.find((node) => node.path === path);
}
