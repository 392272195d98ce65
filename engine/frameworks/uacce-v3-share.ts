import { hasDefect, PAGE, record, refuse, ZERO } from "../core/index.ts";
import { DRIVER, fileOf, type Reply } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { V3_DEV, V3_REGION } from "./uacce-v3-part.ts";
import { enterRegion } from "./uacce-v3-region.ts";

const NO_QUEUE = refuse("EINVAL", "not the descriptor of a queue");
const NO_NEED = refuse("EINVAL", "a device that can fault needs no sharing");
const WRONG = refuse("EINVAL", "the other has no shared memory, or this one has");

/**
 * ioctl(queue, UACCE_CMD_SHARE_SVAS, fd): the static shared memory of another queue, of another
 * device too, is this one's as well, at the same addresses.
 *
 * As posted a flag is tested with | instead of &, and so it always refuses (D27).
 *
 * Refuses: EINVAL for a descriptor of no queue; for a device that can fault; where the other has no
 * shared memory, or this one has; EEXIST where the domain has entries there already.
 * Source: KL drivers/uacce/uacce.c uacce_cmd_share_qfr, late 2018
 */
export function shareRegion(machine: FrameworkPart, place: number, pid: number, fd: number): Reply {
  const file = fileOf(machine, pid, fd);
  const other = file.ok ? record(machine.files, file.value) : undefined;
  if (other?.driver !== DRIVER.uacceV3Queue) return NO_QUEUE;
  const mine = record(machine.v3Queues, place);
  const { flags } = record(machine.v3Devices, mine.uacce);
  if (hasDefect(machine, "D27") || flags & V3_DEV.FAULT_FROM_DEV) return NO_NEED;
  const id = record(machine.v3Queues, other.object).regions[V3_REGION.SS] ?? -1;
  if (id < 0 || (mine.regions[V3_REGION.SS] ?? -1) >= 0) return WRONG;
  const region = record(machine.v3Regions, id);
  const entered = enterRegion(machine, mine.uacce, region);
  if (!entered.ok) return entered;
  machine.v3Regions[id] = { ...region, users: [...region.users, place] };
  machine.v3Queues[place] = { ...mine, regions: mine.regions.with(V3_REGION.SS, id) };
  return ZERO;
}

/**
 * ioctl(queue, UACCE_CMD_GET_SS_PA, &pa): the physical address of the shared memory, for a device
 * without an IOMMU. The text calls this untrusted, and says that it taints the kernel.
 *
 * Refuses: EINVAL for a device whose memory need not lie side by side; without shared memory.
 * Source: KL drivers/uacce/uacce.c uacce_get_ss_pa, late 2018
 */
export function sharedAddress(machine: FrameworkPart, place: number): Reply {
  const { uacce, regions } = record(machine.v3Queues, place);
  if (!(record(machine.v3Devices, uacce).flags & V3_DEV.CONT_PAGE)) {
    return refuse("EINVAL", "memory of this device is not side by side");
  }
  const id = regions[V3_REGION.SS] ?? -1;
  if (id < 0) return refuse("EINVAL", "no shared memory");
  return { ...ZERO, written: { pa: record(machine.v3Regions, id).pfn * PAGE } };
}
