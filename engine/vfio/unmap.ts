import { Bytes, emit, Iova, PAGE, Pfn, record } from "../core/index.ts";
import { flushIotlb, iovaToFrame, unmapDomain, unmapFast } from "../iommu/index.ts";
import { isReserved, lockAccount, type PinnedRun, unpinRun } from "./account.ts";
import type { Container, Dma, VfioPart } from "./part.ts";

/** So many runs are taken out of the table before the IOMMU is told (VFIO_IOMMU_TLB_SYNC_MAX). */
const SYNC_MAX = 512;

/** Runs of one domain that are out of its table, and that its IOMMU may remember. */
export interface Cleared {
  readonly domain: number;
  readonly start: number;
  readonly end: number;
  readonly runs: readonly PinnedRun[];
  /** Where to go on. */
  readonly next: number;
}

/**
 * Takes a mapping out of every domain of a container and lets its pages go, in one step. The order
 * is the point: entry, then IOTLB, and only then the page (VFIO-DMA-055). UNMAP_DMA does the same
 * with cuts between the three.
 *
 * @returns pages that were counted
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_unmap_unpin v4.18
 */
export function unmapUnpin(machine: VfioPart, container: Container, dma: Dma): number {
  let counted = 0;
  let at = unmapOthers(machine, container, dma);
  for (;;) {
    const cleared = clearSome(machine, container, dma, at);
    if (cleared.runs.length > 0) {
      flushIotlb(machine, cleared.domain, cleared.start, cleared.end - cleared.start);
    }
    counted += unpinAll(machine, cleared.runs, dma.prot);
    at = cleared.next;
    if (at >= dma.iova + dma.size) return counted;
  }
}

/**
 * One domain tells which pages go; the others are emptied before it (VFIO-DMA-057).
 *
 * @returns where to begin in that one: behind the mapping, where there is none
 */
export function unmapOthers(machine: VfioPart, container: Container, dma: Dma): number {
  const [first, ...others] = container.domains;
  if (!first || dma.size === 0) return dma.iova + dma.size;
  for (const { domain } of others) unmapDomain(machine, domain, dma.iova, dma.size);
  return dma.iova;
}

/** Takes up to SYNC_MAX runs out of the first domain's table, from `from` on. */
export function clearSome(
  machine: VfioPart,
  { domains: [first] }: Container,
  dma: Dma,
  from: number,
): Cleared {
  const last = dma.iova + dma.size;
  const runs: PinnedRun[] = [];
  const domain = first?.domain ?? -1;
  let iova = from;
  while (iova < last && runs.length < SYNC_MAX) {
    const pfn = iovaToFrame(machine, domain, iova);
    if (pfn < 0) {
      iova += PAGE; // a WARN in Linux
      continue;
    }
    const size = runAt(machine, domain, iova, last);
    const cleared = unmapFast(machine, domain, iova, size);
    runs.push({ pfn: Pfn(pfn), pages: cleared / PAGE });
    iova += cleared;
  }
  return { domain, start: from, end: iova, runs, next: iova };
}

/** The IOMMU has forgotten them: now the pages may go. @returns how many were counted */
export function unpinAll(machine: VfioPart, runs: readonly PinnedRun[], prot: number): number {
  return runs.reduce((counted, run) => counted + unpinRun(machine, run, prot), 0);
}

/** Bytes from here on that lead to frames side by side (VFIO-DMA-054). */
function runAt(machine: VfioPart, domain: number, iova: number, end: number): number {
  const pfn = iovaToFrame(machine, domain, iova);
  let size = PAGE;
  while (iova + size < end && iovaToFrame(machine, domain, iova + size) === pfn + size / PAGE) {
    size += PAGE;
  }
  return size;
}

/**
 * Removes a mapping: entries, pins, the charge, the record (vfio_remove_dma). Where the process is
 * gone there is nobody to give the charge back to (VFIO-DMA-053).
 */
export function removeDma(machine: VfioPart, id: number, dma: Dma): void {
  forgetDma(machine, id, dma, unmapUnpin(machine, record(machine.containers, id), dma));
}

/** The rest of it, when the pages have gone: `counted` of them were charged. */
export function forgetDma(machine: VfioPart, id: number, dma: Dma, counted: number): void {
  const container = record(machine.containers, id);
  lockAccount(machine, dma, -counted);
  const dmas = container.dmas.filter((other) => other !== dma);
  machine.containers[id] = { ...container, dmas };
  emit(machine, "vfio.unmap", id, Iova(dma.iova), Bytes(dma.size));
}

/** Removes every mapping of a container (vfio_iommu_unmap_unpin_all). */
export function removeAll(machine: VfioPart, id: number): void {
  for (const dma of record(machine.containers, id).dmas) removeDma(machine, id, dma);
}

/**
 * The last IOMMU domain leaves, mediated devices stay: mappings are kept, their pages let go but
 * for those that a vendor driver holds, and the charge says so (VFIO-DMA-067).
 *
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_iommu_unmap_unpin_reaccount v4.18
 */
export function reaccount(machine: VfioPart, id: number): void {
  const container = record(machine.containers, id);
  const dmas = container.dmas.map((dma) => {
    const counted = unmapUnpin(machine, container, dma);
    const held = dma.pins.filter(({ pfn }) => !isReserved(pfn as Pfn)).length;
    lockAccount(machine, dma, held - counted);
    return { ...dma, isMapped: false };
  });
  machine.containers[id] = { ...container, dmas };
}
