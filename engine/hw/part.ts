import type { Actor } from "../core/index.ts";
import type { IommuPart } from "../iommu/index.ts";
import type { TaskPart } from "../task/index.ts";
import type { Input } from "./engine.ts";
import type { Nic, NicRing } from "./nic-part.ts";
import type { QmTables } from "./qm-contexts.ts";

/** What a device of the model can be. */
export type DeviceKind = "zip" | "rsa" | "dummy" | "nic";

/**
 * What a device is on the PCI bus, where a story asks for that: a physical function, or one of the
 * virtual functions of another. A value.
 */
export interface PciFunction {
  /** Bus, device and function in 16 bits: what its transactions carry (requester id). */
  readonly routingId: number;
  /** The device whose virtual function it is; -1 for a physical one. */
  readonly physical: number;
  /** TotalVFs and NumVFs of its SR-IOV capability. */
  readonly totalVfs: number;
  readonly numVfs: number;
  /** Queues of the whole chip, its own and those of its virtual functions. */
  readonly chipQueues: number;
  /** Somebody changes NumVFs (device_lock). */
  readonly isLocked: boolean;
  /** It has left the bus. */
  readonly isGone: boolean;
}

/** One device. A value. */
export interface Device {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly actor: Actor;
  /** Its stream at the IOMMU; -1 for a device that is software only. */
  readonly stream: number;
  /** Queues it has. */
  readonly queueCount: number;
  /** Moves only when the story says `NAME: step()`. */
  readonly held: boolean;
  /** The driver that a story gave it, "" for none; undefined where it has its own from the start. */
  readonly bound?: string;
  /** Which silicon: it decides where the doorbell is and what it looks like. */
  readonly version: 1 | 2;
  /** The queue manager's own memory, once its driver gave it some. */
  readonly tables?: QmTables;
  readonly pci?: PciFunction;
}

/** A queue's numbers, each a column: `queues.head[queue]`. */
export interface Queues {
  made: number;
  device: Int32Array;
  /** Its number on the device. */
  qn: Int32Array;
  /** 1 while somebody has it. */
  taken: Uint8Array;
  /** 1 while the device may fetch from it: its contexts say where the rings are. */
  started: Uint8Array;
  /** What accesses for user memory carry; 0 for none. The rings are the kernel's, without one. */
  pasid: Int32Array;
  /** Entries of SQ and CQ. */
  depth: Int32Array;
  /** First frame of the rings, and where the device finds them. */
  pfn: Int32Array;
  sq: Float64Array;
  cq: Float64Array;
  /** The next request that the device fetches, and where the doorbell says they end. */
  head: Int32Array;
  tail: Int32Array;
  /** Completions that were taken, as the device was told last, and as its kernel driver counts. */
  told: Int32Array;
  counted: Int32Array;
  /** The next completion that the device writes, and the phase bit that goes with it. */
  cqTail: Int32Array;
  phase: Uint8Array;
  /** Done but not yet taken notice of: `is_q_updated`. */
  updated: Uint8Array;
}

/** What a device is busy with. A value; it is replaced at each step. */
export interface Job {
  readonly queue: number;
  readonly slot: number;
  /** The row of `machine.calls`. */
  readonly call: number;
  /** The call that waits for it in the kernel; -1 for none. */
  readonly parent: number;
  readonly stage: "fetch" | "read" | "compute" | "write" | "result" | "complete";
  /** What is still to be read, and in this order. */
  readonly inputs: readonly Input[];
  readonly target: number;
  readonly room: number;
  readonly type: number;
  /** Bytes moved of the first input, or of the output. */
  readonly moved: number;
  /** What was read, then what is to be written. */
  readonly data: Uint8Array;
  readonly status: number;
  readonly consumed: number;
  readonly produced: number;
  /** It waits for a page of a process; the answer was that there is none. */
  readonly isWaiting: boolean;
  readonly isRefused: boolean;
  /** The queue was given back meanwhile: its rings stay until this is done. */
  readonly rings?: Rings;
}

/** Where a queue's rings are: requests first, then completions. */
export interface Rings {
  readonly iova: number;
  readonly pfn: number;
}

/** A task that sleeps until a queue moves (its wait queue). A value. */
export interface Wait {
  readonly queue: number;
  readonly pid: number;
}

/** The share of hw in the machine. */
export interface HwPart extends IommuPart, TaskPart {
  readonly devices: Device[];
  readonly queues: Queues;
  /** One a device; undefined where it is idle. */
  readonly jobs: (Job | undefined)[];
  readonly waits: Wait[];
  readonly nics: Nic[];
  /** Of all cards: those of one stand side by side, by their numbers. */
  readonly nicRings: NicRing[];
}

const AT_FIRST = 8;

function queuesOf(capacity: number): Queues {
  return {
    made: 0,
    device: new Int32Array(capacity),
    qn: new Int32Array(capacity),
    taken: new Uint8Array(capacity),
    started: new Uint8Array(capacity),
    pasid: new Int32Array(capacity),
    depth: new Int32Array(capacity),
    pfn: new Int32Array(capacity),
    sq: new Float64Array(capacity),
    cq: new Float64Array(capacity),
    head: new Int32Array(capacity),
    tail: new Int32Array(capacity),
    told: new Int32Array(capacity),
    counted: new Int32Array(capacity),
    cqTail: new Int32Array(capacity),
    phase: new Uint8Array(capacity),
    updated: new Uint8Array(capacity),
  };
}

/** The share of `hw` in an empty machine: no device. */
export function hwPart(): Omit<HwPart, keyof IommuPart | keyof TaskPart> {
  return { devices: [], queues: queuesOf(AT_FIRST), jobs: [], waits: [], nics: [], nicRings: [] };
}

/** A row for one more queue, all zeros. @returns its id; no id is used twice in a run */
export function addQueue(machine: HwPart): number {
  const { queues } = machine;
  if (queues.made === queues.device.length) {
    const { made: _made, ...longer } = queuesOf(2 * queues.device.length);
    for (const name of Object.keys(longer) as (keyof typeof longer)[]) {
      longer[name].set(queues[name]);
    }
    Object.assign(queues, longer);
  }
  queues.made += 1;
  return queues.made - 1;
}

/** Who a device is to the agenda. */
export function deviceActor(machine: Pick<HwPart, "devices">, device: number): Actor {
  return (machine.devices[device] as Device).actor;
}
