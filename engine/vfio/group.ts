import {
  BEFORE_V6,
  type Check,
  firstRefusal,
  ok,
  type Result,
  record,
  refuse,
  SINCE_V6,
  type Value,
  ZERO,
} from "../core/index.ts";
import { DRIVER, type FileOps, fileOf, type IoctlRequest, type Reply } from "../task/index.ts";
import { joinContainer } from "./container.ts";
import { dropUser, getDeviceFd, releaseGroup } from "./device.ts";
import { IOCTLS, VFIO } from "./ioctl-numbers.ts";
import type { VfioOps } from "./ops.ts";
import type { VfioGroup, VfioPart } from "./part.ts";
import { isViable, setGroup } from "./viable.ts";
import { readWords } from "./words.ts";

const OPEN = "drivers/vfio/vfio.c vfio_group_fops_open v4.18";

interface OpenInput {
  readonly group: VfioGroup;
  readonly isRoot: boolean;
}

// biome-ignore format: one check a line
export const GROUP_OPEN_CHECKS: readonly Check<OpenInput>[] = [
  { errno: "EPERM", source: "VFIO-SM-020", why: "without an IOMMU it takes CAP_SYS_RAWIO", refuses: ({ group, isRoot }) => group.isNoiommu && !isRoot },
  { errno: "EBUSY", source: "VFIO-SM-018", why: "the group is open", refuses: ({ group }) => group.isOpen },
  { errno: "EBUSY", source: OPEN, why: "a device of the group is still in use", refuses: ({ group }) => group.container >= 0 },
];

interface SetInput extends OpenInput {
  readonly fd: number;
  /** Nobody has the descriptor; what it leads to is no container. */
  readonly isClosed: boolean;
  readonly isOther: boolean;
  readonly viable: boolean;
}

const SET = "drivers/vfio/vfio.c vfio_group_set_container v4.18";
const SET_NEW = "drivers/vfio/vfio_main.c vfio_group_ioctl_set_container v6.1";

/** v6.1 looks the descriptor up first, a negative one too, and asks who owns the devices. */
// biome-ignore format: one check a line
export const SET_CONTAINER_CHECKS: readonly Check<SetInput>[] = [
  { errno: "EINVAL", source: "VFIO-SM-035", why: "a negative descriptor", kernels: BEFORE_V6, refuses: ({ fd }) => fd < 0 },
  { errno: "EBADF", source: "VFIO-SM-069", why: "no such descriptor", kernels: SINCE_V6, refuses: ({ isClosed }) => isClosed },
  { errno: "EINVAL", source: "VFIO-SM-038", why: "the group has a container", refuses: ({ group }) => group.users > 0 },
  { errno: "ENODEV", source: SET_NEW, why: "the group's last device is gone", kernels: SINCE_V6, refuses: ({ group }) => group.isGone },
  { errno: "EINVAL", source: SET_NEW, why: "not a container", kernels: SINCE_V6, refuses: ({ isOther }) => isOther },
  { errno: "EPERM", source: SET, why: "without an IOMMU it takes CAP_SYS_RAWIO", refuses: ({ group, isRoot }) => group.isNoiommu && !isRoot },
  { errno: "EBADF", source: "VFIO-SM-036", why: "no such descriptor", kernels: BEFORE_V6, refuses: ({ isClosed }) => isClosed },
  { errno: "EINVAL", source: SET, why: "not a container", kernels: BEFORE_V6, refuses: ({ isOther }) => isOther },
  { errno: "EPERM", source: "VFIO-SM-066", why: "a driver of the host has a device of the group", kernels: SINCE_V6, refuses: ({ viable }) => !viable },
];

/** An int that the argument points to: given as the number itself. */
function intOf(arg: Value): Result<number> {
  if (typeof arg === "number" || typeof arg === "bigint") return ok(Number(arg));
  return refuse("EFAULT", "the argument cannot be read");
}

/**
 * ioctl(group, VFIO_GROUP_SET_CONTAINER, &fd). Refuses: EFAULT; SET_CONTAINER_CHECKS in order;
 * then as `joinContainer` does. v4.18 does not ask here whether the group is viable (VFIO-SM-026).
 */
function setContainer<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  { object, pid, arg }: IoctlRequest,
): Reply {
  const fd = intOf(arg);
  if (!fd.ok) return fd;
  const group = record(machine.vfioGroups, object);
  const file = fileOf(machine, pid, fd.value);
  const open = file.ok ? record(machine.files, file.value) : undefined;
  const refusal = firstRefusal(SET_CONTAINER_CHECKS, machine.kernel, {
    group,
    fd: fd.value,
    isRoot: record(machine.tasks, pid).creds.root,
    isClosed: open === undefined,
    isOther: open !== undefined && open.driver !== DRIVER.container,
    viable: isViable(group),
  });
  if (refusal || !open) return refusal ?? refuse("EBADF", "no such descriptor");
  const joined = joinContainer(machine, ops, open.object, { group: object, pid });
  if (!joined.ok) return joined;
  setGroup(machine, object, { container: open.object, users: 1 });
  return ZERO;
}

// biome-ignore format: one check a line
export const UNSET_CONTAINER_CHECKS: readonly Check<VfioGroup>[] = [
  { errno: "EINVAL", source: "drivers/vfio/vfio.c vfio_group_unset_container v4.18", why: "the group has no container", refuses: ({ users }) => users === 0 },
  { errno: "EBUSY", source: "drivers/vfio/vfio.c vfio_group_unset_container v4.18", why: "a device of the group is open", refuses: ({ users }) => users > 1 },
];

/**
 * ioctl(group, VFIO_GROUP_UNSET_CONTAINER). Whoever removes the group's last device goes on then
 * (VFIO-SM-054). Refuses: UNSET_CONTAINER_CHECKS in order.
 */
function unsetContainer<M extends VfioPart>(machine: M, ops: VfioOps<M>, id: number): Reply {
  const group = record(machine.vfioGroups, id);
  const refusal = firstRefusal(UNSET_CONTAINER_CHECKS, machine.kernel, group);
  if (refusal) return refusal;
  dropUser(machine, id);
  releaseGroup(machine, ops, id);
  return ZERO;
}

const STATUS = { argsz: 32, flags: 32 } as const;

/**
 * ioctl(group, VFIO_GROUP_GET_STATUS, {argsz}). Refuses: EFAULT (VFIO-SM-022); EINVAL for an argsz
 * below 8; in v6.1 ENODEV where the group's last device is gone (vfio_group_ioctl_get_status).
 */
function getStatus(machine: VfioPart, id: number, arg: Value): Reply {
  const status = readWords(arg, STATUS);
  if (!status.ok) return status;
  if (status.value.argsz < IOCTLS.VFIO_GROUP_GET_STATUS.argsz) {
    return refuse("EINVAL", "argsz below 8");
  }
  const group = record(machine.vfioGroups, id);
  if (group.isGone) return refuse("ENODEV", "the group's last device is gone");
  const viable = isViable(group) ? VFIO.VFIO_GROUP_FLAGS_VIABLE : 0;
  const set = group.container >= 0 ? VFIO.VFIO_GROUP_FLAGS_CONTAINER_SET : 0;
  return { ...ZERO, written: { flags: viable | set } };
}

/**
 * /dev/vfio/N. Refuses to open: GROUP_OPEN_CHECKS in order; an unknown ioctl is ENOTTY. Closing
 * takes the group out of its container, unless a device of it is open.
 *
 * Source: drivers/vfio/vfio.c vfio_group_fops v4.18
 */
export const GROUP_FILE: FileOps<VfioPart> = {
  open(machine, _ops, object, pid) {
    const group = record(machine.vfioGroups, object);
    const isRoot = record(machine.tasks, pid).creds.root;
    const refusal = firstRefusal(GROUP_OPEN_CHECKS, machine.kernel, { group, isRoot });
    if (refusal) return refusal;
    setGroup(machine, object, { isOpen: true });
    return ok(object);
  },
  ioctl(machine, ops: VfioOps<VfioPart>, request) {
    const { object, command, arg } = request;
    if (command === "VFIO_GROUP_GET_STATUS") return getStatus(machine, object, arg);
    if (command === "VFIO_GROUP_SET_CONTAINER") return setContainer(machine, ops, request);
    if (command === "VFIO_GROUP_UNSET_CONTAINER") return unsetContainer(machine, ops, object);
    if (command === "VFIO_GROUP_GET_DEVICE_FD") return getDeviceFd(machine, ops, request);
    return refuse("ENOTTY", "the group knows no such ioctl");
  },
  release(machine, ops: VfioOps<VfioPart>, object) {
    dropUser(machine, object);
    setGroup(machine, object, { isOpen: false });
    releaseGroup(machine, ops, object);
  },
};
