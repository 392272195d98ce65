import { ok, PAGE, type Result, refuse, ZERO } from "../core/index.ts";
import {
  doorbellFrame,
  freeRings,
  type HwPart,
  putQp,
  QM_REGIONS,
  queuesLeft,
  REGISTER_PAGES,
  ringBytes,
  ringPages,
  startOwnQp,
  startQp,
  stopQp,
  takeQp,
} from "../hw/index.ts";
import type { Backing } from "../mm/index.ts";
import type { IoctlRequest, MmapRequest, Ops, Reply } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";

/** Regions of a queue's file; the number is the page of mmap's offset. */
export const UACCE_QFRT = { MMIO: 0, DUS: 1 } as const;
/** How many kinds there are. Source: include/linux/uacce.h UACCE_MAX_REGION 015d239ac014 */
export const UACCE_MAX_REGION = 2;

export type UacceRegion = (typeof UACCE_QFRT)[keyof typeof UACCE_QFRT];

/**
 * What uacce asks of a hardware driver (struct uacce_ops), by the same names. What may be missing
 * may be missing there.
 *
 * Leaves out: a driver without get_queue.
 * Source: include/linux/uacce.h 015d239ac014
 */
export interface UacceDriver {
  getAvailableInstances?(machine: HwPart, device: number): number;
  /** @param pasid  0 where no address space is shared. What it refuses reaches the opener. */
  getQueue(machine: HwPart, device: number, pasid: number): Result<number>;
  putQueue?(machine: HwPart, queue: number): void;
  startQueue?(machine: HwPart, queue: number): Result<void>;
  stopQueue?(machine: HwPart, queue: number): void;
  /** Has the queue moved since the last time that somebody asked? */
  isUpdated?(machine: HwPart, queue: number): boolean;
  mmap?(machine: HwPart, queue: number, region: UacceRegion, request: MmapRequest): Result<Backing>;
  ioctl?(machine: HwPart, queue: number, request: IoctlRequest): Reply;
}

/** What a driver says of itself when it asks for a uacce device (struct uacce_interface). */
export interface UacceInterface {
  /** Its nodes are called `<name>-<number>`. */
  readonly name: string;
  readonly wantsSva: boolean;
  /** What `api` says: it picks the user driver. */
  readonly api: string;
  readonly algorithms: string;
  /** Pages of each region; 0: it has none. */
  readonly pages: readonly [mmio: number, dus: number];
}

/** What the drivers call themselves, and what their engines can do. */
const NAMES = {
  zip: { name: "hisi_zip", algorithms: "zlib\ngzip" },
  rsa: { name: "hisi_hpre", algorithms: "rsa\ndh" },
} as const;

/**
 * The driver of an engine behind the queue manager. Source: zip_main.c, hpre_main.c, hisi_qm.c v5.7
 * (recalled); sizes: facts 3.4.
 */
export function qmInterface(kind: keyof typeof NAMES, version: 1 | 2): UacceInterface {
  return {
    ...NAMES[kind],
    wantsSva: true,
    api: version === 1 ? "hisi_qm_v1" : "hisi_qm_v2",
    pages: [mmioPages(version), ringBytes(kind) / PAGE],
  };
}

/** The ZIP engine's driver. */
export function zipInterface(version: 1 | 2): UacceInterface {
  return qmInterface("zip", version);
}

/** The doorbell of the first silicon is in the first page, that of the second in the second. */
function mmioPages(version: 1 | 2): number {
  return version === 1 ? QM_REGIONS.doorbell.bytes / PAGE : REGISTER_PAGES;
}

/**
 * The number behind the one that was handed out last: v6.1 goes round (idr_alloc_cyclic), before it
 * the lowest is taken.
 */
function firstNumber({ kernel, queues }: HwPart, device: number): number {
  const made = queues.device.subarray(0, kernel === "v6.1" ? queues.made : 0);
  const last = made.lastIndexOf(device);
  return last < 0 ? 0 : (queues.qn[last] as number) + 1;
}

/**
 * A queue with rings, not started yet. Refuses: EBUSY without a free queue; ENOMEM.
 *
 * Source: hisi_qm_uacce_get_queue, hisi_qm_create_qp v5.7; qm_create_qp_nolock v6.1
 */
function getQueue(machine: HwPart, device: number, pasid: number): Result<number> {
  const queue = takeQp(machine, device, firstNumber(machine, device));
  if (!queue.ok) return queue;
  const rings = startOwnQp(machine, queue.value);
  if (!rings.ok) {
    machine.queues.taken[queue.value] = 0;
    return rings;
  }
  stopQp(machine, queue.value);
  machine.queues.pasid[queue.value] = pasid;
  return queue;
}

/**
 * MMIO: the doorbell's pages, at most; DUS: the rings, and neither more nor less.
 *
 * Refuses: EINVAL for another size.
 * Known defects: D14, the doorbells of all queues are in one page.
 * Source: hisi_qm_uacce_mmap v5.7
 */
function mmap(
  machine: HwPart,
  queue: number,
  region: UacceRegion,
  { file, length }: MmapRequest,
): Result<Backing> {
  const { queues } = machine;
  const device = queues.device[queue] as number;
  if (region === UACCE_QFRT.MMIO) {
    const pages = mmioPages(machine.devices[device]?.version ?? 1);
    if (length > pages * PAGE) return refuse("EINVAL", "more than the doorbell's pages");
    return ok({ kind: "device", file, pfn: doorbellFrame(machine, queue, 0), registers: true });
  }
  if (length !== ringPages(machine, queue) * PAGE)
    return refuse("EINVAL", "not the size of the rings");
  return ok({ kind: "device", file, pfn: queues.pfn[queue] as number, registers: false });
}

/**
 * UACCE_CMD_QM_SET_QP_CTX: says which algorithm the queue is for, and is told its number, which the
 * user driver needs for the doorbell.
 *
 * Refuses: EFAULT without a structure; EINVAL for a type but 0 and 1; EINVAL for any other command.
 * Source: hisi_qm_uacce_ioctl v5.7 (recalled)
 */
function ioctl(machine: HwPart, queue: number, { command, arg }: IoctlRequest): Reply {
  if (command !== "UACCE_CMD_QM_SET_QP_CTX") return refuse("EINVAL", "no such command");
  if (typeof arg !== "object" || arg === null || !("qc_type" in arg)) {
    return refuse("EFAULT", "no structure to read");
  }
  const type = Number(arg.qc_type);
  if (type !== 0 && type !== 1) return refuse("EINVAL", "qc_type is neither 0 nor 1");
  return { ...ZERO, written: { id: machine.queues.qn[queue] as number } };
}

/** The queue manager's driver, for any engine behind it. */
export const QM_UACCE: UacceDriver = {
  getAvailableInstances: queuesLeft,
  getQueue,
  putQueue: (machine, queue) => {
    freeRings(machine, queue);
    putQp(machine, queue);
  },
  startQueue: (machine, queue) => {
    const { sq, pfn } = machine.queues;
    startQp(machine, queue, { iova: sq[queue] as number, pfn: pfn[queue] as number });
    return ok(undefined);
  },
  stopQueue: stopQp,
  isUpdated: (machine, queue) => {
    const isNew = machine.queues.updated[queue] === 1;
    machine.queues.updated[queue] = 0;
    return isNew;
  },
  mmap,
  ioctl,
};

/** The ways up, where somebody else's driver stands behind uacce: without one it is the QM's. */
export interface UacceOps<M extends FrameworkPart> extends Ops<M> {
  readonly uacce?: UacceDriver;
}

/** The hardware driver of a uacce device. */
export function uacceDriver(ops: UacceOps<FrameworkPart>): UacceDriver {
  return ops.uacce ?? QM_UACCE;
}
