import {
  ADDRESS_END,
  assert,
  Bytes,
  type Check,
  emit,
  firstRefusal,
  type Iova,
  isToFail,
  OK,
  PAGE,
  type Pfn,
  type Result,
  record,
  Vaddr,
} from "../core/index.ts";
import { ENTRIES, forget, freeTable, spanOf } from "../mm/index.ts";
import { command } from "./commands.ts";
import { levelsFor } from "./descriptor.ts";
import { clearLeaf, frameAt, mapLeaf, pageSize, type Space } from "./page-table.ts";
import { type Domain, type IommuPart, PAGE_SIZES } from "./part.ts";

/** A range of device addresses that leads to frames side by side. */
export interface MapWish {
  readonly iova: Iova;
  readonly pfn: Pfn;
  /** In bytes. */
  readonly size: number;
  /** IOMMU_PROT bits. */
  readonly prot: number;
}

interface MapInput extends MapWish {
  readonly domain: Domain;
  /** Of its IOMMU; all of them before it has one. */
  readonly pageSizes: number;
}

const SOURCE = "drivers/iommu/iommu.c iommu_map v4.18";

// biome-ignore format: one check a line
export const IOMMU_MAP_CHECKS: readonly Check<MapInput>[] = [
  { errno: "ENODEV", source: "IOMMU-001", why: "no map operation, or no page sizes", refuses: ({ pageSizes }) => pageSizes === 0 },
  { errno: "EINVAL", source: SOURCE, why: "not a domain with tables", refuses: ({ domain }) => domain.kind === "identity" },
  { errno: "EINVAL", source: "IOMMU-003", why: "not aligned to the smallest page", refuses: ({ iova, size }) => iova % PAGE !== 0 || size % PAGE !== 0 },
  { errno: "ENODEV", source: "SMMU3-006", why: "the domain was never attached", refuses: ({ domain, size }) => domain.iommu < 0 && size > 0 },
];

/**
 * A domain that belongs to no IOMMU yet.
 *
 * @param isNesting  asked for DOMAIN_ATTR_NESTING: it becomes a stage 2
 * @returns its id
 */
export function makeDomain(machine: IommuPart, kind: Domain["kind"], isNesting = false): number {
  const unset = { iommu: -1, asid: -1, root: -1 };
  machine.domains.push({ kind, ...unset, isNesting, ranges: [], isGone: false });
  return machine.domains.length - 1;
}

/**
 * A domain for devices of a bus (iommu_domain_alloc).
 *
 * @param iommu  what stands behind the bus; -1 for a bus without
 * @returns its id; -1 where there is no IOMMU (IOMMU-021), or it does not know the kind
 */
export function allocDomain(machine: IommuPart, iommu: number, kind: Domain["kind"]): number {
  const owner = machine.iommus[iommu];
  if (!owner || (kind === "identity" && !owner.hasIdentity)) return -1;
  return makeDomain(machine, kind);
}

/**
 * Takes a domain and its tables away. No group uses it. What its entries led to is not touched:
 * whoever pinned a page lets it go.
 *
 * Source: drivers/iommu/arm-smmu-v3.c arm_smmu_domain_free v4.18
 */
export function freeDomain(machine: IommuPart, id: number): void {
  const domain = record(machine.domains, id);
  assert(!domain.isGone, "a domain is freed once", id);
  assert(
    machine.groups.every((group) => group.isGone || group.domain !== id),
    "a domain in use is not freed",
    id,
  );
  if (domain.iommu >= 0) {
    flushDomain(machine, id);
    const { inputBits } = record(machine.iommus, domain.iommu);
    freeTable(machine.tables, domain.root, levelsFor(inputBits) - 1);
  }
  machine.domains[id] = { ...domain, ranges: [], isGone: true };
}

function spaceOf(machine: IommuPart, domain: Domain): Space {
  const { pageSizes, inputBits, keepsTables } = record(machine.iommus, domain.iommu);
  const levels = levelsFor(inputBits);
  const inputEnd = spanOf(levels - 1) * ENTRIES;
  const stage = stageOf(machine, domain);
  return { root: domain.root, pageSizes, stage, levels, inputEnd, keepsTables };
}

/** Which stage translates for a domain that belongs to an IOMMU. */
export function stageOf(machine: IommuPart, { iommu, isNesting }: Domain): 1 | 2 {
  return isNesting ? 2 : record(machine.iommus, iommu).stage;
}

/** Leaves, or whole tables, of a range are out: the IOMMU is told, and not waited for. */
function invalidate(
  machine: IommuPart,
  id: number,
  range: { readonly start: number; readonly size: number; readonly isTable: boolean },
): void {
  const domain = record(machine.domains, id);
  const name = stageOf(machine, domain) === 1 ? "TLBI_NH_VA" : "TLBI_S2_IPA";
  const { start, size, isTable } = range;
  command(machine, domain.iommu, name, { tag: domain.asid, start, size, extra: isTable ? 0 : 1 });
}

/**
 * Enters a range in the largest pages that fit (iommu_map). A size of 0 enters nothing. No
 * invalidation: there was nothing to forget (PGTABLE-024).
 *
 * Refuses: IOMMU_MAP_CHECKS, in order; then what `mapLeaf` refuses, and what was entered before
 * is taken out again (IOMMU-005).
 * Source: drivers/iommu/iommu.c iommu_map v4.18
 */
export function mapDomain(machine: IommuPart, id: number, wish: MapWish): Result<void> {
  const domain = record(machine.domains, id);
  const { pageSizes = PAGE_SIZES } = machine.iommus[domain.iommu] ?? {};
  const refusal = firstRefusal(IOMMU_MAP_CHECKS, machine.kernel, { ...wish, domain, pageSizes });
  if (refusal) return refusal;
  if (wish.size === 0) return OK;
  const space = spaceOf(machine, domain);
  let done = 0;
  while (done < wish.size) {
    const iova = wish.iova + done;
    const pfn = (wish.pfn + done / PAGE) as Pfn;
    const size = pageSize(space.pageSizes, [iova, pfn * PAGE], wish.size - done);
    const drop = () => dropTable(machine, id, iova, size);
    const mapped = mapLeaf(machine, space, { iova, pfn, size, prot: wish.prot }, drop);
    if (!mapped.ok) {
      unmapDomain(machine, id, wish.iova, done);
      return mapped;
    }
    done += size;
  }
  emit(machine, "iommu.map", id, wish.iova, Bytes(wish.size), wish.pfn);
  return OK;
}

/**
 * Takes entries out of a range and does not invalidate (iommu_unmap_fast): the device may go on
 * using what its IOMMU remembers until `flushIotlb`. Stops at the first address with no entry.
 *
 * @returns bytes taken out, from the start of the range; 0 for an unaligned range (IOMMU-007)
 * Source: drivers/iommu/iommu.c __iommu_unmap v4.18
 */
export function unmapFast(machine: IommuPart, id: number, iova: number, size: number): number {
  const domain = record(machine.domains, id);
  if (domain.iommu < 0 || domain.kind === "identity") return 0;
  if (iova % PAGE !== 0 || size % PAGE !== 0) return 0;
  const space = spaceOf(machine, domain);
  let done = 0;
  while (done < size) {
    const at = iova + done;
    const piece = pageSize(space.pageSizes, [at], size - done);
    const cleared = clearLeaf(machine, space, { iova: at, size: piece }, (isTable) => {
      if (isTable) dropTable(machine, id, at, piece);
      else invalidate(machine, id, { start: at, size: piece, isTable });
    });
    if (cleared === 0) break;
    done += cleared;
  }
  if (done > 0) emit(machine, "iommu.unmap", id, iova as Iova, Bytes(done));
  return done;
}

/** A table is out, and about to be freed: the IOMMU is told, and waited for (PGTABLE-023). */
function dropTable(machine: IommuPart, id: number, start: number, size: number): void {
  invalidate(machine, id, { start, size, isTable: true });
  flushIotlb(machine, id, start, size);
}

/**
 * Takes entries out of a range, then makes the IOMMU forget them (iommu_unmap, IOMMU-009).
 *
 * @returns bytes taken out, as `unmapFast`
 */
export function unmapDomain(machine: IommuPart, id: number, iova: number, size: number): number {
  const done = unmapFast(machine, id, iova, size);
  if (done > 0) flushIotlb(machine, id, iova, done);
  return done;
}

/**
 * The IOMMU has forgotten what it knew of a range: the driver waits for the TLBI by address and
 * ASID that went before (SMMU3-017). With `fail invalidate k` the k-th such call is one that the kernel forgets.
 */
export function flushIotlb(machine: IommuPart, id: number, iova: number, size: number): void {
  const { iommu, asid } = record(machine.domains, id);
  if (iommu < 0) return;
  if (isToFail(machine, "invalidate")) {
    emit(machine, "iommu.forgot", Vaddr(iova), Bytes(size));
    return;
  }
  forget(machine.iotlb, record(machine.iommus, iommu), asid, { start: iova, end: iova + size });
  command(machine, iommu, "SYNC");
  emit(machine, "iommu.flush", id, iova as Iova, Bytes(size));
}

/** The IOMMU forgets the whole address space: TLBI by ASID, then SYNC (SMMU3-018). */
export function flushDomain(machine: IommuPart, id: number): void {
  const domain = record(machine.domains, id);
  if (domain.iommu < 0) return;
  const name = stageOf(machine, domain) === 1 ? "TLBI_NH_ASID" : "TLBI_S12_VMALL";
  command(machine, domain.iommu, name, { tag: domain.asid });
  flushIotlb(machine, id, 0, ADDRESS_END);
}

/** Which frame an address of a domain leads to; its own in an identity domain. -1: nowhere. */
export function iovaToFrame(machine: IommuPart, id: number, iova: number): number {
  const domain = record(machine.domains, id);
  if (domain.kind === "identity") return Math.floor(iova / PAGE);
  if (domain.iommu < 0) return -1;
  const levels = levelsFor(record(machine.iommus, domain.iommu).inputBits);
  return frameAt(machine.tables, domain.root, iova, levels);
}

/** Which physical address a device address leads to (iommu_iova_to_phys); -1: nowhere. */
export function iovaToPhys(machine: IommuPart, id: number, iova: number): number {
  const pfn = iovaToFrame(machine, id, iova);
  return pfn < 0 ? -1 : pfn * PAGE + (iova % PAGE);
}
