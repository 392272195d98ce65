import { ok, type Result, refuse } from "../core/index.ts";
import { FAULT, type FaultReason } from "./translate.ts";

/** One entry of the event queue, as far as the driver looks. */
export interface FaultEvent {
  /** The access is held back (STALL), under that tag. */
  readonly isStalled: boolean;
  readonly stag: number;
  readonly stage: 1 | 2;
  readonly reason: FaultReason;
}

/** What the driver tells whoever handles the device's faults (struct iommu_fault). */
export type FaultReport =
  /** A page request: it is answered, and the access goes on or ends. */
  | { readonly kind: "page-request"; readonly isLast: true; readonly group: number }
  /** The access has ended already: it can only be told. */
  | { readonly kind: "unrecoverable"; readonly isLast: false; readonly group: -1 };

const HANDLED: readonly FaultReason[] = [FAULT.translation, FAULT.permission, FAULT.addressSize];

/**
 * Reads an event of the IOMMU. A stalled access is a page request of its own, the last of its group,
 * named by its tag (SMMU3-022); one that is not stalled was aborted (SMMU3-023).
 *
 * Refuses: EOPNOTSUPP for an event that is no fault of an address; EFAULT for a fault of the second
 * stage, which is always pinned (SMMU3-024).
 * Source: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_handle_evt v6.1
 */
export function eventReport({ isStalled, stag, stage, reason }: FaultEvent): Result<FaultReport> {
  if (!HANDLED.includes(reason)) return refuse("EOPNOTSUPP", "no fault of an address");
  if (stage === 2) return refuse("EFAULT", "stage 2 is always pinned");
  if (isStalled) return ok({ kind: "page-request", isLast: true, group: stag });
  return ok({ kind: "unrecoverable", isLast: false, group: -1 });
}
