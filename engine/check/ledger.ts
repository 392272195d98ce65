import { KIND_NAMES, type Kind, PAGE, type Pfn, record } from "../core/index.ts";
import { bondOf, iovaToFrame, levelsFor, STE } from "../iommu/index.ts";
import {
  ENTRY,
  eachLeaf,
  flagsOf,
  isRegister,
  type Leaving,
  numberOf,
  VM,
  walk,
  ZERO_PAGE,
} from "../mm/index.ts";
import type { Dma } from "../vfio/index.ts";
import type { CheckMachine } from "./bench/index.ts";

/** What the machine's records add up to: what counters, and devices, are held against. */

const ADDRESSES = { start: 0, end: 2 * 140_737_488_355_328 };

function isCounted(frame: number): boolean {
  return frame !== ZERO_PAGE && !isRegister(frame as never);
}

/** Entries of live processes that lead to each frame of memory. */
export function entriesByFrame(machine: CheckMachine): Map<number, number> {
  const entries = new Map<number, number>();
  for (const { root, users } of machine.mms) {
    if (users === 0) continue;
    eachLeaf(machine.tables, root, ADDRESSES, (_at, entry) => {
      const frame = numberOf(entry);
      if (isCounted(frame)) entries.set(frame, (entries.get(frame) ?? 0) + 1);
    });
  }
  return entries;
}

/** Where the entries of all domains lead: domain, frame, device address. A block by its first page. */
export function entered(machine: CheckMachine): [domain: number, frame: Pfn, iova: number][] {
  const found: [number, Pfn, number][] = [];
  for (const [id, { isGone, iommu, root }] of machine.domains.entries()) {
    if (isGone || iommu < 0) continue;
    eachLeaf(machine.tables, root, ADDRESSES, (at, entry) => {
      found.push([id, numberOf(entry) as Pfn, at]);
    });
  }
  return found;
}

/** One page of a mapping that VFIO has pinned and entered. */
export interface DmaPage {
  readonly container: number;
  readonly dma: Dma;
  readonly iova: number;
  readonly vaddr: number;
  readonly frame: number;
}

/** The pages of all mappings that are in a domain, as the first domain of their container has them. */
export function dmaPages(machine: CheckMachine): DmaPage[] {
  const pages: DmaPage[] = [];
  for (const [container, { domains, dmas }] of machine.containers.entries()) {
    const [first] = domains;
    if (!first) continue;
    for (const dma of dmas) {
      for (let at = 0; dma.isMapped && at < dma.size; at += PAGE) {
        const frame = iovaToFrame(machine, first.domain, dma.iova + at);
        const page = { container, dma, iova: dma.iova + at, vaddr: dma.vaddr + at, frame };
        if (frame >= 0) pages.push(page);
      }
    }
  }
  return pages;
}

/** Frames of a mapping that are out of the table, and that UNMAP_DMA has not let go yet. */
function* leavingFrames({ domain, runs }: Leaving): Generator<number> {
  if (domain < 0) return;
  for (const { pfn, pages } of runs) for (let page = 0; page < pages; page += 1) yield pfn + page;
}

/** May an IOTLB know a range otherwise than its table: cleared, and not invalidated yet? */
export function isStale(
  machine: CheckMachine,
  owner: { readonly mm: number } | { readonly domain: number },
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  return machine.leaving.some((one) => {
    const isOwners = "mm" in owner ? one.mm === owner.mm : one.domain === owner.domain;
    return one.isStale && isOwners && one.start < end && start < one.end;
  });
}

/**
 * Pins that VFIO has reason for: one a page of a mapping, one a page that a vendor driver pinned,
 * one a page on its way out.
 */
export function pinsByFrame(machine: CheckMachine): Map<number, number> {
  const pins = new Map<number, number>();
  const add = (frame: number) => {
    if (isCounted(frame)) pins.set(frame, (pins.get(frame) ?? 0) + 1);
  };
  for (const { frame } of dmaPages(machine)) add(frame);
  for (const { dmas } of machine.containers) {
    for (const dma of dmas) for (const pin of dma.pins) add(pin.pfn);
  }
  for (const one of machine.leaving) for (const frame of leavingFrames(one)) add(frame);
  return pins;
}

/** What locked_vm of an address space should be: what mlock locked, and what VFIO charged to it. */
export function chargeOf(machine: CheckMachine, mm: number): number {
  let pages = 0;
  for (const { start, end, flags } of record(machine.mms, mm).vmas) {
    if (flags & VM.LOCKED) pages += (end - start) / PAGE;
  }
  const isOurs = ({ pid }: Dma) => record(machine.tasks, pid).mm === mm;
  for (const { dma, frame } of dmaPages(machine)) {
    if (isOurs(dma) && isCounted(frame)) pages += 1;
  }
  for (const one of machine.leaving) {
    if (one.payer < 0 || record(machine.tasks, one.payer).mm !== mm) continue;
    pages += one.counted + [...leavingFrames(one)].filter(isCounted).length;
  }
  for (const { dmas, domains } of machine.containers) {
    if (domains.length > 0) continue;
    for (const dma of dmas.filter(isOurs)) {
      pages += dma.pins.filter(({ pfn }) => isCounted(pfn)).length;
    }
  }
  return pages;
}

/** One access of a device that got through, in the step that just ran. */
export interface Moved {
  readonly isWrite: boolean;
  readonly iova: number;
  readonly what: number;
  readonly queue: number;
}

/** What the news of the last step say of devices' accesses. */
export function accesses({ news }: CheckMachine): Moved[] {
  const found: Moved[] = [];
  for (let at = 0; at < news.count; at += 1) {
    const kind = KIND_NAMES[news.kind[at] as number] as Kind;
    if (kind !== "dma.read" && kind !== "dma.write") continue;
    const [iova = 0, , what = 0, queue = 0] = news.args.subarray(4 * at, 4 * at + 4);
    found.push({ isWrite: kind === "dma.write", iova, what, queue });
  }
  return found;
}

/**
 * Does the table that decides about an access allow it? Without a table everything is; what an IOTLB
 * has not been told yet is too.
 */
export function isAllowed(
  machine: CheckMachine,
  stream: number,
  wanted: { readonly iova: number; readonly pasid: number; readonly isWrite: boolean },
): boolean {
  const { iova, pasid, isWrite } = wanted;
  const row = record(machine.streams, stream);
  const bond = pasid > 0 ? bondOf(machine, stream, pasid) : undefined;
  if (bond) {
    const { root } = record(machine.mms, bond.mm);
    if (isStale(machine, bond, { start: iova, end: iova + 1 })) return true;
    const { entry } = walk(machine.tables, root, iova);
    return entry !== 0 && (!isWrite || (flagsOf(entry) & ENTRY.WRITE) !== 0);
  }
  if (row.config === STE.bypass) return true;
  if (row.domain < 0) return false;
  if (isStale(machine, row, { start: iova, end: iova + 1 })) return true;
  const { root, iommu } = record(machine.domains, row.domain);
  const levels = levelsFor(record(machine.iommus, iommu).inputBits);
  const { entry } = walk(machine.tables, root, iova, levels);
  return (flagsOf(entry) & (isWrite ? ENTRY.WRITE : ENTRY.READ)) !== 0;
}
