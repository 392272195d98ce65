import {
  assert,
  bug,
  emit,
  hasDefect,
  ms,
  OK,
  ok,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import { groupOf } from "../hw/index.ts";
import { MDEV_DRIVER, type MdevOps } from "../mdev/index.ts";
import type { IoctlRequest, Reply } from "../task/index.ts";
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
import { type SdmdevOps, type StartingDriver, startingDriver } from "./queue-driver.ts";
import { JIFFY, timeoutOf, waitFor } from "./queue-wait.ts";

/**
 * The second RFC: one mediated device is one queue. Root takes it by creating the device, opening
 * starts it, closing stops it, and only removing the device gives it back.
 *
 *   create --> taken --open--> started --release--> taken --remove--> gone
 *
 * Source: KL drivers/vfio/sdmdev/vfio_sdmdev.c 0307977f1552
 */

/** The queue of one mediated device (struct vfio_sdmdev_queue). A value. */
export interface SdmdevQueue {
  readonly mdev: number;
  readonly queue: number;
  /** The PASID that it was bound to; 0 for none. */
  readonly pasid: number;
}

const CLASS: ParentClass = {
  name: "sdmdev",
  driver: MDEV_DRIVER.sdmdev,
  attributes: ["flags", "name", "device_api", "available_instances"],
  checks: [],
};

/**
 * A driver offers its device (vfio_sdmdev_register), by /sys/class/sdmdev.
 *
 * @returns the id of the record
 * Refuses: as `registerParent` does.
 */
export function registerSdmdev(machine: FrameworkPart, device: number): Result<number> {
  return registerInClass(machine, CLASS, { device });
}

/** The queue of a mediated device; a mediated device without one is the model's mistake. */
function queueOf(machine: FrameworkPart, mdev: number): SdmdevQueue {
  return record(
    machine.sdmdevQueues,
    machine.sdmdevQueues.findIndex((one) => one.mdev === mdev),
  );
}

function starting(machine: FrameworkPart, mdev: number): StartingDriver {
  const device = parentDevice(machine, mdev);
  const driver = startingDriver(record(machine.devices, device).kind);
  assert(driver !== undefined, "a device without a driver of sdmdev's", device);
  return driver;
}

/**
 * ioctl(mdev, VFIO_SDMDEV_CMD_WAIT, timeout): sleeps until the queue has moved; 0 waits for ever.
 * As posted `timeout` counts ticks of the kernel, though the library means milliseconds (D25).
 *
 * @returns 0 without a timeout; else the ticks that were left, at least 1, and 0 when none were
 * Refuses: ENODEV where the driver cannot notify (WARPDRIVE-005).
 * Source: vfio_sdmdev_wait; WARPDRIVE-006
 */
function wait(machine: FrameworkPart, ops: SdmdevOps, request: IoctlRequest): Reply {
  const { object, arg, call } = request;
  const { canNotify } = ops.sdmdev ?? starting(machine, object);
  if (!canNotify) return refuse("ENODEV", "the driver cannot notify");
  const timeout = timeoutOf(arg);
  const span = hasDefect(machine, "D25") ? timeout * JIFFY : ms(timeout);
  return waitFor(machine, queueOf(machine, object).queue, { span, call });
}

/**
 * ioctl(mdev, VFIO_SDMDEV_CMD_BIND_PASID, pasid), in builds with process page tables only: from
 * here on the queue works for the process of that number, and is started.
 *
 * Refuses: EINVAL for a PASID that is not the caller's own process (WARPDRIVE-007); what starting
 * refuses.
 */
function bindPasid(machine: FrameworkPart, { object, pid, arg }: IoctlRequest): Reply {
  const pasid = typeof arg === "number" || typeof arg === "bigint" ? Number(arg) : 0;
  if (!isOwnPasid(machine, pid, pasid)) return refuse("EINVAL", "not the PASID of the caller");
  const at = machine.sdmdevQueues.findIndex(({ mdev }) => mdev === object);
  const bound = record(machine.sdmdevQueues, at);
  machine.sdmdevQueues[at] = { ...bound, pasid };
  machine.queues.pasid[bound.queue] = pasid;
  const started = starting(machine, object).startQueue?.(machine, bound.queue) ?? OK;
  return started.ok ? ok(0) : started;
}

/**
 * What sdmdev answers to mdev. What get_queue refuses goes through create unchanged
 * (WARPDRIVE-001, WARPDRIVE-003).
 *
 * As posted a start that fails at open is passed over (D25): the program has a descriptor of a
 * queue that does nothing. In a build with process page tables open starts nothing
 * (WARPDRIVE-004).
 */
export const SDMDEV: MdevOps<FrameworkPart> = {
  create(machine, _ops, mdev) {
    const device = parentDevice(machine, mdev);
    const queue = starting(machine, mdev).getQueue(machine, device);
    if (!queue.ok) return queue;
    machine.sdmdevQueues.push({ mdev, queue: queue.value, pasid: 0 });
    emit(machine, "queue.get", queue.value, -1);
    return OK;
  },
  remove(machine, _ops, mdev) {
    const driver = starting(machine, mdev);
    const { queue } = queueOf(machine, mdev);
    // A program may have it open still: the writer of `remove` waits, but the queue is gone now.
    driver.stopQueue?.(machine, queue);
    driver.putQueue(machine, queue);
    return OK;
  },
  open(machine, _ops, mdev) {
    if (machine.hasSva) return OK;
    const { queue } = queueOf(machine, mdev);
    // A removal waits for whoever has the device open, and meanwhile it can be opened again.
    if (!machine.queues.taken[queue]) return bug("a queue that is gone");
    const started = starting(machine, mdev).startQueue?.(machine, queue);
    return started && !started.ok && !hasDefect(machine, "D25") ? started : OK;
  },
  release(machine, _ops, mdev) {
    const { queue } = queueOf(machine, mdev);
    if (machine.queues.taken[queue]) starting(machine, mdev).stopQueue?.(machine, queue);
  },
  show(machine, _ops, { object, name }): Result<string> {
    const { device } = record(machine.spimdevs, object);
    const driver = driverOf(machine, device);
    if (name === "device_api") return ok(driver.api);
    if (name === "name") return ok(driver.driver);
    return ok("0"); // flags; and available_instances, whose operation neither driver has
  },
  ioctl(machine, ops, request) {
    const { object, command } = request;
    if (command === "VFIO_SDMDEV_CMD_WAIT") return wait(machine, ops, request);
    if (command === "VFIO_SDMDEV_CMD_BIND_PASID" && machine.hasSva) {
      return bindPasid(machine, request);
    }
    const { queue } = queueOf(machine, object);
    const reply = queueDriver(machine, queue).ioctl?.(machine, queue, request);
    return reply ?? refuse("EINVAL", "the queue's driver knows no such ioctl");
  },
  mmap(machine, _ops, request) {
    const { queue } = queueOf(machine, request.object);
    if (!machine.queues.taken[queue]) return bug("a queue that is gone");
    const mapped = queueDriver(machine, queue).mmap?.(machine, queue, request);
    return mapped ?? refuse("EINVAL", "the driver has no mmap");
  },
  isUnshielded: (machine, object) =>
    !isBehindIommu(machine, record(machine.spimdevs, object).device),
  parentGroup(machine, _ops, mdev) {
    const group = groupOf(machine, parentDevice(machine, mdev));
    return group < 0 ? refuse("ENODEV", "the parent has no IOMMU group") : ok(group);
  },
};
