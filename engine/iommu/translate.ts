import { ADDRESS_END, emit, type Iova, PAGE, Pfn, record } from "../core/index.ts";
import { ENTRY, flagsOf, isRegister, LEVELS, lookUp, remember, walk } from "../mm/index.ts";
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
} as const;
export type FaultReason = (typeof FAULT)[keyof typeof FAULT];

export type Translation =
  /** `walked`: the IOTLB did not know it. */
  | { readonly ok: true; readonly pfn: Pfn; readonly walked: boolean }
  | { readonly ok: false; readonly reason: FaultReason };

/**
 * Where an access of a device goes: stream table, context, IOTLB, tables. A refusal is counted
 * with the stream and goes to the event queue; v4.18 logs it, stalls nothing (SMMU3-012, -014).
 *
 * @param iova  any address; the answer is the frame that holds it
 * Leaves out: PASIDs, PCIe ATS, page requests; a second stage behind the first.
 */
export function translate(machine: IommuPart, id: number, iova: Iova, access: Access): Translation {
  const stream = record(machine.streams, id);
  if (stream.config === STE.abort) return fault(machine, id, iova, access, FAULT.stream);
  if (stream.config === STE.bypass) return passThrough(machine, id, iova, access);
  if (iova >= ADDRESS_END) return fault(machine, id, iova, access, FAULT.addressSize);
  const iommu = record(machine.iommus, stream.iommu);
  const { asid, root } = record(machine.domains, stream.domain);
  const row = lookUp(machine.iotlb, iommu, asid, iova);
  if (row >= 0) {
    const entry = machine.iotlb.entry[row] as number;
    if (!allows(entry, access)) return fault(machine, id, iova, access, FAULT.permission);
    const pfn = Pfn(frameIn(entry, machine.iotlb.level[row] as number, iova));
    emit(machine, "iommu.hit", id, iova, pfn);
    return { ok: true, pfn, walked: false };
  }
  const { entry, level } = walk(machine.tables, root, iova);
  if (entry === 0) return fault(machine, id, iova, access, FAULT.translation);
  remember(machine.iotlb, iommu, { asid, iova, level, entry });
  if (!allows(entry, access)) return fault(machine, id, iova, access, FAULT.permission);
  const pfn = Pfn(frameIn(entry, level, iova));
  emit(machine, "iommu.walk", id, iova, pfn, LEVELS - level);
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
  const stream = record(machine.streams, id);
  const last = { iova, access, reason };
  machine.streams[id] = { ...stream, faults: stream.faults + 1, last };
  emit(machine, "iommu.fault", id, iova, reason);
  return { ok: false, reason };
}
