import { assert, emit, Iova, ok, PAGE, Pfn, type Result, record, refuse } from "../core/index.ts";
import { dmaAlloc, dmaFree } from "../iommu/index.ts";
import { type Backing, writeFrame } from "../mm/index.ts";
import type { MmapRequest } from "../task/index.ts";
import { registerFrame } from "./mmio.ts";
import { ringPlace } from "./nic-pages.ts";
import { nicOf } from "./nic-part.ts";
import { NIC_DEPTH, NIC_PAGE, NIC_REGIONS, NIC_TAG } from "./nic-registers.ts";
import { addQueue, type HwPart } from "./part.ts";
import { freeNumber, groupOf } from "./qm-driver.ts";
import { write } from "./register.ts";

/**
 * What the kernel's driver does to lend a pair of rings: the part of a network driver that the
 * document asks for and nobody posted. It is written to the interface that the posted drivers have.
 */

/** The ring of that number on a card, by its place in `machine.nicRings`. */
export function ringOfQueue(machine: HwPart, queue: number): number {
  return machine.nicRings.findIndex((ring) => ring.queue === queue);
}

/** A row of `machine.queues` for a ring whose page is there, so that the card may use it. */
export function startRing(
  machine: HwPart,
  at: number,
  page: { readonly iova: number; readonly pfn: number },
): number {
  const { nic, number } = record(machine.nicRings, at);
  const { queues } = machine;
  const queue = addQueue(machine);
  queues.device[queue] = record(machine.nics, nic).device;
  queues.qn[queue] = number;
  queues.taken[queue] = 1;
  queues.started[queue] = 1;
  queues.depth[queue] = NIC_DEPTH;
  queues.pfn[queue] = page.pfn;
  queues.sq[queue] = page.iova + NIC_PAGE.fields.rx.at;
  queues.cq[queue] = page.iova + NIC_PAGE.fields.tx.at;
  const empty = { rxHead: 0, rxTail: 0, txHead: 0, txTail: 0 };
  machine.nicRings[at] = { ...record(machine.nicRings, at), ...empty, queue };
  return queue;
}

/**
 * get_queue: the lowest ring that is for lending and nobody has. The kernel's own are never given
 * away. It begins empty: no packet goes to memory before the program has put buffers in.
 *
 * @returns the queue's id
 * Refuses: EBUSY where none is left to lend; ENOMEM from the allocation.
 */
export function lendRing(machine: HwPart, device: number): Result<number> {
  const { queueCount, version } = record(machine.devices, device);
  const number = freeNumber(machine, device, queueCount);
  if (number < 0) return refuse("EBUSY", "no ring is left to lend");
  const page = dmaAlloc(machine, groupOf(machine, device), 1);
  if (!page.ok) return page;
  const { firstRing, firstLent } = record(machine.nics, nicOf(machine, device));
  assert(number >= firstLent, "a ring of the kernel's is not lent", number);
  const bytes = new Uint8Array(PAGE);
  write(NIC_PAGE, bytes, 0, "tag", NIC_TAG);
  write(NIC_PAGE, bytes, 0, "depth", NIC_DEPTH);
  write(NIC_PAGE, bytes, 0, "registers", ringPlace(version, number).offset);
  write(NIC_PAGE, bytes, 0, "number", number);
  writeFrame(machine, page.value.pfn, 0, bytes);
  return ok(startRing(machine, firstRing + number, page.value));
}

/**
 * put_queue: the ring is switched off, and the card touches it no more, before its page goes; a
 * packet that was on its way there is lost, and counted. Rules that led to it go, so that its packets are the kernel's again.
 */
export function takeRingBack(machine: HwPart, queue: number): void {
  const { queues } = machine;
  const at = ringOfQueue(machine, queue);
  assert(at >= 0, "a ring given back twice", queue);
  const ring = record(machine.nicRings, at);
  machine.nicRings[at] = { ...ring, queue: -1, rxHead: 0, rxTail: 0, txHead: 0, txTail: 0 };
  const nic = record(machine.nics, ring.nic);
  const rules = nic.rules.filter((rule) => rule.ring !== ring.number);
  machine.nics[ring.nic] = { ...nic, rules };
  queues.taken[queue] = 0;
  queues.started[queue] = 0;
  dmaFree(machine, groupOf(machine, nic.device), {
    iova: Iova(queues.sq[queue] as number),
    pfn: Pfn(queues.pfn[queue] as number),
    pages: 1,
  });
  emit(machine, "queue.put", queue);
}

/**
 * mmap of a lent ring's file, a page each. Page 0: registers; on the first silicon they are those of
 * every ring of the card, since all are in one page. Page 1: the rings.
 *
 * Refuses: EINVAL for another page, EINVAL for more than one.
 */
export function mapRing(machine: HwPart, queue: number, request: MmapRequest): Result<Backing> {
  const { file, page, length } = request;
  const { queues } = machine;
  if (page > NIC_REGIONS.rings) return refuse("EINVAL", "no region at this page");
  if (length > PAGE) return refuse("EINVAL", "more than the page of this region");
  if (page === NIC_REGIONS.rings) {
    return ok({ kind: "device", file, pfn: queues.pfn[queue] as number, registers: false });
  }
  const device = queues.device[queue] as number;
  const place = ringPlace(record(machine.devices, device).version, queues.qn[queue] as number);
  return ok({ kind: "device", file, pfn: registerFrame(device, place.page), registers: true });
}
