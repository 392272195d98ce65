import {
  assert,
  Bytes,
  emit,
  hasDefect,
  Iova,
  OK,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import { dmaAlloc, dmaFree } from "../iommu/index.ts";
import type { Backing } from "../mm/index.ts";
import type { MmapRequest } from "../task/index.ts";
import { doorbellFrame } from "./mmio.ts";
import { addQueue, type DeviceKind, type HwPart, type Job, type Rings } from "./part.ts";
import { writeContexts } from "./qm-contexts.ts";
import { QM_Q_DEPTH, QM_REGIONS, ringBytes, sqBytes } from "./qm-registers.ts";

/** Pages of one ZIP queue's rings: 32 of requests, 4 of completions. */
export const RING_PAGES = QM_REGIONS.rings.bytes / PAGE;

/** Pages of a queue's rings, whichever engine it is of. */
export function ringPages(machine: HwPart, queue: number): number {
  return ringBytes(kindOf(machine, queue)) / PAGE;
}

function kindOf(machine: HwPart, queue: number): DeviceKind {
  return record(machine.devices, machine.queues.device[queue] as number).kind;
}

/**
 * A queue's number out of the device's pool (hisi_qm_create_qp). The device does not know of it yet.
 *
 * @param from  where to begin to look; behind the last number it goes on with the lowest
 * @returns the queue's id
 * Refuses: EBUSY when the pool is empty.
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_create_qp near RFCv1
 */
export function takeQp(machine: HwPart, device: number, from = 0): Result<number> {
  const { queueCount } = record(machine.devices, device);
  const qn = freeNumber(machine, device, queueCount, from);
  if (qn < 0) return refuse("EBUSY", "no free queue");
  const { queues } = machine;
  const queue = addQueue(machine);
  queues.device[queue] = device;
  queues.qn[queue] = qn;
  queues.taken[queue] = 1;
  queues.depth[queue] = QM_Q_DEPTH;
  return ok(queue);
}

const COUNTS = ["head", "tail", "told", "counted", "cqTail", "updated"] as const;

/**
 * Tells the device where a queue's rings are (hisi_qm_start_qp): it begins at their start.
 *
 * Leaves out: the mailbox.
 */
export function startQp(machine: HwPart, queue: number, { iova, pfn }: Rings): void {
  const { queues } = machine;
  for (const column of COUNTS) queues[column][queue] = 0;
  queues.phase[queue] = 1;
  queues.pfn[queue] = pfn;
  queues.sq[queue] = iova;
  queues.cq[queue] = iova + sqBytes(kindOf(machine, queue));
  queues.started[queue] = 1;
  writeContexts(machine, queue);
}

/** The device fetches nothing more from the queue. A request that it works on goes on. */
export function stopQp(machine: HwPart, queue: number): void {
  machine.queues.started[queue] = 0;
}

/**
 * The queue's rings in coherent memory of its own, and started on them.
 *
 * Refuses: ENOMEM from the allocation.
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_start_qp near RFCv1
 */
export function startOwnQp(machine: HwPart, queue: number): Result<void> {
  const device = machine.queues.device[queue] as number;
  const rings = dmaAlloc(machine, groupOf(machine, device), ringPages(machine, queue));
  if (!rings.ok) return rings;
  startQp(machine, queue, rings.value);
  return OK;
}

/**
 * The kernel driver's part of a queue: a number, and rings that it is started on.
 *
 * @returns the queue's id
 * Refuses: as `takeQp` and `startOwnQp`, and then the number is free again.
 */
export function createQp(machine: HwPart, device: number): Result<number> {
  const queue = takeQp(machine, device);
  if (!queue.ok) return queue;
  const started = startOwnQp(machine, queue.value);
  if (started.ok) return queue;
  machine.queues.taken[queue.value] = 0;
  return started;
}

/** The lowest number from `from` on that no queue of the device has, else the lowest; -1 for none. */
export function freeNumber(machine: HwPart, device: number, count: number, from = 0): number {
  const taken = numbersOf(machine, device);
  for (let qn = from; qn < count; qn += 1) if (!taken.has(qn)) return qn;
  return from > 0 ? freeNumber(machine, device, count) : -1;
}

/** The numbers of a device that queues have. */
function numbersOf({ queues }: HwPart, device: number): Set<number> {
  const taken = new Set<number>();
  for (let queue = 0; queue < queues.made; queue += 1) {
    if (queues.taken[queue] && queues.device[queue] === device)
      taken.add(queues.qn[queue] as number);
  }
  return taken;
}

/** The IOMMU group of a device; -1 for none. */
export function groupOf(machine: HwPart, device: number): number {
  return record(machine.streams, record(machine.devices, device).stream).group;
}

/** How many queues of a device nobody has. */
export function queuesLeft(machine: HwPart, device: number): number {
  return record(machine.devices, device).queueCount - numbersOf(machine, device).size;
}

/**
 * Gives a queue's own rings back. Early silicon cannot be stopped (D16): they are freed although
 * the device may be in the middle of a request, and what it does then goes to memory that is no
 * longer the queue's. With D16 mended they stay until the device is done with that request.
 *
 * Leaves out: that silicon which cannot be stopped fetches what waits in the ring, too; that a stop
 * which drains makes close wait.
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_put_queue near RFCv1; mended, qm_drain_qp v5.7
 */
export function freeRings(machine: HwPart, queue: number): void {
  const { queues, jobs } = machine;
  const device = queues.device[queue] as number;
  const rings = { iova: queues.sq[queue] as number, pfn: queues.pfn[queue] as number };
  stopQp(machine, queue);
  const job = jobs[device];
  if (job?.queue === queue && !job.rings && !hasDefect(machine, "D16")) {
    jobs[device] = { ...job, rings };
  } else dropRings(machine, device, rings);
}

/** Is the device in the middle of a request of this queue? */
export function isBusyWith({ queues, jobs }: HwPart, queue: number): boolean {
  return jobs[queues.device[queue] as number]?.queue === queue;
}

/** Where the device finds the rings of what it works on: an address of its own. */
export function ringsOf({ queues }: HwPart, { queue, rings }: Job): number {
  return rings?.iova ?? (queues.sq[queue] as number);
}

/** The memory of rings goes. */
export function dropRings(machine: HwPart, device: number, { iova, pfn }: Rings): void {
  const pages = ringBytes(record(machine.devices, device).kind) / PAGE;
  const memory = { iova: Iova(iova), pfn: Pfn(pfn), pages };
  dmaFree(machine, groupOf(machine, device), memory);
}

/** The number is free again. */
export function putQp(machine: HwPart, queue: number): void {
  const { queues } = machine;
  assert(queues.taken[queue] === 1, "a queue given back twice", queue);
  queues.taken[queue] = 0;
  queues.started[queue] = 0;
  emit(machine, "queue.put", queue);
}

/**
 * Gives a queue back, rings and number.
 *
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_release_qp near RFCv1
 */
export function releaseQp(machine: HwPart, queue: number): void {
  freeRings(machine, queue);
  putQp(machine, queue);
}

/**
 * mmap of a queue file. Page 0: the doorbell page, at most one page; page 1: the rings, at most
 * their own length.
 *
 * Refuses: EINVAL for another page, EINVAL for a length beyond the region, EINVAL for rings that
 * a queue not started does not have.
 * Source: facts of the QM's mmap layout: KL drivers/crypto/hisilicon/qm.c near RFCv1
 */
export function mapQp(machine: HwPart, queue: number, request: MmapRequest): Result<Backing> {
  const { file, page, length } = request;
  const { queues } = machine;
  if (page === QM_REGIONS.doorbell.page) {
    if (length > QM_REGIONS.doorbell.bytes) return refuse("EINVAL", "more than the doorbell page");
    const pfn = doorbellFrame(machine, queue, 0);
    return ok({ kind: "device", file, pfn, registers: true });
  }
  if (page === QM_REGIONS.rings.page) {
    if (length > ringPages(machine, queue) * PAGE) return refuse("EINVAL", "more than the rings");
    if (!queues.started[queue]) return refuse("EINVAL", "the queue has no rings");
    return ok({ kind: "device", file, pfn: queues.pfn[queue] as number, registers: false });
  }
  return refuse("EINVAL", "no region at this page");
}

/** Bytes of a doorbell store. */
export const DOORBELL_BYTES = Bytes(8);
