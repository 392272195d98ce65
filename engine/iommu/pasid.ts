import { ok, type Result, record, refuse } from "../core/index.ts";
import type { IommuPart } from "./part.ts";

/**
 * The PASID of a process: one for all its devices, the lowest free one, its own for as long as it
 * lives (SVA-007).
 *
 * @param max  the largest that the device can send. As in v6.1 a process may get it, but one that
 *             comes with it to another device is refused: the two checks disagree by one
 * Source: drivers/iommu/iommu-sva-lib.c iommu_sva_alloc_pasid v6.1
 */
export function takePasid(machine: IommuPart, mm: number, max: number): Result<number> {
  const own = pasidOf(machine, mm);
  if (own > 0) return own < max ? ok(own) : refuse("EOVERFLOW", "the process's PASID is too large");
  for (let pasid = 1; pasid <= max; pasid += 1) {
    const holder = machine.pasids[pasid] ?? -1;
    if (holder >= 0 && isHeld(machine, holder)) continue;
    machine.pasids[pasid] = mm;
    return ok(pasid);
  }
  return refuse("ENOMEM", "no free PASID");
}

/** Is there still a process, or a bond that waits to be unbound? */
function isHeld(machine: IommuPart, mm: number): boolean {
  if (record(machine.mms, mm).users > 0) return true;
  return machine.bonds.some((bond) => bond.mm === mm && bond.refs > 0);
}

/** The PASID that a process has; -1 for none. */
export function pasidOf(machine: IommuPart, mm: number): number {
  return mm < 0 ? -1 : machine.pasids.indexOf(mm);
}

/** The process of a PASID, where it still lives (iommu_sva_find); -1 for none. */
export function mmOfPasid(machine: IommuPart, pasid: number): number {
  const mm = pasid > 0 ? (machine.pasids[pasid] ?? -1) : -1;
  return mm >= 0 && record(machine.mms, mm).users > 0 ? mm : -1;
}
