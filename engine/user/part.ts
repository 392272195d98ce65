import type { FrameworkPart } from "../frameworks/index.ts";

/** What the user driver of the queue manager keeps in the process (struct hisi_qm_queue_info). */
export interface QmState {
  readonly kind: "qm";
  /** Whose requests these are: what the program said when it opened the queue. */
  readonly engine: "zip" | "rsa";
  /** Where submission queue, completion queue and doorbell page are mapped. */
  readonly sq: number;
  readonly cq: number;
  readonly doorbell: number;
  /** Which silicon the doorbell is written for. */
  readonly version: 1 | 2;
  /** The number of the queue, where the kernel told it. */
  readonly sqn?: number;
  readonly sqTail: number;
  readonly sqHead: number;
  readonly cqHead: number;
  /** What the phase bit of a new completion is on this round. */
  readonly phase: number;
  readonly isFull: boolean;
  /** The program's own handle of the request in each slot (req_cache). */
  readonly cache: readonly number[];
}

/** What the user driver of the dummy device keeps. */
export interface DummyState {
  readonly kind: "dummy";
  readonly page: number;
  readonly head: number;
  readonly taken: number;
}

/** What the user driver of a lent pair of rings keeps. */
export interface NicState {
  readonly kind: "nic";
  /** Where the page of the rings is mapped, that of the registers, and the ring's own in it. */
  readonly rings: number;
  readonly page: number;
  readonly registers: number;
  readonly depth: number;
  /** The next packet to look for, to send, and to see whether it has left. */
  readonly rxNext: number;
  readonly txNext: number;
  readonly txClean: number;
  /** The pool: its memory, and the buffers that are in it, the last one to be taken first. */
  readonly base: number;
  readonly count: number;
  readonly pool: readonly number[];
  /** By slot: the buffers that the card has. */
  readonly rxBuffers: readonly number[];
  readonly txBuffers: readonly number[];
}

/** One queue as one process sees it. A value; fork copies it, as it copies all memory. */
export interface UserQueue {
  readonly pid: number;
  /** The descriptor of the queue: the program's handle. */
  readonly fd: number;
  /** The queue of the device behind it, for events; the program does not know it. */
  readonly queue: number;
  /** Requests sent so far: the next handle. */
  readonly sent: number;
  readonly state: QmState | DummyState | NicState;
}

/** What wd_request_queue has put together (struct wd_queue of the RFCs). A value. */
export interface WdQueue {
  readonly pid: number;
  /** Descriptors; -1 where not opened. `fd` is the program's handle, 0 where it was never set. */
  readonly fd: number;
  readonly mdev: number;
  readonly container: number;
  readonly group: number;
  /** The container that the caller brought; 0 for none. */
  readonly given: number;
  /** What the device's `dma_flag` says. */
  readonly dmaFlag: number;
}

/** The share of user in the machine. */
export interface UserPart extends FrameworkPart {
  readonly userQueues: UserQueue[];
  readonly wdQueues: WdQueue[];
}

/** The share of `user` in an empty machine: no program has a queue. */
export function userPart(): Pick<UserPart, "userQueues" | "wdQueues"> {
  return { userQueues: [], wdQueues: [] };
}

/** The place of a process's queue in `userQueues`; -1 where it has none at that descriptor. */
export function placeOf(machine: UserPart, pid: number, fd: number): number {
  return machine.userQueues.findLastIndex((queue) => queue.pid === pid && queue.fd === fd);
}

/** fork copied the memory of the process, and so the library's state in it. */
export function copyUserQueues(machine: UserPart, parent: number, child: number): void {
  const copies = machine.userQueues.filter((queue) => queue.pid === parent);
  for (const queue of copies) machine.userQueues.push({ ...queue, pid: child });
  const requested = machine.wdQueues.filter((queue) => queue.pid === parent);
  for (const queue of requested) machine.wdQueues.push({ ...queue, pid: child });
}
