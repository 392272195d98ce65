import {
  bug,
  type Check,
  emit,
  hasDefect,
  ms,
  OK,
  ok,
  type Result,
  record,
  refuse,
  replace,
} from "../core/index.ts";
import { groupOf, queuesLeft } from "../hw/index.ts";
import { MDEV_DRIVER, type MdevOps } from "../mdev/index.ts";
import {
  DRIVER,
  type FileOps,
  FLAG,
  type IoctlRequest,
  installFile,
  type Reply,
} from "../task/index.ts";
import {
  driverOf,
  isBehindIommu,
  isOwnPasid,
  type ParentClass,
  parentDevice,
  queueDriver,
  registerInClass,
} from "./parent-class.ts";
import type { FrameworkPart } from "./part.ts";
import type { QueueDriver, QueueDriverOps } from "./queue-driver.ts";
import { timeoutOf, waitFor } from "./queue-wait.ts";

/**
 * The kernel part of WarpDrive as first posted: mediated devices that share the IOMMU domain of
 * their parent, and hand out a hardware queue when a program asks for one, not before.
 *
 * Source: KL drivers/vfio/spimdev/vfio_spimdev.c 09ed2929d6a5; for the header the posted one, which
 * knows GET_Q only (docs/sources.md)
 */

type SpimdevOps = QueueDriverOps<FrameworkPart>;

const REGISTER = "KL drivers/vfio/spimdev/vfio_spimdev.c vfio_spimdev_register 09ed2929d6a5";

// biome-ignore format: one check a line
export const SPIMDEV_REGISTER_CHECKS: readonly Check<QueueDriver>[] = [
  { errno: "EINVAL", source: REGISTER, why: "a driver name with -, which the type name splits at", refuses: ({ driver }) => driver.includes("-") },
];

const CLASS: ParentClass = {
  name: "spimdev",
  driver: MDEV_DRIVER.spimdev,
  attributes: ["device_api", "available_instances"],
  checks: SPIMDEV_REGISTER_CHECKS,
};

/**
 * A driver offers its device (vfio_spimdev_register), by /sys/class/spimdev.
 *
 * @returns the id of the record
 * Refuses: SPIMDEV_REGISTER_CHECKS; then as `registerParent` does.
 * Leaves out: the attributes `name` and `flags` of the type, whose texts were not read.
 */
export function registerSpimdev(
  machine: FrameworkPart,
  device: number,
  driver?: QueueDriver,
): Result<number> {
  return registerInClass(machine, CLASS, { device, ...(driver ? { driver } : {}) });
}

/**
 * ioctl(mdev, VFIO_SPIMDEV_CMD_GET_Q): a queue of the hardware, as a file of its own. It may be
 * asked again and again: one mediated device serves many queues.
 *
 * @param arg  a PASID, in builds with process page tables; as posted the test of it is the wrong way
 * round (D11)
 * @returns the descriptor, which is the program's handle of the queue
 * Refuses: EINVAL without get_queue; EINVAL for a PASID that is, or with D11 mended is not, the
 * caller's; ENODEV for whatever the driver refuses; EMFILE, and then the queue goes back.
 */
function getQueue(machine: FrameworkPart, ops: SpimdevOps, request: IoctlRequest): Reply {
  const { object, pid, arg } = request;
  const device = parentDevice(machine, object);
  const driver = driverOf(machine, device, ops.queueDrivers);
  if (!driver.getQueue) return refuse("EINVAL", "the driver has no get_queue");
  const pasid = typeof arg === "number" || typeof arg === "bigint" ? Number(arg) : 0;
  if (machine.hasSva && isOwnPasid(machine, pid, pasid) === hasDefect(machine, "D11")) {
    return refuse("EINVAL", "the PASID is not taken for the caller's");
  }
  const queue = driver.getQueue(machine, device, machine.hasSva ? pasid : undefined);
  if (!queue.ok && queue.errno === "BUG") return queue;
  if (!queue.ok) return replace(queue, "ENODEV", "driver refused");
  const fd = installFile(machine, pid, {
    driver: DRIVER.spimdevQueue,
    object: queue.value,
    path: "anon_inode:spimdev_q",
    flags: FLAG.O_RDWR,
  });
  if (!fd.ok) {
    driver.putQueue(machine, queue.value);
    return fd;
  }
  emit(machine, "queue.get", queue.value, pid);
  return fd;
}

/**
 * What spimdev answers to mdev. Creating takes no hardware, and is ENODEV for a driver without
 * get_queue; opening does nothing and lets everyone
 * in; removing frees the record.
 *
 * As posted `available_instances` calls an operation that neither posted driver has: reading it
 * crashes the kernel (D3). With D3 mended it says how many queues are left.
 */
export const SPIMDEV: MdevOps<FrameworkPart> = {
  create(machine, ops: SpimdevOps, mdev) {
    const driver = driverOf(machine, parentDevice(machine, mdev), ops.queueDrivers);
    return driver.getQueue ? OK : refuse("ENODEV", "the driver has no get_queue");
  },
  remove: () => OK,
  open: () => OK,
  show(machine, ops: SpimdevOps, { object, name }): Result<string> {
    const { device } = record(machine.spimdevs, object);
    const driver = driverOf(machine, device, ops.queueDrivers);
    if (name === "device_api") return ok(driver.api);
    if (driver.available) return ok(String(driver.available(machine, device)));
    if (hasDefect(machine, "D3")) return bug("a call of get_available_instances, which is NULL");
    return ok(String(queuesLeft(machine, device)));
  },
  ioctl(machine, ops: SpimdevOps, request) {
    if (request.command === "VFIO_SPIMDEV_CMD_GET_Q") return getQueue(machine, ops, request);
    return refuse("EINVAL", "spimdev knows no such ioctl");
  },
  isUnshielded: (machine, object) =>
    !isBehindIommu(machine, record(machine.spimdevs, object).device),
  parentGroup(machine, _ops, mdev) {
    const group = groupOf(machine, parentDevice(machine, mdev));
    return group < 0 ? refuse("ENODEV", "the parent has no IOMMU group") : ok(group);
  },
};

/**
 * ioctl(queue, VFIO_SPIMDEV_CMD_WAIT, timeout) of a snapshot: sleeps until the queue has moved, for so
 * many milliseconds; 0 waits for ever. It keeps 16 bits of the number, so that 65 536 is 0 (D10).
 *
 * @returns as sdmdev's WAIT
 * Source: KL drivers/vfio/spimdev/vfio_spimdev.c vfio_spimdev_q_file_ioctl 09ed2929d6a5
 */
function wait(machine: FrameworkPart, { object, arg, call }: IoctlRequest): Reply {
  const asked = timeoutOf(arg);
  const timeout = hasDefect(machine, "D10") ? asked % 65_536 : asked;
  return waitFor(machine, object, { span: ms(timeout), call });
}

/**
 * The file "spimdev_q". Refuses: EINVAL for an ioctl or a mapping that the driver does not have, and
 * for WAIT, which the posted header does not have. Closing it gives the queue back, whoever dies.
 */
export const SPIMDEV_QUEUE_FILE: FileOps<FrameworkPart> = {
  ioctl(machine, ops: SpimdevOps, request): Reply {
    const { object, command } = request;
    if (command === "VFIO_SPIMDEV_CMD_WAIT" && machine.hasWait) return wait(machine, request);
    const reply = queueDriver(machine, object, ops.queueDrivers).ioctl?.(machine, object, request);
    return reply ?? refuse("EINVAL", "the queue's driver knows no such ioctl");
  },
  mmap(machine, ops: SpimdevOps, request) {
    const driver = queueDriver(machine, request.object, ops.queueDrivers);
    const mapped = driver.mmap?.(machine, request.object, request);
    return mapped ?? refuse("EINVAL", "the driver has no mmap");
  },
  release(machine, ops: SpimdevOps, object) {
    queueDriver(machine, object, ops.queueDrivers).putQueue(machine, object);
  },
};
