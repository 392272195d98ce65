/** The queues of a run as their drivers see them, whoever owns the driver: slots and ends. */

import {
  DUMMY_PAGE,
  KIND_NAMES,
  type Machine,
  type Run,
  readField,
  readFrame,
  record,
  type Step,
} from "../../engine/index.ts";
import type { RingEnd } from "../layout/index.ts";
import { deviceName } from "./cast.ts";

/**
 * What a slot holds that is not free. stored: the request is there, its end not moved; REQ: it is for the device; busy: the device works
 * on it; done: the program has not looked yet.
 */
export type SlotState = "stored" | "REQ" | "busy" | "done";

/** One ring at one moment. */
export interface QueueState {
  readonly slots: number;
  /** By slot; free ones are missing. */
  readonly states: ReadonlyMap<number, SlotState>;
  readonly ends: readonly RingEnd[];
  /** No request can be added. */
  readonly isFull: boolean;
  /** Where the next one goes. */
  readonly next: number;
  /** Requests of which the program has the result. */
  readonly received: number;
  /** What the phase bit of the next completion will be; undefined where the ring has none. */
  readonly phase?: number;
}

/** Slots from `from` up to `to`, without it, going round. */
function range(from: number, to: number, slots: number): readonly number[] {
  const count = (to - from + slots) % slots;
  return Array.from({ length: count }, (_, at) => (from + at) % slots);
}

/** Nothing where the queue is not there, or nobody works with it yet. */
export function queueState(machine: Machine, queue: number): QueueState | undefined {
  const { queues } = machine;
  if (queue >= queues.made || !queues.taken[queue]) return undefined;
  const { kind } = record(machine.devices, queues.device[queue] as number);
  return kind === "dummy" ? dummyState(machine, queue) : qmState(machine, queue);
}

/**
 * The queue manager's pair of rings, slot by slot together: request i is answered by completion i.
 * Source: samples/warpdrive/drv/hisi_qm_udrv.c near RFCv1; the device's own end is
 * the head in its context, struct sqc of KL drivers/crypto/hisilicon/qm.c.
 */
function qmState(machine: Machine, queue: number): QueueState | undefined {
  const owner = qmOwner(machine, queue);
  if (!owner) return undefined;
  const { queues } = machine;
  const slots = queues.depth[queue] as number;
  const head = queues.head[queue] as number;
  const device = queues.device[queue] as number;
  const states = new Map<number, SlotState>();
  const done = range(owner.head, head, slots);
  // More than was asked for: the program has gone past the device's head, and nothing waits for it.
  const asked = owner.isFull ? slots : range(owner.head, owner.tail, slots).length;
  if (done.length <= asked) for (const slot of done) states.set(slot, "done");
  const waiting = owner.isFull && head === owner.tail ? slots : (owner.tail - head + slots) % slots;
  for (let at = 0; at < waiting; at += 1) states.set((head + at) % slots, "REQ");
  const job = machine.jobs[device];
  if (job?.queue === queue && job.call >= 0) states.set(job.slot, "busy");
  return {
    slots,
    states,
    ends: [
      {
        role: "consumer",
        name: "sqc.head",
        value: head,
        who: `${deviceName(machine, device)} takes requests`,
      },
      {
        role: "producer",
        name: "sq_tail",
        value: owner.tail,
        who: `${owner.name} adds requests`,
        by: owner.by,
      },
      {
        role: "consumer",
        name: "cq_head",
        value: owner.head,
        who: `${owner.name} takes results`,
        by: owner.by,
      },
    ],
    isFull: owner.isFull,
    next: owner.tail,
    received: owner.head,
    phase: owner.phase,
  };
}

/** What the driver that fills the queue keeps: the program's own, or the kernel's. */
interface Owner {
  readonly name: string;
  readonly by: "process" | "kernel";
  readonly tail: number;
  /** The next completion to look at; requests before it have been received. */
  readonly head: number;
  readonly phase: number;
  readonly isFull: boolean;
}

function qmOwner(machine: Machine, queue: number): Owner | undefined {
  const channel = machine.channels.find((some) => some.queue === queue);
  if (channel) {
    const { tail, cqHead: head, phase } = channel;
    return { name: "kernel", by: "kernel", tail, head, phase, isFull: false };
  }
  const user = machine.userQueues.find((some) => some.queue === queue);
  if (user?.state.kind !== "qm") return undefined;
  const { sqTail: tail, cqHead: head, phase, isFull } = user.state;
  return { name: record(machine.tasks, user.pid).name, by: "process", tail, head, phase, isFull };
}

/** Source: WD drv/dummy_drv.c 7f7e0c06, and the page that its driver shares. */
function dummyState(machine: Machine, queue: number): QueueState | undefined {
  const user = machine.userQueues.find((some) => some.queue === queue);
  if (user?.state.kind !== "dummy") return undefined;
  const { queues } = machine;
  const pfn = queues.pfn[queue] as Parameters<typeof readFrame>[1];
  const page = readFrame(machine, pfn, 0, DUMMY_PAGE.size);
  const slots = queues.depth[queue] as number;
  const { head, taken } = user.state;
  const tail = readField(DUMMY_PAGE, page, 0, "tail");
  const states = new Map<number, SlotState>();
  for (const slot of range(taken, tail, slots)) states.set(slot, "done");
  for (const slot of range(tail, head, slots)) states.set(slot, "REQ");
  const { name } = record(machine.tasks, user.pid);
  return {
    slots,
    states,
    ends: [
      { role: "consumer", name: "tail", value: tail, who: "driver takes requests", by: "kernel" },
      { role: "producer", name: "head", value: head, who: `${name} adds requests`, by: "process" },
      {
        role: "consumer",
        name: "resp_tail",
        value: taken,
        who: `${name} takes results`,
        by: "process",
      },
    ],
    isFull: (head + 1) % slots === taken,
    next: head,
    received: taken,
  };
}

/** The kinds of events that name a queue, and where. */
const QUEUE_ARG = {
  "ring.submit": 0,
  "ring.reap": 0,
  "ring.poll": 0,
  "dma.read": 3,
  "dma.write": 3,
  "dma.fault": 3,
  "queue.get": 0,
} as const;

/** The queues that requests are put into, in the order of their first request. */
export function usedQueues(run: Run): readonly number[] {
  const { events } = run;
  const used = new Set<number>();
  for (let at = 0; at < events.count; at += 1) {
    if (KIND_NAMES[events.kind[at] as number] === "ring.submit") {
      used.add(events.args[4 * at] as number);
    }
  }
  return [...used];
}

/** The queue that a step is about, else the one that was last spoken of before it. */
export function queueOf(run: Run, step: Step): number | undefined {
  const { events } = run;
  let last: number | undefined;
  for (let at = 0; at < events.count && (events.step[at] as number) <= step.after; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    if (kind !== undefined && kind in QUEUE_ARG) {
      last = events.args[4 * at + QUEUE_ARG[kind as keyof typeof QUEUE_ARG]];
    }
  }
  return last ?? usedQueues(run)[0];
}
