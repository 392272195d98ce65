import {
  BEFORE_V6,
  type Check,
  emit,
  firstRefusal,
  isToFail,
  type Kernel,
  OK,
  ok,
  type Result,
  record,
  refuse,
  SINCE_V6,
} from "../core/index.ts";
import { addNotifier } from "../mm/index.ts";
import { freeAsid } from "./group.ts";
import { dropPartials } from "./iopf.ts";
import { type IommuPart, STE, type Stream } from "./part.ts";
import { takePasid } from "./pasid.ts";
import { sharers } from "./unbind-mm.ts";

/**
 * Shared virtual addressing: a device uses the page table of a process. Its accesses carry a
 * PASID, and the row of that number in the stream's context table leads to the table of the
 * process. Nothing is pinned and nothing copied: what the process changes, the device sees.
 *
 * The rules are those of v6.1. No IOMMU driver of v5.7 itself could share; uacce was merged ahead
 * of it, and ran with the patches of the same author, whose rules these became.
 *
 * Leaves out: PASIDs of the DMA API, sharing with a virtual machine; that one ASID serves CPU and
 * IOMMU, so that the CPU's own invalidations reach both (BTM).
 * Source: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c v6.1
 */

const ENABLE = "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_dev_enable_feature v6.1";

interface FeatureInput {
  readonly machine: IommuPart;
  readonly stream: Stream;
  readonly feature: Feature;
}

// biome-ignore format: one check a line
export const FEATURE_CHECKS: readonly Check<FeatureInput>[] = [
  { errno: "ENODEV", source: "drivers/iommu/iommu.c iommu_dev_enable_feature v6.1", why: "the device has no IOMMU", refuses: ({ stream }) => stream.group < 0 },
  { errno: "ENODEV", source: "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_dev_enable_feature v5.11", why: "device or IOMMU cannot do that", kernels: BEFORE_V6, refuses: (input) => !isAble(input) },
  { errno: "EINVAL", source: ENABLE, why: "device or IOMMU cannot do that", kernels: SINCE_V6, refuses: (input) => !isAble(input) },
  { errno: "EBUSY", source: "SVA-016", why: "enabled already", refuses: ({ stream, feature }) => stream[feature] },
  { errno: "EINVAL", source: "SVA-015", why: "a device that can fault, and I/O page faults are not enabled", kernels: ["v6.1"], refuses: (input) => needsIopf(input) },
];

/** What a driver may enable for its device. */
export type Feature = "iopf" | "sva";

function isAble({ machine, stream, feature }: FeatureInput): boolean {
  const { ssidBits, faults, stage } = record(machine.iommus, stream.iommu);
  if (feature === "iopf") return faults !== "none";
  if (stage !== 1 || ssidBits === 0) return false;
  return machine.kernel === "v6.1" || faults !== "none";
}

function needsIopf({ machine, stream, feature }: FeatureInput): boolean {
  return feature === "sva" && !stream.iopf && isAble({ machine, stream, feature: "iopf" });
}

/**
 * iommu_dev_enable_feature: I/O page faults first, then sharing. Before v6.1 there is no feature
 * for the faults: sharing needs them and brings them along.
 *
 * Refuses: FEATURE_CHECKS, in order.
 * Leaves out: that SMMUv3's own driver takes stalls only, and page requests by PRI are Intel's and
 * AMD's; here both ways lead to the same handler.
 * Source: arm_smmu_master_sva_supported v5.11 (faults are mandatory), v6.1
 */
export function enableFeature(machine: IommuPart, id: number, feature: Feature): Result<void> {
  const stream = record(machine.streams, id);
  const refusal = firstRefusal(FEATURE_CHECKS, machine.kernel, { machine, stream, feature });
  if (refusal) return refusal;
  const iopf = stream.iopf || feature === "iopf" || bringsFaults(machine.kernel);
  machine.streams[id] = { ...stream, [feature]: true, iopf };
  return OK;
}

function bringsFaults(kernel: Kernel): boolean {
  return kernel !== "v6.1";
}

/**
 * iommu_dev_disable_feature.
 *
 * Refuses: EBUSY for a device without an IOMMU, in v6.1; EINVAL where it is not enabled; EBUSY for
 * sharing while a process is bound, and for faults while sharing is on. That a page request is not
 * answered yet (IOPF-015) nobody looks at: only what is parked goes.
 * Source: iommu_dev_disable_feature, arm_smmu_dev_disable_feature, arm_smmu_master_disable_sva,
 * arm_smmu_master_sva_disable_iopf v6.1
 */
export function disableFeature(machine: IommuPart, id: number, feature: Feature): Result<void> {
  const stream = record(machine.streams, id);
  if (stream.group < 0 && machine.kernel === "v6.1") return refuse("EBUSY", "no IOMMU");
  if (!stream[feature]) return refuse("EINVAL", "not enabled");
  if (feature === "iopf" && stream.sva) return refuse("EBUSY", "sharing is on");
  if (feature === "sva") {
    const isBound = machine.bonds.some((bond) => bond.stream === id && bond.refs > 0);
    if (isBound) return refuse("EBUSY", "a process is bound");
    dropPartials(machine, id);
  }
  const along = bringsFaults(machine.kernel) ? { iopf: false } : {};
  machine.streams[id] = { ...stream, ...along, [feature]: false };
  return OK;
}

interface BindInput {
  readonly machine: IommuPart;
  readonly stream: Stream;
}

const BIND = "drivers/iommu/iommu.c iommu_sva_bind_device v6.1";

// biome-ignore format: one check a line
export const BIND_CHECKS: readonly Check<BindInput>[] = [
  { errno: "ENODEV", source: "SVA-001", why: "the device has no IOMMU group", refuses: ({ stream }) => stream.group < 0 },
  { errno: "EINVAL", source: "SVA-003", why: "other devices are in its group", refuses: ({ machine, stream }) => record(machine.groups, stream.group).streams.length !== 1 },
  { errno: "EINVAL", source: "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c arm_smmu_sva_bind v6.1", why: "its domain is not of stage 1", refuses: ({ stream }) => stream.domain >= 0 && stream.config !== STE.s1 },
  { errno: "ENODEV", source: BIND, why: "sharing is not enabled", refuses: ({ stream }) => !stream.sva },
];

/**
 * Binds a process to a device (iommu_sva_bind_device). The same pair again is the same bond, held
 * once more (SVA-006).
 *
 * @param mm  of a process that lives
 * @returns the place in `machine.bonds`
 * Refuses: BIND_CHECKS, in order; ENOMEM where `fail allocate k` says so; EOVERFLOW where the
 * process's PASID is too large for this device (SVA-008); ENOMEM where no PASID is free; ENOSPC
 * where no ASID is.
 * Leaves out: EOPNOTSUPP of x86 (SVA-002).
 * Source: iommu_sva_bind_device, __arm_smmu_sva_bind v6.1
 */
export function bindMm(machine: IommuPart, id: number, mm: number): Result<number> {
  const stream = record(machine.streams, id);
  const refusal = firstRefusal(BIND_CHECKS, machine.kernel, { machine, stream });
  if (refusal) return refusal;
  const there = machine.bonds.findIndex(
    (bond) => bond.stream === id && bond.mm === mm && bond.refs > 0,
  );
  if (there >= 0) {
    const bond = record(machine.bonds, there);
    machine.bonds[there] = { ...bond, refs: bond.refs + 1 };
    return ok(there);
  }
  if (isToFail(machine, "allocate")) return refuse("ENOMEM", "no memory for the bond");
  const pasid = takePasid(machine, mm, (1 << record(machine.iommus, stream.iommu).ssidBits) - 1);
  if (!pasid.ok) return pasid;
  const asid = asidFor(machine, stream.iommu, mm);
  if (asid < 0) return refuse("ENOSPC", "no free ASID");
  const { firstRow, rows } = record(machine.iommus, stream.iommu);
  if (!sharers(machine, stream.iommu, mm).length) {
    addNotifier(machine, { mm, asid, pasid: pasid.value, firstRow, rows });
  }
  machine.bonds.push({ stream: id, mm, pasid: pasid.value, asid, refs: 1 });
  emit(machine, "sva.bind", id, pasid.value, mm);
  return ok(machine.bonds.length - 1);
}

/** One tag for a process, whichever of an IOMMU's devices shares it. */
function asidFor(machine: IommuPart, iommu: number, mm: number): number {
  return sharers(machine, iommu, mm)[0]?.asid ?? freeAsid(machine, iommu);
}
