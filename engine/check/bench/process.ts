import {
  assert,
  type CallKind,
  type CallResult,
  openCall,
  PAGE,
  record,
  type Value,
} from "../../core/index.ts";
import { begin, FLAG, type Frame, type Task } from "../../task/index.ts";
import type { Bench } from "./bench.ts";

/** What a call came to. `isAsleep`: it has not returned. */
export interface Got extends CallResult {
  readonly isAsleep?: true;
}

/** Where a call begins: as flows have it, library calls in one routine, system calls in another. */
function frameOf(name: string, kind: CallKind, row: number): Frame {
  if (kind === "library") return { routine: "library", pc: name, call: row, numbers: [] };
  const routine = name === "exit" ? "exit" : "syscall";
  return { routine, pc: "enter", call: row, numbers: [] };
}

const GIGABYTE = 262_144 * PAGE;
/** An address that every block size divides, behind all that mmap gives out. */
const ALIGNED = 512 * GIGABYTE;

/** A process of a bench: it makes calls as a flow's statements do, one after the other. */
export class Process {
  readonly bench: Bench;
  readonly pid: number;

  constructor(bench: Bench, pid: number) {
    this.bench = bench;
    this.pid = pid;
  }

  get task(): Task {
    return record(this.bench.machine.tasks, this.pid);
  }

  /** mm->locked_vm, in pages. */
  get lockedVm(): number {
    return record(this.bench.machine.mms, this.task.mm).lockedVm;
  }

  /** A system call. It runs until it returns or sleeps, and all else that is due with it. */
  call(name: string, ...args: readonly Value[]): Got {
    return this.#make("syscall", name, args);
  }

  /** A call into the user library: store, load, wd_send, ... */
  library(name: string, ...args: readonly Value[]): Got {
    return this.#make("library", name, args);
  }

  #make(kind: CallKind, name: string, args: readonly Value[]): Got {
    return this.bench.settle(this.#begin(kind, name, args));
  }

  /** A system call begins, and no step is taken. */
  begin(name: string, ...args: readonly Value[]): void {
    this.#begin("syscall", name, args);
  }

  #begin(kind: CallKind, name: string, args: readonly Value[]): number {
    const { machine } = this.bench;
    const { actor } = this.task;
    const row = openCall(machine, { call: name, kind, actor, parent: -1, statement: -1, args });
    begin(machine, this.pid, frameOf(name, kind, row));
    return row;
  }

  /** A call that must work for the row to make sense. @returns its value */
  must(name: string, ...args: readonly Value[]): number {
    return this.good(this.call(name, ...args), name);
  }

  good(got: Got, name: string): number {
    const word = got.errno ?? got.bug ?? got.signal ?? (got.isAsleep ? "asleep" : "");
    const why = got.chain?.map((link) => link.why).join(" < ") ?? "";
    assert(word === "", `the state cannot be built: ${name} = ${word} ${why}`);
    return got.value;
  }

  open(path: string): Got {
    return this.call("open", path, FLAG.O_RDWR);
  }

  fd(path: string): number {
    return this.must("open", path, FLAG.O_RDWR);
  }

  ioctl(fd: number, command: string, arg: Value = null): Got {
    return this.call("ioctl", fd, command, arg);
  }

  close(fd: number): void {
    this.must("close", fd);
  }

  /** Private anonymous memory, nothing behind it yet. @returns its address */
  memory(pages: number, at?: number): number {
    const fixed = at === undefined ? 0 : FLAG.MAP_FIXED;
    const flags = FLAG.MAP_PRIVATE | FLAG.MAP_ANONYMOUS | fixed;
    const prot = FLAG.PROT_READ | FLAG.PROT_WRITE;
    return this.must("mmap", at ?? 0, pages * PAGE, prot, flags, -1, 0);
  }

  /** The same, each page written with its own number, from 1. */
  buffer(pages: number, at?: number): number {
    const start = this.memory(pages, at);
    for (let page = 0; page < pages; page += 1) {
      this.store(start + page * PAGE, String.fromCharCode(page + 1));
    }
    return start;
  }

  store(at: number, text: string): Got {
    return this.library("store", at, text);
  }

  load(at: number, size: number): string {
    const got = this.library("load", at, size);
    const data = got.written?.data;
    return typeof data === "string" ? data : (got.signal ?? got.errno ?? "");
  }

  fork(name = "child"): Process {
    const pid = this.must("fork", name);
    const { names } = this.bench.machine;
    names[pid] = { ...names[this.pid] };
    return new Process(this.bench, pid);
  }

  exit(): void {
    this.call("exit", 0);
  }

  /** ioctl MAP_DMA; READ and WRITE where the rights are left out. */
  map(container: number, wish: { vaddr: number; iova: number; size: number; flags?: number }): Got {
    const { vaddr, iova, size, flags = 3 } = wish;
    return this.ioctl(container, "VFIO_IOMMU_MAP_DMA", {
      argsz: 32,
      flags,
      vaddr: BigInt(vaddr),
      iova: BigInt(iova),
      size: BigInt(size),
    });
  }

  unmap(container: number, iova: number, size: number, flags = 0): Got {
    const range = { iova: BigInt(iova), size: BigInt(size) };
    return this.ioctl(container, "VFIO_IOMMU_UNMAP_DMA", { argsz: 24, flags, ...range });
  }

  /** Memory that starts where `size` divides address and frame alike, each page written. */
  aligned(size: number): number {
    const { machine } = this.bench;
    const rest = (size / PAGE - (machine.frames.top % (size / PAGE))) % (size / PAGE);
    if (rest > 0) this.buffer(rest);
    return this.buffer(size / PAGE, ALIGNED);
  }

  /** Gives up its rights (capset), and keeps its descriptors. */
  dropRights(): void {
    const { tasks } = this.bench.machine;
    tasks[this.pid] = { ...this.task, creds: { root: false } };
  }

  /** As if so many mappings had been made, each of a page, from 1G up: one call each takes long. */
  fillDmas(container: number, count: number): void {
    const { machine } = this.bench;
    const { object } = record(machine.files, this.task.fds[container] ?? -1);
    const one = { vaddr: 0, size: PAGE, prot: 3, isMapped: false, hasLockCap: false };
    const dmas = Array.from({ length: count }, (_, at) => {
      return { ...one, iova: GIGABYTE + at * PAGE, pid: this.pid, pins: [] };
    });
    machine.containers[object] = { ...record(machine.containers, object), dmas };
  }

  /** What `written` of a call says of one field, as a number; NaN where it says nothing. */
  static field(got: Got, name: string): number {
    const value = got.written?.[name];
    return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
  }
}
