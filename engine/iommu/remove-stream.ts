import { record } from "../core/index.ts";
import { detachStream } from "./group.ts";
import type { IommuPart } from "./part.ts";

/**
 * A device leaves the bus: its row of the stream table is as before anybody assigned it, and its
 * group has one device less (iommu_group_remove_device). Who holds the group drops it.
 *
 * Source: drivers/iommu/arm-smmu-v3.c arm_smmu_remove_device v4.18, recalled
 */
export function removeStream(machine: IommuPart, id: number): void {
  const { group, iommu } = record(machine.streams, id);
  if (iommu >= 0) detachStream(machine, id);
  if (group < 0) return;
  const { streams } = record(machine.groups, group);
  const left = streams.filter((other) => other !== id);
  machine.groups[group] = { ...record(machine.groups, group), streams: left };
  machine.streams[id] = { ...record(machine.streams, id), group: -1 };
}
