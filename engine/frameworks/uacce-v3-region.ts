import {
  type Check,
  firstRefusal,
  Iova,
  OK,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
} from "../core/index.ts";
import { doorbellFrame } from "../hw/index.ts";
import { IOMMU_PROT, mapDomain, unmapDomain } from "../iommu/index.ts";
import { allocateRun, type Backing, getFrame, PROT, putFrame, VM } from "../mm/index.ts";
import type { MmapRequest } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import {
  NOWHERE,
  V3_DEV,
  V3_REGION,
  V3_STATE,
  type V3Device,
  type V3Region,
  type V3RegionKind,
} from "./uacce-v3-part.ts";

/** The region that a page of the file lies in: the last that begins at or before it. */
export function regionAt({ starts }: V3Device, page: number): V3RegionKind {
  const kinds = [V3_REGION.SS, V3_REGION.DUS, V3_REGION.DKO];
  const found = kinds.find((kind) => starts[kind] !== NOWHERE && page >= starts[kind]);
  return found ?? V3_REGION.MMIO;
}

/** How long a region is, in pages: up to where the next begins. The last has no end. */
function pagesOf({ starts }: V3Device, kind: V3RegionKind): number {
  const next = starts.slice(kind + 1).find((start) => start !== NOWHERE) ?? NOWHERE;
  return next - starts[kind];
}

interface MmapInput {
  readonly uacce: V3Device;
  readonly kind: V3RegionKind;
  readonly pages: number;
  readonly isMapped: boolean;
}

const TYPE = "KL drivers/uacce/uacce.c uacce_get_region_type, late 2018";
const MMAP = "KL drivers/uacce/uacce.c uacce_fops_mmap, late 2018";

/** EBUSY even after munmap: the slot of a region is cleared when the queue is closed, not before. */
// biome-ignore format: one check a line
export const V3_MMAP_CHECKS: readonly Check<MmapInput>[] = [
  { errno: "EINVAL", source: TYPE, why: "not the size of the region", refuses: ({ uacce, kind, pages }) => kind < V3_REGION.SS && pages !== pagesOf(uacce, kind) },
  { errno: "EBUSY", source: MMAP, why: "the region was mapped before", refuses: ({ isMapped }) => isMapped },
  { errno: "EINVAL", source: MMAP, why: "the device is not started", refuses: ({ uacce, kind }) => kind === V3_REGION.SS && uacce.state !== V3_STATE.STARTED },
];

/**
 * mmap of a queue's file: the offset picks the region. But for registers the kernel allocates the
 * pages, enters them in the device's domain at the program's own address, and maps them; those for
 * the kernel only are not mapped, though the address is taken. A child inherits none of it.
 *
 * Refuses: V3_MMAP_CHECKS, in order; ENOMEM from the allocation; what the domain refuses, and then
 * nothing stays.
 * Leaves out: RLIMIT_DATA; pages that do not lie side by side.
 */
export function mapRegion(
  machine: FrameworkPart,
  place: number,
  request: MmapRequest,
): Result<Backing> {
  const mine = record(machine.v3Queues, place);
  const uacce = record(machine.v3Devices, mine.uacce);
  const kind = regionAt(uacce, request.page);
  const pages = request.length / PAGE;
  const isMapped = (mine.regions[kind] ?? -1) >= 0;
  const input = { uacce, kind, pages, isMapped };
  const refusal = firstRefusal(V3_MMAP_CHECKS, machine.kernel, input);
  if (refusal) return refusal;
  const region = createRegion(machine, place, kind, request);
  if (!region.ok) return region;
  const id = machine.v3Regions.push(region.value) - 1;
  machine.v3Queues[place] = { ...mine, regions: mine.regions.with(kind, id) };
  const { pfn, isRegisters } = region.value;
  const vmFlags = VM.DONTCOPY | VM.DONTEXPAND;
  const isHidden = kind === V3_REGION.DKO;
  return ok({
    kind: "device",
    file: request.file,
    pfn,
    registers: isRegisters,
    vmFlags,
    ...(isHidden ? { isHidden } : {}),
  });
}

/** Source: uacce_create_region */
function createRegion(
  machine: FrameworkPart,
  place: number,
  kind: V3RegionKind,
  { start, length, prot }: MmapRequest,
): Result<V3Region> {
  const { uacce: id, queue } = record(machine.v3Queues, place);
  const pages = length / PAGE;
  const read = prot & PROT.READ ? IOMMU_PROT.READ : 0;
  const write = prot & PROT.WRITE ? IOMMU_PROT.WRITE : 0;
  const shape = { kind, iova: start, pages, prot: read | write, users: [place] };
  if (kind === V3_REGION.MMIO) {
    return ok({ ...shape, pfn: doorbellFrame(machine, queue, 0), isRegisters: true });
  }
  const frames = allocateRun(machine, pages);
  if (!frames.ok) return frames;
  const region = { ...shape, pfn: frames.value, isRegisters: false };
  const entered = enterRegion(machine, id, region);
  if (entered.ok) return ok(region);
  eachFrame(region, (pfn) => putFrame(machine, pfn));
  return entered;
}

function eachFrame({ pfn, pages }: V3Region, visit: (pfn: Pfn) => void): void {
  for (let page = 0; page < pages; page += 1) visit(Pfn(pfn + page));
}

/**
 * Enters a region in the domain of a device, which holds its pages then. Without an IOMMU there is
 * nothing to enter.
 *
 * Refuses: as `mapDomain` does: EEXIST where the domain has an entry at that address.
 */
export function enterRegion(machine: FrameworkPart, id: number, region: V3Region): Result<void> {
  const { domain, flags } = record(machine.v3Devices, id);
  if (flags & V3_DEV.NOIOMMU || region.isRegisters) return OK;
  const size = region.pages * PAGE;
  const wish = { iova: Iova(region.iova), pfn: Pfn(region.pfn), size, prot: region.prot };
  const mapped = mapDomain(machine, domain, wish);
  if (mapped.ok) eachFrame(region, (pfn) => getFrame(machine, pfn));
  return mapped;
}

/** A queue lets go of a region: out of the domain, and with its last user the pages go. */
export function dropRegion(machine: FrameworkPart, place: number, id: number): void {
  const region = record(machine.v3Regions, id);
  const { uacce } = record(machine.v3Queues, place);
  const { domain, flags } = record(machine.v3Devices, uacce);
  const users = region.users.filter((user) => user !== place);
  machine.v3Regions[id] = { ...region, users };
  if (region.isRegisters) return;
  if (!(flags & V3_DEV.NOIOMMU)) {
    unmapDomain(machine, domain, region.iova, region.pages * PAGE);
    eachFrame(region, (pfn) => putFrame(machine, pfn));
  }
  if (users.length === 0) eachFrame(region, (pfn) => putFrame(machine, pfn));
}
