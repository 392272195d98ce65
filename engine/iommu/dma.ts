import { ADDRESS_END, Iova, ok, PAGE, Pfn, type Result, record, refuse } from "../core/index.ts";
import { allocateRun, putFrame } from "../mm/index.ts";
import { mapDomain, unmapDomain } from "./domain.ts";
import { IOMMU_PROT } from "./page-table.ts";
import type { DmaRange, Domain, IommuPart } from "./part.ts";

/** Memory that a kernel driver shares with its device: frames side by side. */
export interface DmaMemory {
  readonly iova: Iova;
  readonly pfn: Pfn;
  readonly pages: number;
}

/** A PCI device gets an address below 4G while there is one. */
const LOW_END = 4_294_967_296;

const FULL = refuse("ENOMEM", "no free device addresses");

/**
 * Allocates memory for driver and device alike (dma_alloc_coherent). Behind an IOMMU it gets an
 * address from the top of the 32-bit range downwards, aligned to its size rounded up to a power
 * of two; without one, or with an identity domain, its physical address.
 *
 * @param group  the device's group; -1 for none
 * Refuses: ENOMEM where the group's domain is not the DMA API's, where no frames or no addresses
 * are left, or where the entries cannot be written. Nothing stays then.
 * Leaves out: the caches of freed addresses, DMA masks other than 48 bits, reserved windows.
 * Source: drivers/iommu/dma-iommu.c iommu_dma_alloc_iova v4.18, recalled
 */
export function dmaAlloc(machine: IommuPart, group: number, pages: number): Result<DmaMemory> {
  const id = group < 0 ? -1 : record(machine.groups, group).domain;
  const domain = id < 0 ? undefined : record(machine.domains, id);
  if (domain?.kind === "unmanaged") return refuse("ENOMEM", "the domain is not the DMA API's");
  const frames = allocateRun(machine, pages);
  if (!frames.ok) return frames;
  const pfn = frames.value;
  if (domain?.kind !== "dma") return ok({ iova: Iova(pfn * PAGE), pfn, pages });
  const start = freeStart(domain, pages);
  const size = pages * PAGE;
  const prot = IOMMU_PROT.READ | IOMMU_PROT.WRITE;
  const mapped = start < 0 ? FULL : mapDomain(machine, id, { iova: Iova(start), pfn, size, prot });
  if (!mapped.ok) {
    putRun(machine, pfn, pages);
    return mapped.errno === "BUG" ? mapped : refuse("ENOMEM", mapped.why);
  }
  const ranges = [...domain.ranges, { start, end: start + size }].sort((a, b) => b.start - a.start);
  machine.domains[id] = { ...domain, ranges };
  return ok({ iova: Iova(start), pfn, pages });
}

/**
 * Gives such memory back (dma_free_coherent): entries out, IOMMU told, frames let go. A frame
 * that somebody else still holds, a process that mapped it, stays until that one lets go.
 */
export function dmaFree(machine: IommuPart, group: number, memory: DmaMemory): void {
  const id = group < 0 ? -1 : record(machine.groups, group).domain;
  const domain = id < 0 ? undefined : record(machine.domains, id);
  if (domain?.kind === "dma") {
    unmapDomain(machine, id, memory.iova, memory.pages * PAGE);
    const ranges = domain.ranges.filter(({ start }) => start !== memory.iova);
    machine.domains[id] = { ...domain, ranges };
  }
  putRun(machine, memory.pfn, memory.pages);
}

function putRun(machine: IommuPart, first: Pfn, pages: number): void {
  for (let page = 0; page < pages; page += 1) putFrame(machine, Pfn(first + page));
}

/** Below 4G first, then anywhere; -1 where nothing is free. */
function freeStart(domain: Domain, pages: number): number {
  let aligned = PAGE;
  while (aligned < pages * PAGE) aligned *= 2;
  const low = highestGap(domain.ranges, pages * PAGE, aligned, LOW_END);
  return low >= 0 ? low : highestGap(domain.ranges, pages * PAGE, aligned, ADDRESS_END);
}

/** The highest free place below `end`; page 0 is never given out. -1 for none. */
function highestGap(
  ranges: readonly DmaRange[],
  size: number,
  aligned: number,
  end: number,
): number {
  let top = end;
  for (const range of ranges) {
    if (range.start >= end) continue;
    const start = Math.floor((top - size) / aligned) * aligned;
    if (start >= range.end) return start;
    top = range.start;
  }
  const start = Math.floor((top - size) / aligned) * aligned;
  return start >= PAGE ? start : -1;
}
