import { ADDRESS_END, assert, emit, isToFail, record, Vaddr } from "../core/index.ts";
import { forget, removeNotifier } from "../mm/index.ts";
import { command } from "./commands.ts";
import type { Bond, IommuPart } from "./part.ts";

/** Live bonds of a process with devices behind one IOMMU. */
export function sharers(machine: IommuPart, iommu: number, mm: number): Bond[] {
  return machine.bonds.filter(
    (bond) =>
      bond.refs > 0 && bond.mm === mm && record(machine.streams, bond.stream).iommu === iommu,
  );
}

/**
 * Lets go of a bond (iommu_sva_unbind_device). With the last reference the row of the context table
 * is emptied and the IOTLB forgets the process; its PASID stays with it (SVA-011).
 *
 * Source: arm_smmu_mmu_notifier_put v6.1
 */
export function unbindMm(machine: IommuPart, place: number): void {
  const bond = record(machine.bonds, place);
  assert(bond.refs > 0, "a bond is let go of once for each time it was asked for", place);
  machine.bonds[place] = { ...bond, refs: bond.refs - 1 };
  if (bond.refs > 1) return;
  const { iommu } = record(machine.streams, bond.stream);
  const owner = record(machine.iommus, iommu);
  if (isToFail(machine, "invalidate")) {
    emit(machine, "iommu.forgot", Vaddr(0), ADDRESS_END as never);
  } else {
    forget(machine.iotlb, owner, bond.asid, { start: 0, end: ADDRESS_END });
    command(machine, iommu, "CFGI_CD", { tag: bond.stream, extra: bond.pasid });
    command(machine, iommu, "TLBI_NH_ASID", { tag: bond.asid });
    command(machine, iommu, "ATC_INV", { tag: bond.pasid, size: ADDRESS_END });
    command(machine, iommu, "SYNC");
  }
  if (!sharers(machine, iommu, bond.mm).length) removeNotifier(machine, bond.asid, owner);
  emit(machine, "sva.unbind", bond.stream, bond.pasid);
}
