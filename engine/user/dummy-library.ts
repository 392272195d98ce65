import { Bytes, cost, ERRNO, type ErrnoName, emit, record } from "../core/index.ts";
import { queueOfFile } from "../frameworks/index.ts";
import { bdOffset, DUMMY_BD, DUMMY_PAGE, HW_TAG, Q_BDS, read, write } from "../hw/index.ts";
import { call, done, FLAG, type Routine, to } from "../task/index.ts";
import { argsOf, failed, fieldOf, returned, systemCall } from "./call.ts";
import { fault, loadBytes, storeBytes } from "./cpu.ts";
import { type DummyState, placeOf, type UserPart, type UserQueue } from "./part.ts";

/** drv_open, dummy: one page is mapped, and its tag compared. Refuses: -EIO for another tag. */
const DUMMY_OPEN: Routine<UserPart, "dummyPage" | "dummyOpened"> = {
  dummyPage: (machine, _ops, { frame }) => {
    const [fd = 0] = argsOf(machine, frame);
    const args = [0, 4096, FLAG.PROT_READ | FLAG.PROT_WRITE, FLAG.MAP_SHARED, fd, 0];
    return call(systemCall(machine, frame, "mmap", args), "dummyOpened");
  },
  dummyOpened: (machine, ops, { pid, frame }) => {
    const mapped = returned(machine, pid);
    if (mapped.errno) return failed("EIO", "the register page cannot be mapped");
    const tag = loadBytes(machine, pid, mapped.value, HW_TAG.length);
    if (!tag.ok) return fault(machine, ops, pid, mapped.value);
    if (!HW_TAG.every((byte, at) => tag.value[at] === byte)) return failed("EIO", "wrong tag");
    const fd = Number(argsOf(machine, frame)[0]);
    const state: DummyState = { kind: "dummy", page: mapped.value, head: 0, taken: 0 };
    machine.userQueues.push({ pid, fd, queue: queueOfFile(machine, pid, fd), sent: 0, state });
    return done({ value: 0 });
  },
};

function mine(machine: UserPart, pid: number, fd: number): [number, UserQueue, DummyState] {
  const place = placeOf(machine, pid, fd);
  const queue = record(machine.userQueues, place);
  return [place, queue, queue.state as DummyState];
}

/**
 * wd_send on the dummy device: a descriptor, then the new head. One slot stays empty, so 15 of 16
 * can wait. No doorbell: nothing happens until somebody calls the driver.
 *
 * Refuses: -EBUSY when the ring is full.
 * Source: WD drv/dummy_drv.c 7f7e0c06
 */
const DUMMY_SEND: Routine<UserPart, "dummyStore" | "dummyHead"> = {
  dummyStore: (machine, ops, { pid, frame }) => {
    const [fd = 0, message = null] = argsOf(machine, frame);
    const [, queue, state] = mine(machine, pid, Number(fd));
    if ((state.head + 1) % Q_BDS === state.taken) return failed("EBUSY", "the ring is full");
    const bytes = new Uint8Array(DUMMY_BD.size);
    write(DUMMY_BD, bytes, 0, "src_addr", fieldOf(message, "src"));
    write(DUMMY_BD, bytes, 0, "tgt_addr", fieldOf(message, "dst"));
    write(DUMMY_BD, bytes, 0, "size", fieldOf(message, "len"));
    write(DUMMY_BD, bytes, 0, "ptr", queue.sent);
    const va = state.page + bdOffset(state.head);
    const stored = storeBytes(machine, pid, va, bytes);
    if (!stored.ok) return fault(machine, ops, pid, va);
    emit(machine, "ring.submit", queue.queue, state.head, Bytes(DUMMY_BD.size));
    return to("dummyHead", cost("store"));
  },
  dummyHead: (machine, ops, { pid, frame }) => {
    const [place, queue, state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
    const head = (state.head + 1) % Q_BDS;
    const va = state.page + DUMMY_PAGE.fields.head.at;
    const stored = storeBytes(machine, pid, va, Uint8Array.of(head, 0, 0, 0));
    if (!stored.ok) return fault(machine, ops, pid, va);
    machine.userQueues[place] = { ...queue, sent: queue.sent + 1, state: { ...state, head } };
    return done({ value: 0 }, cost("store"));
  },
};

/**
 * wd_recv on the dummy device: the result of the oldest descriptor that the device has done.
 *
 * Refuses: -EBUSY when there is none; else what the driver wrote as the descriptor's result.
 * Source: WD drv/dummy_drv.c 7f7e0c06
 */
const DUMMY_RECV: Routine<UserPart, "dummyLook"> = {
  dummyLook: (machine, ops, { pid, frame }) => {
    const [place, queue, state] = mine(machine, pid, Number(argsOf(machine, frame)[0]));
    const page = loadBytes(machine, pid, state.page, DUMMY_PAGE.size);
    if (!page.ok) return fault(machine, ops, pid, state.page);
    if (read(DUMMY_PAGE, page.value, 0, "tail") === state.taken) {
      return failed("EBUSY", "nothing is done yet");
    }
    const at = bdOffset(state.taken);
    const ret = read(DUMMY_BD, page.value, at, "ret") | 0;
    emit(machine, "ring.reap", queue.queue, state.taken, Math.abs(ret));
    const taken = (state.taken + 1) % Q_BDS;
    machine.userQueues[place] = { ...queue, state: { ...state, taken } };
    if (ret === 0) return done({ value: 0 }, cost("store"));
    const errno = (Object.keys(ERRNO) as ErrnoName[]).find((name) => ERRNO[name] === -ret) ?? "EIO";
    return failed(errno, "what the driver wrote as the result");
  },
};

/** The user driver of the dummy device. */
export const DUMMY_LIBRARY = { ...DUMMY_OPEN, ...DUMMY_SEND, ...DUMMY_RECV };
