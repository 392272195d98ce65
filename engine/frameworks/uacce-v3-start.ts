import { bug, emit, hasDefect, PAGE, type Result, record, refuse, ZERO } from "../core/index.ts";
import { setTables, startQp } from "../hw/index.ts";
import type { FrameworkPart } from "./part.ts";
import { V3_DEV, V3_REGION, V3_STATE, type V3Region, type V3RegionKind } from "./uacce-v3-part.ts";

function regionOf(machine: FrameworkPart, place: number, kind: V3RegionKind): V3Region | undefined {
  const id = record(machine.v3Queues, place).regions[kind] ?? -1;
  return id < 0 ? undefined : record(machine.v3Regions, id);
}

const NO_RINGS = refuse("EINVAL", "no memory for the rings");

/**
 * ioctl(queue, UACCE_CMD_START): the queue manager begins to work with the memory that the program
 * mapped: its tables in the region for the kernel only, the rings in the one for the user. It may be
 * started again and again.
 *
 * As posted the driver takes for granted that both are mapped, and follows a NULL pointer where one
 * is not (D29).
 *
 * Refuses: EINVAL without rings, where there is no IOMMU or D29 is mended.
 * Source: KL drivers/uacce/uacce.c uacce_start_queue, qm.c hisi_qm_uacce_start_queue, late 2018
 */
export function startV3(machine: FrameworkPart, place: number): Result<number> {
  const { uacce: id, queue } = record(machine.v3Queues, place);
  const uacce = record(machine.v3Devices, id);
  const isShielded = !(uacce.flags & V3_DEV.NOIOMMU);
  const dko = regionOf(machine, place, V3_REGION.DKO);
  const dus = regionOf(machine, place, V3_REGION.DUS);
  if (isShielded && (!dko || !dus) && hasDefect(machine, "D29")) {
    return bug("a region that is not mapped, by a NULL pointer");
  }
  if (!dus || (isShielded && !dko)) return NO_RINGS;
  if (dko) setTables(machine, uacce.device, { iova: dko.iova, frames: framesOf(dko) });
  const iova = isShielded ? dus.iova : dus.pfn * PAGE;
  startQp(machine, queue, { iova, pfn: dus.pfn });
  machine.v3Devices[id] = { ...uacce, state: V3_STATE.STARTED };
  emit(machine, "queue.start", queue);
  return ZERO;
}

function framesOf({ pfn, pages }: V3Region): readonly number[] {
  return Array.from({ length: pages }, (_, page) => pfn + page);
}
