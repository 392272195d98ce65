import {
  assert,
  BEFORE_V6,
  type Check,
  firstRefusal,
  OK,
  ok,
  PAGE,
  type Result,
  record,
  refuse,
  SINCE_V6,
} from "../core/index.ts";
import { dropGroup } from "../iommu/index.ts";
import {
  addNode,
  DRIVER,
  FLAG,
  freeDescriptor,
  type IoctlRequest,
  installFile,
  removeNode,
} from "../task/index.ts";
import { leaveContainer } from "./container.ts";
import type { DeviceDriver, VfioOps } from "./ops.ts";
import type { VfioDevice, VfioGroup, VfioPart } from "./part.ts";
import { isViable, setGroup } from "./viable.ts";

/** A device that a driver hands to VFIO. */
export interface DeviceWish {
  /** -1 where the device has none. */
  readonly iommuGroup: number;
  /** As GET_DEVICE_FD names it: a uuid, a PCI address. */
  readonly name: string;
  readonly driver: DeviceDriver;
  readonly object: number;
}

/**
 * A driver hands a device to VFIO (vfio_add_group_dev). With the first one of an IOMMU group
 * /dev/vfio/N appears, /dev/vfio/noiommu-N for a group without an IOMMU.
 *
 * @returns the id of the device
 * Refuses: EINVAL for a device without an IOMMU group (VFIO-SM-051).
 * Source: drivers/vfio/vfio.c vfio_add_group_dev, vfio_create_group v4.18
 */
export function addGroupDev(machine: VfioPart, wish: DeviceWish): Result<number> {
  const { iommuGroup, name, driver, object } = wish;
  if (iommuGroup < 0) return refuse("EINVAL", "the device has no IOMMU group");
  const known = machine.vfioGroups.findIndex(
    (other) => !other.isGone && other.iommuGroup === iommuGroup,
  );
  const group = known < 0 ? createGroup(machine, iommuGroup) : known;
  machine.vfioDevices.push({
    group,
    name,
    driver,
    object,
    opens: 0,
    isLeaving: false,
    isGone: false,
  });
  return ok(machine.vfioDevices.length - 1);
}

function createGroup(machine: VfioPart, iommuGroup: number): number {
  const { number, isFake } = record(machine.groups, iommuGroup);
  const path = `/dev/vfio/${isFake ? "noiommu-" : ""}${number}`;
  machine.vfioGroups.push({
    iommuGroup,
    path,
    isNoiommu: isFake,
    isOpen: false,
    container: -1,
    users: 0,
    hostDevices: 0,
    isGone: false,
  });
  const id = machine.vfioGroups.length - 1;
  addNode(machine, { path, driver: DRIVER.group, object: id });
  return id;
}

/**
 * Must whoever removes a device wait: for a program that has it open (VFIO-SM-053), or, with the
 * last device of a group, for the group to leave its container (VFIO-SM-054)? v6.1 takes the group
 * out of its container instead (vfio_device_remove_group).
 */
export function isDeviceBusy(machine: VfioPart, id: number): boolean {
  const { group, opens } = record(machine.vfioDevices, id);
  if (opens > 0) return true;
  if (machine.kernel === "v6.1" || record(machine.vfioGroups, group).container < 0) return false;
  return !machine.vfioDevices.some(
    (other, at) => at !== id && other.group === group && isListed(other),
  );
}

/** Is it in its group's list? One that leaves stays there while a program has it open. */
function isListed({ isGone, isLeaving, opens }: VfioDevice): boolean {
  return !isGone && (opens > 0 || !isLeaving);
}

/** Its driver takes it back: who has it open keeps it, the last one who lets go is the last. */
export function beginLeaving(machine: VfioPart, id: number): void {
  machine.vfioDevices[id] = { ...record(machine.vfioDevices, id), isLeaving: true };
}

/** Takes back a device that nobody uses any more (vfio_del_group_dev). */
export function delGroupDev<M extends VfioPart>(machine: M, ops: VfioOps<M>, id: number): void {
  assert(!isDeviceBusy(machine, id), "a device in use is not removed", id);
  const device = record(machine.vfioDevices, id);
  machine.vfioDevices[id] = { ...device, isGone: true };
  releaseGroup(machine, ops, device.group);
}

/**
 * A group without devices goes, and with it its name and its number: when nobody has it open; in
 * v6.1 at once, out of its container too, and an open descriptor leads to a group that is gone.
 */
export function releaseGroup<M extends VfioPart>(machine: M, ops: VfioOps<M>, id: number): void {
  const group = record(machine.vfioGroups, id);
  if (group.isGone) return;
  const isEmpty = !machine.vfioDevices.some((other) => other.group === id && !other.isGone);
  const isRevoked = isEmpty && machine.kernel === "v6.1";
  if (isRevoked) dropUser(machine, id);
  if (isRevoked || (isEmpty && !group.isOpen)) {
    setGroup(machine, id, { isGone: true });
    removeNode(machine, group.path);
    if (record(machine.groups, group.iommuGroup).streams.length === 0) {
      dropGroup(machine, group.iommuGroup);
    }
    return;
  }
  for (const [device, { group: home, isGone, driver, object }] of machine.vfioDevices.entries()) {
    if (home !== id || isGone || isDeviceBusy(machine, device)) continue;
    ops.device[driver]?.idle?.(machine, ops, object);
  }
}

/** One user less; with the last one the group leaves its container (VFIO-SM-047, VFIO-SM-048). */
export function dropUser(machine: VfioPart, id: number): void {
  const { users, container } = record(machine.vfioGroups, id);
  if (users === 0) return;
  setGroup(machine, id, { users: users - 1 });
  if (users > 1) return;
  leaveContainer(machine, container, id);
  setGroup(machine, id, { container: -1 });
}

interface FdInput {
  readonly group: VfioGroup;
  readonly isSet: boolean;
  readonly isRoot: boolean;
  readonly device: number;
}

const GET = "drivers/vfio/vfio.c vfio_group_get_device_fd v4.18";
const GET_NEW = "drivers/vfio/vfio_main.c vfio_group_ioctl_get_device_fd v6.1";

/** v6.1 looks the device up first; what it asked at SET_CONTAINER it does not ask again. */
// biome-ignore format: one check a line
export const DEVICE_FD_CHECKS: readonly Check<FdInput>[] = [
  { errno: "ENODEV", source: GET_NEW, why: "no device of that name in the group", kernels: SINCE_V6, refuses: ({ device }) => device < 0 },
  { errno: "EINVAL", source: "VFIO-SM-028", why: "the group has no container", refuses: ({ group }) => group.users === 0 },
  { errno: "EINVAL", source: "VFIO-SM-029", why: "the container's IOMMU is not set", refuses: ({ isSet }) => !isSet },
  { errno: "EINVAL", source: "VFIO-SM-027", why: "the group is not viable", kernels: BEFORE_V6, refuses: ({ group }) => !isViable(group) },
  { errno: "EPERM", source: GET, why: "without an IOMMU it takes CAP_SYS_RAWIO", refuses: ({ group, isRoot }) => group.isNoiommu && !isRoot },
  { errno: "ENODEV", source: GET, why: "no device of that name in the group", kernels: BEFORE_V6, refuses: ({ device }) => device < 0 },
];

/**
 * ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name): a descriptor of its own each time, and the
 * driver's open runs for each (VFIO-SM-032); in v6.1 for the first one only (VFIO-SM-070).
 *
 * Refuses: EFAULT where no name is given; EINVAL for one of a page or more; DEVICE_FD_CHECKS in order;
 * what the driver's open refuses (VFIO-SM-031); EMFILE, which v6.1 says as soon as it knows the device.
 */
export function getDeviceFd<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  { object: id, pid, arg }: IoctlRequest,
): Result<number> {
  if (typeof arg !== "string") return refuse("EFAULT", "the name cannot be read");
  const name = arg.replace(/\0.*/s, "");
  if (name.length >= PAGE) return refuse("EINVAL", "too long a name");
  const group = record(machine.vfioGroups, id);
  const driver = group.container < 0 ? "unset" : record(machine.containers, group.container).driver;
  const device = machine.vfioDevices.findIndex(
    (other) => other.group === id && isListed(other) && other.name === name,
  );
  const isNew = machine.kernel === "v6.1";
  const free = isNew && device >= 0 ? freeDescriptor(machine, pid) : OK;
  if (!free.ok) return free;
  const refusal = firstRefusal(DEVICE_FD_CHECKS, machine.kernel, {
    group,
    isSet: driver !== "unset",
    isRoot: record(machine.tasks, pid).creds.root,
    device,
  });
  return refusal ?? openDevice(machine, ops, device, pid);
}

function openDevice<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  pid: number,
): Result<number> {
  const device = record(machine.vfioDevices, id);
  const driver = ops.device[device.driver];
  const isFirst = machine.kernel !== "v6.1" || device.opens === 0;
  const opened = isFirst ? driver?.open?.(machine, ops, device.object, pid) : undefined;
  if (opened && !opened.ok) return opened;
  const opens = record(machine.vfioDevices, id).opens + 1;
  machine.vfioDevices[id] = { ...record(machine.vfioDevices, id), opens };
  const { users } = record(machine.vfioGroups, device.group);
  const fd = installFile(machine, pid, {
    driver: DRIVER.vfioDevice,
    object: id,
    path: "anon_inode:[vfio-device]",
    flags: FLAG.O_RDWR | FLAG.O_CLOEXEC,
  });
  if (fd.ok) {
    setGroup(machine, device.group, { users: users + 1 });
    return fd;
  }
  closeDevice(machine, ops, id);
  return fd;
}

/** One open less; the driver's release runs for each, in v6.1 for the last one only. */
export function closeDevice<M extends VfioPart>(machine: M, ops: VfioOps<M>, id: number): void {
  const device = record(machine.vfioDevices, id);
  const isLast = machine.kernel !== "v6.1" || device.opens === 1;
  if (isLast) ops.device[device.driver]?.release?.(machine, ops, device.object);
  const now = record(machine.vfioDevices, id);
  machine.vfioDevices[id] = { ...now, opens: now.opens - 1 };
}
