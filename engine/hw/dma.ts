import {
  assert,
  Bytes,
  cost,
  emit,
  Iova,
  PAGE,
  type Pfn,
  pageOf,
  record,
  type Span,
  U64_END,
} from "../core/index.ts";
import { countFault, translate } from "../iommu/index.ts";
import { readFrame, writeFrame } from "../mm/index.ts";
import type { HwPart } from "./part.ts";

/** One access of a device: at most to the end of the page it starts in. */
export interface Access {
  readonly device: number;
  readonly queue: number;
  readonly iova: number;
  readonly size: number;
  /** A row of DMA_WHAT. */
  readonly what: number;
  /** The process whose addresses these are; 0 for the device's own. */
  readonly pasid?: number;
  /** The page was asked for, and there is none: no more waiting. */
  readonly isRefused?: boolean;
}

/** The page is not there, and the device may ask for it: no byte moved, nothing is counted. */
export const WAITS = "waits";

export interface Moved {
  readonly bytes: Uint8Array;
  /** How long it took: more where the IOMMU had to walk its tables. */
  readonly span: Span;
}

/** The longest piece that starts at `iova`, lies in one page and is not longer than `size`. */
export function piece(iova: number, size: number): number {
  return Math.min(size, PAGE - (iova % PAGE));
}

/** Two pieces, one behind the other. */
export function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

/**
 * What the device puts on the bus. A request may name any 64 bits; above 2^53 a double holds only
 * some of them, and those are far beyond every table anyway: their page will do.
 */
function onBus(iova: number): number {
  return Number.isSafeInteger(iova) ? iova : Math.min(pageOf(iova), U64_END - PAGE);
}

/** How far an access got: its frame and how long that took; nothing where the IOMMU refuses. */
function reach(
  machine: HwPart,
  access: Access,
  isWrite: boolean,
): Reached | typeof WAITS | undefined {
  const { stream } = record(machine.devices, access.device);
  assert(
    access.size > 0 && access.size <= piece(access.iova, PAGE),
    "within one page",
    access.size,
  );
  const iova = Iova(onBus(access.iova));
  const how = isWrite ? "write" : "read";
  const { pasid = 0 } = access;
  const found = translate(machine, stream, iova, how, pasid);
  if (!found.ok) {
    if (found.mayWait && !access.isRefused) return WAITS;
    if (found.mayWait) countFault(machine, stream, { iova, access: how, pasid }, found.reason);
    emit(machine, "dma.fault", iova, Bytes(access.size), access.what, access.queue);
    return undefined;
  }
  return { pfn: found.pfn, span: (cost("dma") + (found.walked ? cost("walk") : 0)) as Span };
}

interface Reached {
  readonly pfn: Pfn;
  readonly span: Span;
}

/** Reads memory as a device does. @returns undefined where the IOMMU refused: no byte moved */
export function dmaRead(machine: HwPart, access: Access): Moved | typeof WAITS | undefined {
  const found = reach(machine, access, false);
  if (!found || found === WAITS) return found;
  const bytes = readFrame(machine, found.pfn, access.iova % PAGE, access.size);
  emit(machine, "dma.read", Iova(access.iova), Bytes(access.size), access.what, access.queue);
  return { bytes, span: found.span };
}

/**
 * Writes memory as a device does.
 *
 * @returns how long it took, undefined where the IOMMU refused: no byte moved
 */
export function dmaWrite(
  machine: HwPart,
  access: Access,
  bytes: Uint8Array,
): Span | typeof WAITS | undefined {
  const found = reach(machine, access, true);
  if (!found || found === WAITS) return found;
  writeFrame(machine, found.pfn, access.iova % PAGE, bytes);
  emit(machine, "dma.write", Iova(access.iova), Bytes(access.size), access.what, access.queue);
  return found.span;
}
