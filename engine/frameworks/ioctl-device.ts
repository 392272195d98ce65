import {
  Bytes,
  cost,
  emit,
  Iova,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
  type Span,
  Vaddr,
  type Value,
  word,
  word32,
} from "../core/index.ts";
import {
  CQE,
  CQE_SIZE,
  createQp,
  DOORBELL_CMD,
  groupOf,
  joinWait,
  leaveWait,
  postStore,
  QM_Q_DEPTH,
  QM_WORDS,
  read,
  readResult,
  releaseQp,
  SQ_BYTES,
  SQE_SIZE,
  unpack,
  writeDoorbell,
  writeRequest,
  ZIP_TYPE,
} from "../hw/index.ts";
import { type DmaMemory, dmaAlloc, dmaFree } from "../iommu/index.ts";
import { readFrame, readMemory, writeFrame, writeMemory } from "../mm/index.ts";
import { answer, done, type FileOps, type Reply, type Routine, sleep, to } from "../task/index.ts";

import type { FrameworkPart } from "./part.ts";

/**
 * The contrast: one ioctl, copy and wait for each request. Nobody posted this driver; it is what a
 * plain one would do. The kernel owns the queue, writes every request, and hands the engine
 * addresses of its own buffer only.
 */

/** What one open file of it has. A value. */
export interface Channel {
  readonly device: number;
  readonly queue: number;
  /** The kernel's buffer: half for what goes in, half for what comes out. */
  readonly buffer: DmaMemory;
  readonly tail: number;
  readonly cqHead: number;
  readonly phase: number;
  /** A request is under way: the next waits its turn with EBUSY. */
  readonly isBusy: boolean;
}

const BUFFER_PAGES = 32;
const HALF = (BUFFER_PAGES / 2) * PAGE;

/** Longest input, and most room, of one request: half the kernel's buffer. */
export const COMPRESS_MAX = Bytes(HALF);

export const IOCTL_DEVICE_FILE: FileOps<FrameworkPart> = {
  open: openChannel,
  ioctl: (machine, _ops, { object, call, command, arg }): Reply => {
    if (command !== "WD_IOCTL_COMPRESS") return refuse("ENOTTY", "the file knows no such ioctl");
    const channel = record(machine.channels, object);
    if (channel.isBusy) return refuse("EBUSY", "a request of this file is under way");
    if (field(arg, "len") > HALF || field(arg, "room") > HALF) {
      return refuse("EINVAL", "more than the kernel's buffer");
    }
    machine.channels[object] = { ...channel, isBusy: true };
    return { enter: { routine: "compress", pc: "copyIn", call, numbers: [object] } };
  },
  release: (machine, _ops, object) => {
    const { device, queue, buffer } = record(machine.channels, object);
    releaseQp(machine, queue);
    dmaFree(machine, groupOf(machine, device), buffer);
  },
};

/** Refuses: EBUSY when no queue is left; ENOMEM. */
function openChannel(machine: FrameworkPart, _ops: unknown, device: number): Result<number> {
  const queue = createQp(machine, device);
  if (!queue.ok) return queue;
  const buffer = dmaAlloc(machine, groupOf(machine, device), BUFFER_PAGES);
  if (!buffer.ok) {
    releaseQp(machine, queue.value);
    return buffer;
  }
  machine.channels.push({
    device,
    queue: queue.value,
    buffer: buffer.value,
    tail: 0,
    cqHead: 0,
    phase: 1,
    isBusy: false,
  });
  return ok(machine.channels.length - 1);
}

/** A field of the request: addresses have 64 bits, all else 32. 0 where it was left out. */
function field(arg: Value, name: "src" | "dst" | "len" | "room" | "type"): number {
  if (typeof arg !== "object" || arg === null || Array.isArray(arg)) return 0;
  const value = (arg as { readonly [name: string]: Value })[name];
  if (typeof value !== "number" && typeof value !== "bigint") return 0;
  return name === "src" || name === "dst" ? word(value) : word32(value);
}

/** Pieces of the kernel's buffer, page by page. */
function eachPage(
  buffer: DmaMemory,
  from: number,
  size: number,
  visit: (pfn: Pfn, offset: number, size: number) => void,
): void {
  for (let at = 0; at < size; at += PAGE) {
    visit(Pfn(buffer.pfn + (from + at) / PAGE), at, Math.min(PAGE, size - at));
  }
}

function copyCost(size: number): Span {
  return cost("copy", Math.max(1, Math.floor((size + PAGE - 1) / PAGE)));
}

function over(
  machine: FrameworkPart,
  id: number,
  result: Result<number>,
  written?: { readonly [name: string]: Value },
) {
  machine.channels[id] = { ...record(machine.channels, id), isBusy: false };
  return done(answer(result, written));
}

/**
 * ioctl(WD_IOCTL_COMPRESS, {src, len, dst, room}).
 *
 *   copyIn --> submit --> ring --> join --> test --> copyOut
 *                                   ^        |
 *                                   +- sleep +        the engine's interrupt wakes
 *
 * Refuses: EINVAL for lengths beyond the buffer; EBUSY; EFAULT for a bad address, on the way in or
 * out; EIO when the engine's status is bad.
 */
export const COMPRESS: Routine<
  FrameworkPart,
  "copyIn" | "submit" | "ring" | "join" | "test" | "copyOut"
> = {
  copyIn: (machine, _ops, { pid, frame }) => {
    const id = frame.numbers[0] as number;
    const { buffer } = record(machine.channels, id);
    const arg = argOf(machine, frame.call);
    const [src, len] = [field(arg, "src"), field(arg, "len")];
    const bytes = readMemory(machine, record(machine.tasks, pid).mm, src, len);
    if (!bytes.ok) return over(machine, id, bytes);
    eachPage(buffer, 0, len, (pfn, at, size) => {
      writeFrame(machine, pfn, 0, bytes.value.subarray(at, at + size));
    });
    emit(machine, "cpu.copy", Vaddr(src), Bytes(len), 0);
    return to("submit", copyCost(len));
  },
  submit: (machine, _ops, { frame }) => {
    const channel = record(machine.channels, frame.numbers[0] as number);
    const arg = argOf(machine, frame.call);
    const bytes = new Uint8Array(SQE_SIZE);
    writeRequest(bytes, {
      source: channel.buffer.iova,
      length: field(arg, "len"),
      target: Iova(channel.buffer.iova + HALF),
      room: field(arg, "room"),
      type: field(arg, "type") % 256 || ZIP_TYPE.ZLIB,
      tag: 0,
    });
    const at = channel.tail * SQE_SIZE;
    const first = machine.queues.pfn[channel.queue] as number;
    writeFrame(machine, Pfn(first + Math.floor(at / PAGE)), at % PAGE, bytes);
    emit(machine, "ring.submit", channel.queue, channel.tail, Bytes(SQE_SIZE));
    return to("ring", cost("store", 2));
  },
  ring: (machine, _ops, { frame }) => {
    const id = frame.numbers[0] as number;
    const channel = record(machine.channels, id);
    const index = (channel.tail + 1) % QM_Q_DEPTH;
    const qn = machine.queues.qn[channel.queue] as number;
    const { version } = record(machine.devices, channel.device);
    const { offset, word } = writeDoorbell(version, { qn, cmd: DOORBELL_CMD.SQ, index });
    postStore(machine, { device: channel.device, offset, queue: -1 }, word);
    emit(machine, "ring.doorbell", channel.device, qn, index);
    machine.channels[id] = { ...channel, tail: index };
    machine.queues.updated[channel.queue] = 0;
    return to("join", cost("doorbell"));
  },
  join: (machine, _ops, { pid, frame }) => {
    const { queue } = record(machine.channels, frame.numbers[0] as number);
    joinWait(machine, queue, pid);
    return to("test");
  },
  test: (machine, _ops, { frame }) => {
    const { queue } = record(machine.channels, frame.numbers[0] as number);
    return machine.queues.updated[queue] === 1 ? to("copyOut") : sleep("join");
  },
  copyOut: (machine, _ops, { pid, frame }) =>
    copyOut(machine, pid, frame.numbers[0] as number, frame.call),
};

function argOf(machine: FrameworkPart, call: number): Value {
  return record(machine.calls, call).args[2] ?? null;
}

function copyOut(machine: FrameworkPart, pid: number, id: number, call: number) {
  const channel = record(machine.channels, id);
  const { queue, buffer, cqHead, phase } = channel;
  leaveWait(machine, queue, pid);
  const first = machine.queues.pfn[queue] as number;
  const at = SQ_BYTES + cqHead * CQE_SIZE;
  const cqe = readFrame(machine, Pfn(first + Math.floor(at / PAGE)), at % PAGE, CQE_SIZE);
  const slot = read(CQE, cqe, 0, "sq_head") % QM_Q_DEPTH;
  const isNew = unpack(QM_WORDS.CQE_W7, read(CQE, cqe, 0, "w7")).phase === phase;
  const next = (cqHead + 1) % QM_Q_DEPTH;
  machine.channels[id] = { ...channel, cqHead: next, phase: next === 0 ? 1 - phase : phase };
  if (!isNew) return over(machine, id, refuse("EIO", "woken without a completion"));
  const sqeAt = slot * SQE_SIZE;
  const sqe = readFrame(machine, Pfn(first + Math.floor(sqeAt / PAGE)), sqeAt % PAGE, SQE_SIZE);
  const { status, consumed, produced } = readResult(sqe);
  emit(machine, "ring.reap", queue, slot, status);
  if (status !== 0 && status !== 0x0d) return over(machine, id, refuse("EIO", "bad status"));
  const out = new Uint8Array(produced);
  eachPage(buffer, HALF, produced, (pfn, from, size) => {
    out.set(readFrame(machine, pfn, 0, size), from);
  });
  const target = field(argOf(machine, call), "dst");
  const written = writeMemory(machine, record(machine.tasks, pid).mm, target, out);
  if (!written.ok) return over(machine, id, written);
  emit(machine, "cpu.copy", Vaddr(target), Bytes(produced), 1);
  const finished = over(machine, id, ok(0), { consumed, produced, status });
  return { ...finished, cost: copyCost(produced) };
}
