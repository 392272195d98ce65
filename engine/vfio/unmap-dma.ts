import {
  assert,
  BEFORE_V6,
  bug,
  type Check,
  firstRefusal,
  ns,
  ok,
  owe,
  type Result,
  record,
  U64_END,
} from "../core/index.ts";
import { flushIotlb } from "../iommu/index.ts";
import { endLeaving, leavingOf, setLeaving } from "../mm/index.ts";
import { answer, done, type Frame, type Reply, type Routine, to } from "../task/index.ts";
import { findDma } from "./dma-list.ts";
import type { VfioOps } from "./ops.ts";
import type { Container, Dma, VfioPart } from "./part.ts";
import { clearSome, forgetDma, unmapOthers, unpinAll } from "./unmap.ts";

const NOW = ns(0);

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
 * Removes the mappings in a range, lowest first, with the container's lock held. v2 removes whole
 * mappings or refuses; v1 stops at a mapping that begins before the range, and removes the whole of
 * one that it meets (VFIO-DMA-051). A mapping that another address space made stays, in v4.18 and
 * v5.7 (VFIO-DMA-052).
 *
 *   next --> clear --> flush --> free          512 runs of pages at a time (VFIO-DMA-055); between
 *    ^         ^                   |           the three a device may go on, no task may
 *    |         +--- more of it ----+
 *    +------------- forget --------+
 *
 * @returns 0, and `size` written back: bytes removed. BUG where a vendor driver keeps pages pinned
 * (MDEV-PIN-022)
 * Leaves out: v4.18 and v5.7 take first what stands highest in their tree, not what is lowest: a
 * v1 container whose range cuts a mapping may there lose others behind it; that they let go of the
 * lock while a vendor driver is told.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_dma_do_unmap v4.18
 */
export const UNMAP: Routine<VfioPart, "next" | "clear" | "flush" | "free"> = {
  next: (machine, ops: VfioOps<VfioPart>, { pid, frame }) => {
    const [id = 0, iova = 0, size = 0, gone = 0] = frame.numbers;
    const found = findNext(machine, ops, id, { wish: { iova, size }, pid, gone });
    if (!found.ok || found.value === undefined) {
      endLeaving(machine, pid);
      const written = { size: BigInt(gone) };
      return done(found.ok ? { value: 0, written } : answer(found));
    }
    const dma = found.value;
    const at = unmapOthers(machine, record(machine.containers, id), dma);
    setLeaving(machine, pid, { isLocked: true, counted: 0, payer: dma.pid });
    return to("clear", NOW, [id, iova, size, gone, dma.iova, at]);
  },
  clear: (machine, _ops, { pid, frame }) => {
    const [id = 0, , , , , at = 0] = frame.numbers;
    const container = record(machine.containers, id);
    const { next, ...cleared } = clearSome(machine, container, dmaOf(container, frame), at);
    setLeaving(machine, pid, { ...cleared, isStale: cleared.runs.length > 0 });
    return to("flush", NOW, frame.numbers.with(5, next));
  },
  flush: (machine, _ops, { pid }) => {
    const { domain, start, end, isStale } = leavingOf(machine, pid);
    if (isStale) {
      flushIotlb(machine, domain, start, end - start);
      owe(machine, "unmap");
    }
    setLeaving(machine, pid, { isStale: false });
    return to("free");
  },
  free: (machine, _ops, { pid, frame }) => {
    const [id = 0, iova = 0, size = 0, gone = 0, , at = 0] = frame.numbers;
    const dma = dmaOf(record(machine.containers, id), frame);
    const { runs, counted } = leavingOf(machine, pid);
    const all = counted + unpinAll(machine, runs, dma.prot);
    setLeaving(machine, pid, { runs: [], counted: all });
    if (at < dma.iova + dma.size) return to("clear");
    forgetDma(machine, id, dma, all);
    setLeaving(machine, pid, { counted: 0 });
    return to("next", NOW, [id, iova, size, gone + dma.size]);
  },
};

/** The mapping that goes now: nobody else changes the list meanwhile. */
function dmaOf({ dmas }: Container, { numbers }: Frame): Dma {
  const dma = dmas.find(({ iova }) => iova === numbers[4]);
  assert(dma !== undefined, "a mapping that goes is still recorded", numbers[4]);
  return dma;
}

/** Begins it. Refuses: UNMAP_CHECKS, in order. */
export function unmapDma(
  machine: VfioPart,
  id: number,
  wish: UnmapWish,
  { pid, call }: { readonly pid: number; readonly call: number },
): Reply {
  const container = record(machine.containers, id);
  const refusal = firstRefusal(UNMAP_CHECKS, machine.kernel, { container, wish });
  if (refusal) return refusal;
  setLeaving(machine, pid, { isLocked: true });
  return {
    enter: { routine: "unmapDma", pc: "next", call, numbers: [id, wish.iova, wish.size, 0] },
  };
}

/**
 * The lowest mapping in the range that may go; vendor drivers have unpinned its pages. v6.1 looks for the
 * first one only, and takes those behind it as they stand: one too that ends at 2^64, which nobody finds
 * (vfio_find_dma_first_node).
 *
 * Leaves out: that such a one, where it stands above the first in the tree, hides that too.
 */
function findNext<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  { wish, pid, gone }: { readonly wish: UnmapWish; readonly pid: number; readonly gone: number },
): Result<Dma | undefined> {
  for (let told = 0; ; told += 1) {
    const container = record(machine.containers, id);
    const end = gone > 0 && machine.kernel === "v6.1" ? wish.iova + wish.size : 0;
    const dma =
      findDma(container.dmas, wish.iova, wish.size) ??
      container.dmas.find(({ iova, size }) => iova < end && iova + size === U64_END);
    if (!dma || (!container.isV2 && wish.iova > dma.iova)) return ok(undefined);
    if (isForeign(machine, dma, pid)) return ok(undefined);
    if (dma.pins.length === 0) return ok(dma);
    if (told > RETRIES_MAX) return bug("a vendor driver keeps pages of an unmapped range");
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
