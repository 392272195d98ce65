import {
  Bytes,
  type Check,
  emit,
  firstRefusal,
  Iova,
  OK,
  PAGE,
  Pfn,
  type Result,
  record,
} from "../core/index.ts";
import { type MapWish, mapDomain, unmapDomain } from "../iommu/index.ts";
import { lockAccount, type PinnedRun, pinRun, unpinCharged } from "./account.ts";
import { validEnd } from "./aperture.ts";
import { findDma, withDma } from "./dma-list.ts";
import type { Container, Dma, VfioPart } from "./part.ts";
import { unmapUnpin } from "./unmap.ts";

/** A mapping as the program asks for it, its words read and checked. */
export interface DmaWish {
  /** Whole pages below 2^64, neither range wrapping. */
  readonly iova: number;
  readonly vaddr: number;
  readonly size: number;
  /** IOMMU_PROT bits, at least one. */
  readonly prot: number;
}

interface MapInput {
  /** dma_entry_limit */
  readonly limit: number;
  /** Where the valid ranges end, exclusive. */
  readonly end: number;
  readonly container: Container;
  readonly wish: DmaWish;
}

// biome-ignore format: one check a line
export const MAP_CHECKS: readonly Check<MapInput>[] = [
  { errno: "EEXIST", source: "VFIO-DMA-015", why: "overlaps a live mapping", refuses: ({ container, wish }) => findDma(container.dmas, wish.iova, wish.size) !== undefined },
  { errno: "ENOSPC", source: "VFIO-DMA-071", why: "dma_entry_limit reached", kernels: ["v5.7", "v6.1"], refuses: ({ container, limit }) => container.dmas.length >= limit },
  { errno: "EINVAL", source: "VFIO-DMA-072", why: "outside the valid ranges", kernels: ["v5.7", "v6.1"], refuses: ({ wish, end }) => wish.iova + wish.size > end },
];

/**
 * Adds one mapping to a container. With a domain in it, the pages are pinned, charged and entered
 * run by run; without one (mediated devices only) the mapping is but recorded (VFIO-DMA-034).
 *
 * @param pid  who calls: its memory, its limit, its rights
 *
 * Refuses: MAP_CHECKS, in order; then what `pinRun` and `mapDomain` refuse, and all that was
 * pinned and entered is undone (VFIO-DMA-019). Pages faulted in for the process stay.
 * Leaves out: v6.1 pins up to 512 pages at a time, so that one which is refused may have faulted in
 * more of them.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_dma_do_map v4.18
 */
export function mapDma(machine: VfioPart, id: number, wish: DmaWish, pid: number): Result<void> {
  const container = record(machine.containers, id);
  const refusal = firstRefusal(MAP_CHECKS, machine.kernel, {
    container,
    wish,
    limit: machine.vfio.dmaEntryLimit,
    end: validEnd(machine, container),
  });
  if (refusal) return refusal;
  const hasLockCap = record(machine.tasks, pid).creds.root;
  const isMapped = container.domains.length > 0;
  const dma: Dma = { ...wish, isMapped, hasLockCap, pid, pins: [] };
  // Recorded first and grown as the runs come in (vfio_link_dma); forgotten where one is refused.
  emit(machine, "vfio.map", id, Iova(wish.iova), Bytes(wish.size));
  const mapped = isMapped ? pinAndMap(machine, container, dma) : OK;
  if (!mapped.ok) {
    emit(machine, "vfio.unmap", id, Iova(wish.iova), Bytes(wish.size));
    return mapped;
  }
  const dmas = withDma(container.dmas, dma);
  machine.containers[id] = { ...container, dmas };
  return OK;
}

/** Run by run (vfio_pin_map_dma). */
function pinAndMap(machine: VfioPart, container: Container, dma: Dma): Result<void> {
  let at = 0;
  while (at < dma.size) {
    const run = pinRun(machine, dma, { at, most: (dma.size - at) / PAGE, pid: dma.pid });
    const mapped = run.ok ? mapRun(machine, container, dma, { ...run.value, at }) : run;
    if (!mapped.ok) {
      const counted = unmapUnpin(machine, container, { ...dma, size: at });
      lockAccount(machine, dma, -counted);
      return mapped;
    }
    at += run.ok ? run.value.pages * PAGE : 0;
  }
  return OK;
}

/**
 * Enters one run in every domain of the container (vfio_iommu_map). Where one refuses, it is taken
 * out of those before it and let go.
 */
function mapRun(
  machine: VfioPart,
  { domains }: Container,
  dma: Dma,
  { pfn, pages, at }: PinnedRun & { readonly at: number },
): Result<void> {
  const iova = Iova(dma.iova + at);
  const size = pages * PAGE;
  for (const [index, { domain }] of domains.entries()) {
    const wish = { iova, pfn, size, prot: dma.prot };
    const mapped = mapHarder(machine, domain, wish, mapDomain(machine, domain, wish));
    if (mapped.ok) continue;
    for (const before of domains.slice(0, index).toReversed()) {
      unmapDomain(machine, before.domain, iova, size);
    }
    unpinCharged(machine, dma, iova, { pfn, pages });
    return mapped;
  }
  return OK;
}

/**
 * Old IOMMUs of AMD are busy where a block would take the place of a table: then page by page
 * (map_try_harder), in v4.18 and no later. Where that fails, EBUSY is told all the same; and the
 * undoing begins at the page that failed and leaves the first one entered.
 */
function mapHarder(
  machine: VfioPart,
  domain: number,
  wish: MapWish,
  first: Result<void>,
): Result<void> {
  if (first.ok || first.errno !== "EBUSY" || machine.kernel !== "v4.18") return first;
  for (let done = 0; done < wish.size; done += PAGE) {
    const page = { ...wish, iova: Iova(wish.iova + done), pfn: Pfn(wish.pfn + done / PAGE) };
    if (mapDomain(machine, domain, { ...page, size: PAGE }).ok) continue;
    for (let back = done; back > 0; back -= PAGE) {
      unmapDomain(machine, domain, wish.iova + back, PAGE);
    }
    return first;
  }
  return OK;
}
