import type { Family } from "./family.ts";
import { ioctlBind } from "./vfio/index.ts";

/** Drivers, and VFIO_IOMMU_BIND. A page fetches it for stories of a kernel with those patches. */
export function withBindMm(family: Family): Family {
  return { ...family, ops: { ...family.ops, bindContainer: ioctlBind } };
}
