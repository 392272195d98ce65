import {
  BEFORE_V6,
  bug,
  type Check,
  firstRefusal,
  ok,
  type Result,
  record,
} from "../core/index.ts";
import { findDma } from "./dma-list.ts";
import type { VfioOps } from "./ops.ts";
import type { Container, Dma, VfioPart } from "./part.ts";
import { removeDma } from "./unmap.ts";

/** What is to go, its words read and checked. */
export interface UnmapWish {
  readonly iova: number;
  readonly size: number;
}

interface UnmapInput {
  readonly container: Container;
  readonly wish: UnmapWish;
}

/** Does a mapping begin before the range and reach into it? */
function cutsStart({ container, wish }: UnmapInput): boolean {
  const dma = container.isV2 ? findDma(container.dmas, wish.iova, 1) : undefined;
  return dma !== undefined && dma.iova !== wish.iova;
}

/** Does a mapping begin in the range and reach beyond it? */
function cutsEnd({ container, wish }: UnmapInput): boolean {
  const end = wish.iova + wish.size;
  const dma = container.isV2 ? findDma(container.dmas, end - 1, 0) : undefined;
  return dma !== undefined && dma.iova + dma.size !== end;
}

// biome-ignore format: one check a line
export const UNMAP_CHECKS: readonly Check<UnmapInput>[] = [
  { errno: "EINVAL", source: "VFIO-DMA-047", why: "the start cuts a mapping", refuses: cutsStart },
  { errno: "EINVAL", source: "VFIO-DMA-046", why: "the end cuts a mapping", refuses: cutsEnd },
];

/** A vendor driver is told so often before the kernel gives up on it. */
const RETRIES_MAX = 10;

/**
 * Removes the mappings in a range, lowest first. v2 removes whole mappings or refuses; v1 stops at
 * a mapping that begins before the range, and removes the whole of one that it meets
 * (VFIO-DMA-051). A mapping that another address space made stays, in v4.18 and v5.7
 * (VFIO-DMA-052).
 *
 * @param pid  who calls
 * @returns bytes removed
 * Refuses: UNMAP_CHECKS, in order. BUG where a vendor driver keeps pages pinned (MDEV-PIN-022).
 * Leaves out: v4.18 and v5.7 take first what stands highest in their tree, not what is lowest: a
 * v1 container whose range cuts a mapping may there lose others behind it.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_dma_do_unmap v4.18
 */
export function unmapDma<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  { wish, pid }: { readonly wish: UnmapWish; readonly pid: number },
): Result<number> {
  const before = record(machine.containers, id);
  const refusal = firstRefusal(UNMAP_CHECKS, machine.kernel, { container: before, wish });
  if (refusal) return refusal;
  let unmapped = 0;
  let retries = 0;
  let last: Dma | undefined;
  for (;;) {
    const container = record(machine.containers, id);
    const dma = findDma(container.dmas, wish.iova, wish.size);
    if (!dma || (!container.isV2 && wish.iova > dma.iova)) return ok(unmapped);
    if (isForeign(machine, dma, pid)) return ok(unmapped);
    if (dma.pins.length === 0) {
      unmapped += dma.size;
      removeDma(machine, id, dma);
      continue;
    }
    retries = last && last.iova === dma.iova ? retries + 1 : 0;
    if (retries > RETRIES_MAX) return bug("a vendor driver keeps pages of an unmapped range");
    last = dma;
    notify(machine, ops, container, dma);
  }
}

/** Did another address space make it? Its own process may be gone: that is another one too. */
function isForeign(machine: VfioPart, dma: Dma, pid: number): boolean {
  if (!BEFORE_V6.includes(machine.kernel)) return false;
  return record(machine.tasks, dma.pid).mm !== record(machine.tasks, pid).mm;
}

/** Tells the vendor drivers that asked for it, with the whole of the mapping (MDEV-PIN-021). */
function notify<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  container: Container,
  { iova, size }: Dma,
): void {
  for (const device of container.notifiers) {
    const { driver, object } = record(machine.vfioDevices, device);
    ops.device[driver]?.unmapping?.(machine, ops, object, iova, size);
  }
}
