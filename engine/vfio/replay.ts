import { Iova, OK, ok, PAGE, Pfn, type Result, record } from "../core/index.ts";
import { iovaToFrame, mapDomain, unmapDomain } from "../iommu/index.ts";
import { type PinnedRun, pinRun, unpinCharged } from "./account.ts";
import type { Container, Dma, VfioPart } from "./part.ts";

/**
 * Enters what the container maps into a domain that is new to it (vfio_iommu_replay): from another
 * domain's table where there is one, else the pages are pinned and charged now (VFIO-DMA-065).
 *
 * Where it fails, v4.18 and v5.7 undo nothing: what was pinned stays pinned and charged, and what
 * was entered stays where the domain stays, as a parent's does. v6.1 takes all of it back.
 *
 * @param pid  who calls: it is the memory of this task that is pinned
 *
 * Refuses: as `pinRun` and `mapDomain` do.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_iommu_replay v4.18 and v6.1
 */
export function replay(machine: VfioPart, id: number, domain: number, pid: number): Result<void> {
  const container = record(machine.containers, id);
  for (const [index, dma] of container.dmas.entries()) {
    const replayed = replayDma(machine, container, dma, { domain, pid });
    if (replayed.ok) continue;
    if (machine.kernel !== "v6.1") {
      setMapped(machine, id, index);
      return replayed;
    }
    for (const before of container.dmas.slice(0, index + 1).toReversed()) {
      takeBack(machine, domain, before);
    }
    return replayed;
  }
  setMapped(machine, id, container.dmas.length);
  return OK;
}

/** So many of the container's mappings, the lowest, are in its domains now. */
function setMapped(machine: VfioPart, id: number, count: number): void {
  const { dmas, ...container } = record(machine.containers, id);
  const mapped = dmas.map((dma, index) => (index < count ? { ...dma, isMapped: true } : dma));
  machine.containers[id] = { ...container, dmas: mapped };
}

function replayDma(
  machine: VfioPart,
  container: Container,
  dma: Dma,
  { domain, pid }: { readonly domain: number; readonly pid: number },
): Result<void> {
  const first = dma.isMapped ? container.domains[0] : undefined;
  let at = 0;
  while (at < dma.size) {
    const most = (dma.size - at) / PAGE;
    const run = first
      ? runIn(machine, first.domain, dma.iova + at, most)
      : pinRun(machine, dma, { at, most, pid });
    if (!run) {
      at += PAGE; // a WARN in Linux
      continue;
    }
    if (!run.ok) return run;
    const { pfn, pages } = run.value;
    const wish = { iova: Iova(dma.iova + at), pfn, size: pages * PAGE, prot: dma.prot };
    const mapped = mapDomain(machine, domain, wish);
    if (!mapped.ok) {
      if (machine.kernel === "v6.1" && !first) unpinCharged(machine, dma, wish.iova, run.value);
      return mapped;
    }
    at += pages * PAGE;
  }
  return OK;
}

/** Frames side by side that a domain's table has from an address on; undefined where none is. */
function runIn(machine: VfioPart, domain: number, iova: number, most: number) {
  const pfn = iovaToFrame(machine, domain, iova);
  if (pfn < 0) return undefined;
  let pages = 1;
  while (pages < most && iovaToFrame(machine, domain, iova + pages * PAGE) === pfn + pages) {
    pages += 1;
  }
  return ok<PinnedRun>({ pfn: Pfn(pfn), pages });
}

/** Takes one mapping out of a domain that the container does not get, with the pins of the replay. */
function takeBack(machine: VfioPart, domain: number, dma: Dma): void {
  if (dma.isMapped) {
    unmapDomain(machine, domain, dma.iova, dma.size);
    return;
  }
  for (let at = 0; at < dma.size; ) {
    const run = runIn(machine, domain, dma.iova + at, (dma.size - at) / PAGE);
    if (!run) {
      at += PAGE;
      continue;
    }
    const size = run.value.pages * PAGE;
    unmapDomain(machine, domain, dma.iova + at, size);
    unpinCharged(machine, dma, dma.iova + at, run.value);
    at += size;
  }
}
