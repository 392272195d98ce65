import {
  assert,
  Bytes,
  emit,
  Iova,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import { dmaAlloc, dmaFree } from "../iommu/index.ts";
import { type Backing, REGISTERS } from "../mm/index.ts";
import type { MmapRequest } from "../task/index.ts";
import { addQueue, type HwPart } from "./part.ts";
import { QM_Q_DEPTH, QM_REGIONS, SQ_BYTES } from "./qm-registers.ts";

/** Pages of one queue's rings: 32 of requests, 4 of completions. */
export const RING_PAGES = QM_REGIONS.rings.bytes / PAGE;

/**
 * The kernel driver's part of a queue: a number from the device's pool, rings in coherent memory,
 * and the two contexts, which tell the device where they are.
 *
 * @returns the queue's id
 * Refuses: EBUSY when the pool is empty; ENOMEM from the allocation, and then the number is free
 * again.
 * Leaves out: the mailbox and the contexts in memory; the model's device knows what they say.
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_create_qp, hisi_qm_start_qp near RFCv1
 */
export function createQp(machine: HwPart, device: number): Result<number> {
  const { queueCount } = record(machine.devices, device);
  const qn = freeNumber(machine, device, queueCount);
  if (qn < 0) return refuse("EBUSY", "no free queue");
  const rings = dmaAlloc(machine, groupOf(machine, device), RING_PAGES);
  if (!rings.ok) return rings;
  const { queues } = machine;
  const queue = addQueue(machine);
  queues.device[queue] = device;
  queues.qn[queue] = qn;
  queues.taken[queue] = 1;
  queues.depth[queue] = QM_Q_DEPTH;
  queues.pfn[queue] = rings.value.pfn;
  queues.sq[queue] = rings.value.iova;
  queues.cq[queue] = rings.value.iova + SQ_BYTES;
  queues.phase[queue] = 1;
  queues.waiter[queue] = -1;
  return ok(queue);
}

/** The lowest number of the device that no queue has; -1 where all are taken. */
export function freeNumber(machine: HwPart, device: number, count: number): number {
  const { queues } = machine;
  const taken = new Set<number>();
  for (let queue = 0; queue < queues.made; queue += 1) {
    if (queues.taken[queue] && queues.device[queue] === device)
      taken.add(queues.qn[queue] as number);
  }
  for (let qn = 0; qn < count; qn += 1) if (!taken.has(qn)) return qn;
  return -1;
}

/** The IOMMU group of a device; -1 for none. */
export function groupOf(machine: HwPart, device: number): number {
  return record(machine.streams, record(machine.devices, device).stream).group;
}

/** How many queues of a device nobody has. */
export function queuesLeft(machine: HwPart, device: number): number {
  const { queues } = machine;
  let taken = 0;
  for (let queue = 0; queue < queues.made; queue += 1) {
    if (queues.taken[queue] && queues.device[queue] === device) taken += 1;
  }
  return record(machine.devices, device).queueCount - taken;
}

/**
 * Gives a queue back. Early silicon cannot be stopped (D16): the rings are freed although the
 * device may be in the middle of a request, and what it does then goes to memory that is no
 * longer the queue's. A request that waits in the ring is not fetched any more.
 *
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_release_qp near RFCv1
 */
export function releaseQp(machine: HwPart, queue: number): void {
  const { queues } = machine;
  assert(queues.taken[queue] === 1, "a queue given back twice", queue);
  queues.taken[queue] = 0;
  queues.waiter[queue] = -1;
  const device = queues.device[queue] as number;
  dmaFree(machine, groupOf(machine, device), {
    iova: Iova(queues.sq[queue] as number),
    pfn: Pfn(queues.pfn[queue] as number),
    pages: RING_PAGES,
  });
  emit(machine, "queue.put", queue);
}

/**
 * mmap of a queue file. Page 0: the doorbell page, at most one page; page 1: the rings, at most 36.
 *
 * Refuses: EINVAL for another page, EINVAL for a length beyond the region.
 * Source: facts of the QM's mmap layout: KL drivers/crypto/hisilicon/qm.c near RFCv1
 */
export function mapQp(machine: HwPart, queue: number, request: MmapRequest): Result<Backing> {
  const { file, page, length } = request;
  const { queues } = machine;
  if (page === QM_REGIONS.doorbell.page) {
    if (length > QM_REGIONS.doorbell.bytes) return refuse("EINVAL", "more than the doorbell page");
    const pfn = REGISTERS + (queues.device[queue] as number);
    return ok({ kind: "device", file, pfn, registers: true });
  }
  if (page === QM_REGIONS.rings.page) {
    if (length > QM_REGIONS.rings.bytes) return refuse("EINVAL", "more than the rings");
    return ok({ kind: "device", file, pfn: queues.pfn[queue] as number, registers: false });
  }
  return refuse("EINVAL", "no region at this page");
}

/** The device whose doorbell page this frame is; -1 for none. */
export function deviceOfRegister(machine: HwPart, pfn: number): number {
  const device = pfn - REGISTERS;
  return device >= 0 && device < machine.devices.length ? device : -1;
}

/** Bytes of a doorbell store. */
export const DOORBELL_BYTES = Bytes(8);
