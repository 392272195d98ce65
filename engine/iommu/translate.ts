import { ADDRESS_END, emit, type Iova, PAGE, Pfn, record } from "../core/index.ts";
import {
  ENTRIES,
  ENTRY,
  findVma,
  flagsOf,
  forget,
  isRegister,
  LEVELS,
  lookUp,
  PROT,
  recall,
  remember,
  spanOf,
  walk,
} from "../mm/index.ts";
import { bondOf } from "./bond.ts";
import { levelsFor } from "./descriptor.ts";
import { iovaToFrame } from "./domain.ts";
import { frameIn } from "./page-table.ts";
import { type Access, type IommuPart, STE } from "./part.ts";

/**
 * Why the IOMMU refuses. The numbers are ours; SMMUv3 has an event of its own for each.
 *
 * Leaves out: faults of the stream table itself, external aborts of the walk.
 */
export const FAULT = {
  /** The stream is not let through at all. */
  stream: 1,
  /** No entry for the address. */
  translation: 2,
  /** The entry does not allow this access. */
  permission: 3,
  /** The address is past 48 bits. */
  addressSize: 4,
  /** Let through, but there is no memory at that physical address. */
  memory: 5,
  /** A PASID past the end of the stream's context table (C_BAD_SUBSTREAMID). */
  substream: 6,
  /** The row of that PASID is empty (C_BAD_CD). */
  context: 7,
  /** The process of that PASID is gone and not yet unbound: aborted without an event. */
  quiet: 8,
} as const;
export type FaultReason = (typeof FAULT)[keyof typeof FAULT];

export type Translation =
  /** `walked`: the IOTLB did not know it. */
  | { readonly ok: true; readonly pfn: Pfn; readonly walked: boolean }
  /** `mayWait`: nothing was counted yet; the device may ask for the page and try again. */
  | { readonly ok: false; readonly reason: FaultReason; readonly mayWait: boolean };

/**
 * Where an access of a device goes: stream table, context, IOTLB, tables. A refusal is counted
 * with the stream and goes to the event queue; v4.18 logs it, stalls nothing (SMMU3-012, -014).
 *
 * @param iova   any address; the answer is the frame that holds it
 * @param pasid  0: the access carries none, and the first context decides (SMMU3-027)
 * Leaves out: the device's own memory of translations (PCIe ATS); a second stage behind the first.
 */
export function translate(
  machine: IommuPart,
  id: number,
  iova: Iova,
  access: Access,
  pasid = 0,
): Translation {
  if (pasid > 0) return translateShared(machine, id, { iova, access, pasid });
  const stream = record(machine.streams, id);
  if (stream.config === STE.abort) return fault(machine, id, iova, access, FAULT.stream);
  if (stream.config === STE.bypass) return passThrough(machine, id, iova, access);
  const iommu = record(machine.iommus, stream.iommu);
  const isBeyond = iova >= spanOf(levelsFor(iommu.inputBits) - 1) * ENTRIES;
  if (isBeyond) return fault(machine, id, iova, access, FAULT.addressSize);
  const { asid, root } = record(machine.domains, stream.domain);
  const row = lookUp(machine.iotlb, iommu, asid, iova);
  if (row >= 0) {
    const entry = machine.iotlb.entry[row] as number;
    if (!allows(entry, access)) return fault(machine, id, iova, access, FAULT.permission);
    const pfn = Pfn(frameIn(entry, machine.iotlb.level[row] as number, iova));
    emit(machine, "iommu.hit", id, iova, pfn);
    return { ok: true, pfn, walked: false };
  }
  const levels = levelsFor(iommu.inputBits);
  const { entry, level } = walk(machine.tables, root, iova, levels);
  if (entry === 0) return fault(machine, id, iova, access, FAULT.translation);
  remember(machine.iotlb, iommu, { asid, iova, level, entry });
  if (!allows(entry, access)) return fault(machine, id, iova, access, FAULT.permission);
  const pfn = Pfn(frameIn(entry, level, iova));
  emit(machine, "iommu.walk", id, iova, pfn, levels - level);
  return { ok: true, pfn, walked: true };
}

/** No translation: the address is physical. */
function passThrough(machine: IommuPart, id: number, iova: Iova, access: Access): Translation {
  const pfn = Math.floor(iova / PAGE);
  // Page 0 holds the zero page, which is the kernel's own.
  const isMemory = pfn > 0 && pfn < machine.frames.top;
  const isThere = iova < ADDRESS_END && (isMemory || isRegister(Pfn(pfn)));
  if (!isThere) return fault(machine, id, iova, access, FAULT.memory);
  return { ok: true, pfn: Pfn(pfn), walked: false };
}

function allows(entry: number, access: Access): boolean {
  return (flagsOf(entry) & (access === "read" ? ENTRY.READ : ENTRY.WRITE)) !== 0;
}

function fault(
  machine: IommuPart,
  id: number,
  iova: Iova,
  access: Access,
  reason: FaultReason,
): Translation {
  return countFault(machine, id, { iova, access, pasid: 0 }, reason);
}

/** One access of a device with a PASID. */
export interface SharedAccess {
  readonly iova: Iova;
  readonly access: Access;
  readonly pasid: number;
}

/** A refusal: counted, and in the event queue unless the context says to be quiet. */
export function countFault(
  machine: IommuPart,
  id: number,
  { iova, access, pasid }: SharedAccess,
  reason: FaultReason,
): Translation {
  const stream = record(machine.streams, id);
  const counted = { ...stream, faults: stream.faults + 1 };
  const last = { iova, access, reason, ...(pasid > 0 ? { pasid } : {}) };
  machine.streams[id] = reason === FAULT.quiet ? counted : { ...counted, last };
  emit(machine, "iommu.fault", id, iova, reason);
  return { ok: false, reason, mayWait: false };
}

/**
 * An access with a PASID: the row of that number in the context table leads to the table of a
 * process. A missing page or right may be asked for where the driver handles I/O page faults; then
 * nothing is counted here. An entry of the IOTLB that does not allow the access is walked for
 * again: it may allow more by now.
 *
 * Source: SVA-012; arm_smmu_write_ctx_desc, arm_smmu_mm_release v6.1
 */
function translateShared(machine: IommuPart, id: number, wanted: SharedAccess): Translation {
  const stream = record(machine.streams, id);
  if (stream.config !== STE.s1) return countFault(machine, id, wanted, FAULT.stream);
  const iommu = record(machine.iommus, stream.iommu);
  const { iova, access, pasid } = wanted;
  if (pasid >= 1 << iommu.ssidBits) return countFault(machine, id, wanted, FAULT.substream);
  const bond = bondOf(machine, id, pasid);
  if (!bond) return countFault(machine, id, wanted, FAULT.context);
  if (record(machine.mms, bond.mm).users === 0) return countFault(machine, id, wanted, FAULT.quiet);
  if (iova >= ADDRESS_END) return countFault(machine, id, wanted, FAULT.addressSize);
  const row = lookUp(machine.iotlb, iommu, bond.asid, iova);
  const known = row < 0 ? 0 : (machine.iotlb.entry[row] as number);
  if (row >= 0 && permits(known, access)) {
    const pfn = Pfn(frameIn(known, machine.iotlb.level[row] as number, iova));
    emit(machine, "iommu.hit", id, iova, pfn);
    return { ok: true, pfn, walked: false };
  }
  const { entry, level } = entryOfProcess(machine, bond.mm, iova);
  if (entry === 0 || !permits(entry, access)) {
    const reason = entry === 0 ? FAULT.translation : FAULT.permission;
    if (stream.iopf) return { ok: false, reason, mayWait: true };
    return countFault(machine, id, wanted, reason);
  }
  if (row >= 0) {
    const start = iova - (iova % PAGE);
    forget(machine.iotlb, iommu, bond.asid, { start, end: start + PAGE });
  }
  remember(machine.iotlb, iommu, { asid: bond.asid, iova, level, entry });
  const pfn = Pfn(frameIn(entry, level, iova));
  emit(machine, "iommu.walk", id, iova, pfn, LEVELS - level);
  return { ok: true, pfn, walked: true };
}

/**
 * The entry of a process for an address, as the IOMMU finds it. Where an area allows nothing
 * (PROT_NONE) its entries are not valid for hardware, though the pages are there.
 */
function entryOfProcess(
  machine: IommuPart,
  mm: number,
  address: number,
): { readonly entry: number; readonly level: number } {
  const { entry, level } = walk(machine.tables, record(machine.mms, mm).root, address);
  const prot = entry === 0 ? 0 : (findVma(machine, mm, address)?.prot ?? 0);
  return { entry: prot & (PROT.READ | PROT.WRITE) ? entry : 0, level };
}

/** What is present may be read: entries of a process say nothing else. */
function permits(entry: number, access: Access): boolean {
  return access === "read" || (flagsOf(entry) & ENTRY.WRITE) !== 0;
}

/**
 * The frame that a device's next access would reach, IOTLB first, without any trace.
 *
 * @returns -1 for none, and for a device behind no IOMMU
 */
export function reached(machine: IommuPart, id: number, iova: number, pasid: number): number {
  const { iommu, domain } = record(machine.streams, id);
  if (iommu < 0) return -1;
  const bond = pasid > 0 ? bondOf(machine, id, pasid) : undefined;
  if (pasid > 0 && (!bond || record(machine.mms, bond.mm).users === 0)) return -1;
  const asid = bond ? bond.asid : record(machine.domains, domain).asid;
  const row = recall(machine.iotlb, record(machine.iommus, iommu), asid, iova);
  if (row >= 0) {
    return frameIn(machine.iotlb.entry[row] as number, machine.iotlb.level[row] as number, iova);
  }
  if (!bond) return iovaToFrame(machine, domain, iova);
  const { entry, level } = entryOfProcess(machine, bond.mm, iova);
  return entry === 0 ? -1 : frameIn(entry, level, iova);
}
