import { type Bug, bug, record } from "../core/index.ts";
import type { VfioGroup, VfioPart } from "./part.ts";

/** May a program use the group: no driver of the host has a device of it (VFIO-SM-025). */
export function isViable({ hostDevices }: VfioGroup): boolean {
  return hostDevices === 0;
}

export function setGroup(machine: VfioPart, id: number, change: Partial<VfioGroup>): void {
  machine.vfioGroups[id] = { ...record(machine.vfioGroups, id), ...change };
}

/**
 * A driver of the host takes, or leaves, a device of a group. Taking one of a group in use breaks
 * its isolation: the kernel crashes (VFIO-SM-050). In v6.1 VFIO owns the group since SET_CONTAINER:
 * the driver's probe is refused (EBUSY), and nothing changes.
 *
 * Source: drivers/iommu/iommu.c iommu_device_use_default_domain v6.1, recalled
 * @returns the crash, or undefined
 */
export function bindHost(machine: VfioPart, id: number, by: 1 | -1): Bug | undefined {
  const { users, hostDevices } = record(machine.vfioGroups, id);
  if (by > 0 && users > 0) {
    if (machine.kernel === "v6.1") return undefined;
    return bug("a driver of the host took a device of a group in use");
  }
  setGroup(machine, id, { hostDevices: hostDevices + by });
  return undefined;
}
