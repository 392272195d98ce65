import { Bytes, cost, emit, hasDefect, ns, PAGE, record, type Value, word } from "../core/index.ts";
import { queueOfFile } from "../frameworks/index.ts";
import {
  CQE,
  CQE_SIZE,
  DOORBELL_CMD,
  QM_Q_DEPTH,
  QM_REGIONS,
  QM_WORDS,
  REGISTER_PAGES,
  read,
  readResult,
  ringBytes,
  SQE_SIZE,
  sqBytes,
  unpack,
  writeDoorbell,
  writeRequest,
  ZIP_STATUS,
  ZIP_TYPE,
} from "../hw/index.ts";
import {
  call,
  DRIVER,
  type Driver,
  done,
  FLAG,
  type Frame,
  fileOf,
  type Next,
  type Ops,
  type Routine,
  to,
} from "../task/index.ts";
import { argsOf, failed, field32Of, fieldOf, returned, systemCall } from "./call.ts";
import { fault, loadBytes, storeBytes, storeRegister } from "./cpu.ts";
import { placeOf, type QmState, type UserPart, type UserQueue } from "./part.ts";

/** Where this user driver is read: the order of its calls and stores is the original's. */
export const QM_UDRV = "samples/warpdrive/drv/hisi_qm_udrv.c near RFCv1";

const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;

/** What mmap returns where it fails: no address, and as a word of 64 bits not below 0. */
const MAP_FAILED = word(-1);

/**
 * What mmap gave; -1 where the driver sees that it failed. As posted it asks whether the address is
 * `<= 0`, which MAP_FAILED is not (D20).
 */
function mapped(machine: UserPart, pid: number): number {
  const { errno, value } = returned(machine, pid);
  if (errno === undefined) return value;
  return hasDefect(machine, "D20") ? MAP_FAILED : -1;
}

/**
 * drv_open, hisi_qm: the rings are mapped, then the doorbell page; on uacce the kernel is asked for
 * the queue's number. State is set up.
 *
 * Refuses: -EIO where one cannot be mapped. Known defects: D20, that is not seen, and the first access
 * to it is SIGSEGV.
 */
export const QM_OPEN: Routine<UserPart, "qmRings" | "qmDoorbell" | "qmAsk" | "qmOpened"> = {
  qmRings: (machine, _ops, { pid, frame }) => {
    const [fd = 0] = argsOf(machine, frame);
    if (isBehind(machine, pid, Number(fd), DRIVER.uacceV3Queue)) return to("v3Dko");
    const { page } = QM_REGIONS.rings;
    const args = [0, ringBytes(engineOf(machine, frame)), RW, FLAG.MAP_SHARED, fd, page * 4096];
    return call(systemCall(machine, frame, "mmap", args), "qmDoorbell");
  },
  qmDoorbell: (machine, _ops, { pid, frame }) => {
    const rings = mapped(machine, pid);
    if (rings < 0) return failed("EIO", "the rings cannot be mapped");
    const [fd = 0] = argsOf(machine, frame);
    const { page, bytes } = QM_REGIONS.doorbell;
    const length = versionOf(machine, frame) === 1 ? bytes : REGISTER_PAGES * PAGE;
    const args = [0, length, RW, FLAG.MAP_SHARED, fd, page * 4096];
    return call(systemCall(machine, frame, "mmap", args), "qmAsk", [rings]);
  },
  qmAsk: (machine, _ops, { pid, frame }) => {
    const doorbell = mapped(machine, pid);
    if (doorbell < 0) return failed("EIO", "the doorbell page cannot be mapped");
    const numbers = [frame.numbers[0] as number, doorbell];
    const [fd = 0] = argsOf(machine, frame);
    if (!isUacce(machine, pid, Number(fd))) return to("qmOpened", ns(0), numbers);
    const args = [fd, "UACCE_CMD_QM_SET_QP_CTX", { id: 0, qc_type: 0 }];
    return call(systemCall(machine, frame, "ioctl", args), "qmOpened", numbers);
  },
  qmOpened: (machine, _ops, { pid, frame }) => {
    const fd = Number(argsOf(machine, frame)[0]);
    const [sq = 0, doorbell = 0] = frame.numbers;
    const asked = isUacce(machine, pid, fd) ? returned(machine, pid) : undefined;
    if (asked?.errno) return failed("EIO", "the queue's number is not told");
    const engine = engineOf(machine, frame);
    const state: QmState = {
      kind: "qm",
      engine,
      sq,
      cq: word(sq + sqBytes(engine)),
      doorbell,
      version: versionOf(machine, frame),
      ...(asked ? { sqn: Number(asked.written?.id ?? 0) } : {}),
      sqTail: 0,
      sqHead: 0,
      cqHead: 0,
      phase: 1,
      isFull: false,
      cache: [],
    };
    machine.userQueues.push({ pid, fd, queue: queueOfFile(machine, pid, fd), sent: 0, state });
    return done({ value: 0 });
  },
};

/** Which silicon the user driver is for: the name that `api` or `device_api` gives says so. */
function versionOf(machine: UserPart, frame: Frame): 1 | 2 {
  return argsOf(machine, frame)[1] === "hisi_qm_v2" ? 2 : 1;
}

/** For which engine: what drv_open is told last, ZIP where it is told nothing. */
function engineOf(machine: UserPart, frame: Frame): QmState["engine"] {
  return argsOf(machine, frame)[2] === "rsa" ? "rsa" : "zip";
}

function isUacce(machine: UserPart, pid: number, fd: number): boolean {
  return isBehind(machine, pid, fd, DRIVER.uacceQueue);
}

function isBehind(machine: UserPart, pid: number, fd: number, driver: Driver): boolean {
  const file = fileOf(machine, pid, fd);
  return file.ok && record(machine.files, file.value).driver === driver;
}

function mine(machine: UserPart, pid: number, fd: number): [number, UserQueue, QmState] {
  const place = placeOf(machine, pid, fd);
  const queue = record(machine.userQueues, place);
  return [place, queue, queue.state as QmState];
}

/**
 * wd_send on the queue manager: the request is stored in the ring at the tail, then the new tail in
 * the doorbell register. No system call.
 *
 * Refuses: -EBUSY when the ring is full. As posted with the RFCs all 1024 slots are filled; the index
 * in the last doorbell is then that of the head, and the model's device sees an empty ring: it works
 * on none of them until it is told another. What silicon does was not read. The library of uacce in
 * Linux keeps one slot free ("the device should reserve one"), and so does Linux itself.
 * Known defects: D13, without uacce the queue's number is never set: every doorbell says queue 0.
 * Source: QM_UDRV hisi_qm_add_to_dio_q; UADK drv/hisi_qm_udrv.c hisi_qm_get_free_num;
 * drivers/crypto/hisilicon/qm.c qm_get_avail_sqe v6.1
 */
export const QM_SEND: Routine<UserPart, "qmStore" | "qmRing"> = {
  qmStore: (machine, ops, { pid, frame }) => {
    const [fd = 0, message = null] = argsOf(machine, frame);
    const [, queue, state] = mine(machine, pid, Number(fd));
    if (state.isFull) return failed("EBUSY", "the ring is full");
    if (state.engine === "rsa") return to("rsaStore");
    const bytes = new Uint8Array(SQE_SIZE);
    writeRequest(bytes, {
      source: fieldOf(message, "src"),
      length: field32Of(message, "len"),
      target: fieldOf(message, "dst"),
      room: field32Of(message, "room"),
      type: field32Of(message, "type") % 256 || ZIP_TYPE.ZLIB,
      tag: queue.sent,
    });
    const va = state.sq + state.sqTail * SQE_SIZE;
    const stored = storeBytes(machine, pid, va, bytes);
    if (!stored.ok) return fault(machine, ops, pid, va);
    emit(machine, "ring.submit", queue.queue, state.sqTail, Bytes(SQE_SIZE));
    return to("qmRing", cost("store", 2));
  },
  qmRing: (machine, ops, { pid, frame }) => {
    const [place, queue, state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
    const index = (state.sqTail + 1) % QM_Q_DEPTH;
    const rung = ring(machine, pid, queue, state, { cmd: DOORBELL_CMD.SQ, index });
    if (!rung) return fault(machine, ops, pid, state.doorbell);
    const cache = [...state.cache];
    cache[state.sqTail] = queue.sent;
    const isKept = state.sqn !== undefined; // on uacce: one slot stays free
    const last = isKept ? (index + 1) % QM_Q_DEPTH : index;
    const moved = { ...state, cache, sqTail: index, isFull: last === state.sqHead };
    machine.userQueues[place] = { ...queue, sent: queue.sent + 1, state: moved };
    return done({ value: 0 }, cost("doorbell"));
  },
};

function ring(
  machine: UserPart,
  pid: number,
  queue: UserQueue,
  state: QmState,
  { cmd, index }: { readonly cmd: number; readonly index: number },
): boolean {
  const number = hasDefect(machine, "D13") ? 0 : (machine.queues.qn[queue.queue] as number);
  const qn = state.sqn ?? number;
  const { offset, word: bits } = writeDoorbell(state.version, { qn, cmd, index });
  const stored = storeRegister(machine, pid, word(state.doorbell + offset), bits);
  if (!stored.ok) return false;
  const device = machine.queues.device[queue.queue] as number;
  if (cmd === DOORBELL_CMD.SQ) emit(machine, "ring.doorbell", device, qn, index);
  return true;
}

/**
 * wd_recv on the queue manager: one load of the completion at the head tells by its phase bit
 * whether it is new.
 *
 * @returns 0, and in `written` what the engine said: consumed, produced, status
 * Refuses: -EAGAIN when nothing is new; -EIO when the engine's status is bad.
 * Known defects: D18, a bad request is not stepped over: every later call sees it again. D19, the
 * handle is looked up by the place of the completion, the request by its own slot. D20, nothing keeps
 * what is read after the phase bit from being read before it.
 * Leaves out: that a CPU may do so: its loads are in order here.
 * Source: QM_UDRV hisi_qm_get_from_dio_q
 */
export const QM_RECV: Routine<UserPart, "qmLook" | "qmTake"> = {
  qmLook: (machine, ops, { pid, frame }) => {
    const [, queue, state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
    const va = state.cq + state.cqHead * CQE_SIZE;
    const cqe = loadBytes(machine, pid, va, CQE_SIZE);
    if (!cqe.ok) return fault(machine, ops, pid, va);
    const { phase } = unpack(QM_WORDS.CQE_W7, read(CQE, cqe.value, 0, "w7"));
    if (phase !== state.phase) {
      if (frame.numbers[0] !== POLLING) emit(machine, "ring.poll", queue.queue, 1);
      return failed("EAGAIN", "no new completion");
    }
    const times = frame.numbers[1] ?? 0;
    if (times > 0) emit(machine, "ring.poll", queue.queue, times);
    return to("qmTake", cost("store"), [read(CQE, cqe.value, 0, "sq_head")]);
  },
  qmTake: (machine, ops, { pid, frame }) => {
    const [, , state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
    const slot = (frame.numbers[0] as number) % QM_Q_DEPTH;
    if (state.engine === "rsa") return to("rsaTake", undefined, [slot]);
    const va = state.sq + slot * SQE_SIZE;
    const sqe = loadBytes(machine, pid, va, SQE_SIZE);
    if (!sqe.ok) return fault(machine, ops, pid, va);
    const { status, consumed, produced } = readResult(sqe.value);
    const isGood = status === ZIP_STATUS.OK || status === ZIP_STATUS.NEGATIVE;
    const written = { consumed, produced, status };
    return taken(machine, ops, { pid, frame, slot }, { isGood, written });
  },
};

interface At {
  readonly pid: number;
  readonly frame: Frame;
  readonly slot: number;
}

/** What a request has in its slot when it is done, as its engine's form has it. */
interface Taken {
  readonly isGood: boolean;
  readonly written: { readonly status: number; readonly [name: string]: Value };
}

/** The rest of wd_recv, whichever engine it was: the completion is stepped over, and told of. */
export function taken<M extends UserPart>(
  machine: M,
  ops: Ops<M>,
  { pid, frame, slot }: At,
  { isGood, written }: Taken,
): Next {
  const [place, queue, state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
  emit(machine, "ring.reap", queue.queue, slot, written.status);
  if (!isGood && hasDefect(machine, "D18"))
    return failed("EIO", "bad status, and not stepped over");
  const next = stepOver(state);
  const rung = ring(machine, pid, queue, next, { cmd: DOORBELL_CMD.CQ, index: next.cqHead });
  if (!rung) return fault(machine, ops, pid, state.doorbell);
  machine.userQueues[place] = { ...queue, state: next };
  if (!isGood) return failed("EIO", "bad status");
  const request = state.cache[hasDefect(machine, "D19") ? state.cqHead : slot] ?? 0;
  return done({ value: 0, written: { request, ...written } }, cost("doorbell"));
}

function stepOver(state: QmState): QmState {
  const next = (state.cqHead + 1) % QM_Q_DEPTH;
  const phase = next === 0 ? 1 - state.phase : state.phase;
  return { ...state, cqHead: next, sqHead: next, phase, isFull: false };
}

/** Marks a call of wd_recv that `wait until` repeats: looks in vain are told once, at the end. */
export const POLLING = 1;
