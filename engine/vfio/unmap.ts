import { Bytes, emit, Iova, PAGE, Pfn, record } from "../core/index.ts";
import { flushIotlb, iovaToFrame, unmapDomain, unmapFast } from "../iommu/index.ts";
import { lockAccount, type PinnedRun, unpinRun } from "./account.ts";
import type { Container, Dma, VfioPart } from "./part.ts";

/** So many runs are taken out of the table before the IOMMU is told (VFIO_IOMMU_TLB_SYNC_MAX). */
const SYNC_MAX = 512;

/** Runs that are out of the table, but that the IOMMU may remember. */
interface Pending {
  readonly domain: number;
  readonly start: number;
  readonly prot: number;
  end: number;
  readonly runs: PinnedRun[];
}

/**
 * Takes a mapping out of every domain of a container and lets its pages go. The order is the
 * point: entry, then IOTLB, and only then the page (VFIO-DMA-055). One domain tells which
 * pages; the others are emptied before it (VFIO-DMA-057).
 *
 * @returns pages that were counted
 * Leaves out: cuts between the three; the container's lock is held throughout.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_unmap_unpin v4.18
 */
export function unmapUnpin(machine: VfioPart, container: Container, dma: Dma): number {
  const [first, ...others] = container.domains;
  if (!first || dma.size === 0) return 0;
  for (const { domain } of others) unmapDomain(machine, domain, dma.iova, dma.size);
  const { domain } = first;
  const end = dma.iova + dma.size;
  let counted = 0;
  let pending: Pending | undefined;
  for (let iova = dma.iova; iova < end; ) {
    const pfn = iovaToFrame(machine, domain, iova);
    if (pfn < 0) {
      iova += PAGE; // a WARN in Linux
      continue;
    }
    const size = runAt(machine, domain, iova, end);
    const cleared = unmapFast(machine, domain, iova, size);
    pending ??= { domain, prot: dma.prot, start: iova, end: iova, runs: [] };
    pending.runs.push({ pfn: Pfn(pfn), pages: cleared / PAGE });
    iova += cleared;
    pending.end = iova;
    if (pending.runs.length < SYNC_MAX) continue;
    counted += syncUnpin(machine, pending);
    pending = undefined;
  }
  return counted + (pending ? syncUnpin(machine, pending) : 0);
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

/** The IOMMU forgets; now the pages may go (vfio_sync_unpin). */
function syncUnpin(machine: VfioPart, { domain, start, end, runs, prot }: Pending): number {
  flushIotlb(machine, domain, start, end - start);
  return runs.reduce((counted, run) => counted + unpinRun(machine, run, prot), 0);
}

/**
 * Removes a mapping: entries, pins, the charge, the record (vfio_remove_dma). Where the process is
 * gone there is nobody to give the charge back to (VFIO-DMA-053).
 */
export function removeDma(machine: VfioPart, id: number, dma: Dma): void {
  const container = record(machine.containers, id);
  const counted = unmapUnpin(machine, container, dma);
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
    lockAccount(machine, dma, dma.pins.filter(({ pfn }) => pfn > 0).length - counted);
    return { ...dma, isMapped: false };
  });
  machine.containers[id] = { ...container, dmas };
}
