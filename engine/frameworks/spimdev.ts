import {
  bug,
  type Check,
  emit,
  firstRefusal,
  hasDefect,
  OK,
  ok,
  type Result,
  record,
  refuse,
  replace,
} from "../core/index.ts";
import { type Device, groupOf, queuesLeft } from "../hw/index.ts";
import { MDEV_DRIVER, type MdevOps, registerParent } from "../mdev/index.ts";
import {
  addNode,
  DRIVER,
  type FileOps,
  type IoctlRequest,
  installFile,
  type Reply,
} from "../task/index.ts";
import { VFIO } from "../vfio/index.ts";
import type { FrameworkPart, SpimdevParam } from "./part.ts";
import { QUEUE_DRIVERS, type QueueDriver } from "./queue-driver.ts";

/**
 * The kernel part of WarpDrive as first posted: mediated devices that share the IOMMU domain of
 * their parent, and hand out a hardware queue when a program asks for one, not before.
 *
 * Source: KL drivers/vfio/spimdev/vfio_spimdev.c 09ed2929d6a5; for the header the posted one, which
 * knows GET_Q only (docs/sources.md)
 */

/** Bits of `dma_flag`. Source: v1-uapi VFIO_SPIMDEV_DMA_*. */
export const DMA_FLAG = {
  INVALID: 0,
  SINGLE_PROC_MAP: 1,
  MULTI_PROC_MAP: 2,
  SVM: 4,
  SVM_NO_FAULT: 8,
  PHY: 16,
} as const;

const REGISTER = "KL drivers/vfio/spimdev/vfio_spimdev.c vfio_spimdev_register 09ed2929d6a5";

// biome-ignore format: one check a line
export const SPIMDEV_REGISTER_CHECKS: readonly Check<QueueDriver>[] = [
  { errno: "EINVAL", source: REGISTER, why: "a driver name with -, which the type name splits at", refuses: ({ driver }) => driver.includes("-") },
];

/**
 * A driver offers its device (vfio_spimdev_register): /sys/class/spimdev/<name> appears, and the
 * device becomes an mdev parent with one type.
 *
 * @returns the id of the record
 * Refuses: SPIMDEV_REGISTER_CHECKS; then as `registerParent` does.
 * Leaves out: the attributes `name` and `flags` of the type, whose texts were not read.
 */
export function registerSpimdev(
  machine: FrameworkPart,
  device: number,
  driver: QueueDriver = QUEUE_DRIVERS[record(machine.devices, device).kind],
): Result<number> {
  const refusal = firstRefusal(SPIMDEV_REGISTER_CHECKS, machine.kernel, driver);
  if (refusal) return refusal;
  const { name } = record(machine.devices, device);
  const path = `/sys/class/spimdev/${name}/device`;
  const id = machine.spimdevs.length;
  const type = {
    name: `${driver.driver}-${driver.group}`,
    attributes: ["device_api", "available_instances"],
  };
  const parent = registerParent(machine, {
    name,
    path,
    driver: MDEV_DRIVER.spimdev,
    object: id,
    types: [type],
  });
  if (!parent.ok) return parent;
  const isShielded = isBehindIommu(machine, device);
  machine.spimdevs.push({
    device,
    parent: parent.value,
    iommuType: isShielded ? VFIO.VFIO_TYPE1_IOMMU : VFIO.VFIO_NOIOMMU_IOMMU,
    dmaFlag: isShielded ? DMA_FLAG.SINGLE_PROC_MAP : DMA_FLAG.INVALID,
  });
  for (const param of ["iommu_type", "dma_flag"] as const) {
    machine.spimdevParams.push({ spimdev: id, name: param });
    const object = machine.spimdevParams.length - 1;
    addNode(machine, { path: `${path}/params/${param}`, driver: DRIVER.spimdevAttribute, object });
  }
  return ok(id);
}

function isBehindIommu(machine: FrameworkPart, device: number): boolean {
  const { stream } = record(machine.devices, device);
  return stream >= 0 && groupOf(machine, device) >= 0;
}

function deviceOf(machine: FrameworkPart, mdev: number): number {
  const { object } = record(machine.parents, record(machine.mdevs, mdev).parent);
  return record(machine.spimdevs, object).device;
}

function driverOf(machine: FrameworkPart, device: number): QueueDriver {
  const { kind }: Device = record(machine.devices, device);
  return QUEUE_DRIVERS[kind];
}

/**
 * ioctl(mdev, VFIO_SPIMDEV_CMD_GET_Q): a queue of the hardware, as a file of its own. It may be
 * asked again and again: one mediated device serves many queues.
 *
 * @returns the descriptor, which is the program's handle of the queue
 * Refuses: ENODEV for whatever the driver refuses; EMFILE, and then the queue goes back.
 */
function getQueue(machine: FrameworkPart, { object, pid }: IoctlRequest): Reply {
  const device = deviceOf(machine, object);
  const driver = driverOf(machine, device);
  const queue = driver.getQueue(machine, device);
  if (!queue.ok) return replace(queue, "ENODEV", "driver refused");
  const fd = installFile(machine, pid, {
    driver: DRIVER.spimdevQueue,
    object: queue.value,
    path: "anon_inode:spimdev_q",
  });
  if (!fd.ok) {
    driver.putQueue(machine, queue.value);
    return fd;
  }
  emit(machine, "queue.get", queue.value, pid);
  return fd;
}

/**
 * What spimdev answers to mdev. Creating takes no hardware; opening does nothing and lets everyone
 * in; removing frees the record.
 *
 * As posted `available_instances` calls an operation that neither driver has: reading it crashes
 * the kernel (D3). With D3 mended it says how many queues are left.
 */
export const SPIMDEV: MdevOps<FrameworkPart> = {
  create: () => OK,
  remove: () => OK,
  open: () => OK,
  show(machine, _ops, { object, name }): Result<string> {
    const { device } = record(machine.spimdevs, object);
    if (name === "device_api") return ok(driverOf(machine, device).api);
    if (hasDefect(machine, "D3")) return bug("a call of get_available_instances, which is NULL");
    return ok(String(queuesLeft(machine, device)));
  },
  ioctl(machine, _ops, request) {
    if (request.command === "VFIO_SPIMDEV_CMD_GET_Q") return getQueue(machine, request);
    return refuse("EINVAL", "spimdev knows no such ioctl");
  },
  isUnshielded: (machine, object) =>
    !isBehindIommu(machine, record(machine.spimdevs, object).device),
  parentGroup(machine, _ops, mdev) {
    const group = groupOf(machine, deviceOf(machine, mdev));
    return group < 0 ? refuse("ENODEV", "the parent has no IOMMU group") : ok(group);
  },
};

function queueDriver(machine: FrameworkPart, queue: number): QueueDriver {
  return driverOf(machine, machine.queues.device[queue] as number);
}

/**
 * The file "spimdev_q". Refuses: EINVAL for an ioctl or a mapping that the driver does not have.
 * Closing it gives the queue back, whoever dies.
 *
 * Leaves out: WAIT, which the posted header does not have.
 */
export const SPIMDEV_QUEUE_FILE: FileOps<FrameworkPart> = {
  ioctl(machine, _ops, request): Reply {
    const { object } = request;
    const reply = queueDriver(machine, object).ioctl?.(machine, object, request);
    return reply ?? refuse("EINVAL", "the queue's driver knows no such ioctl");
  },
  mmap: (machine, _ops, request) =>
    queueDriver(machine, request.object).mmap(machine, request.object, request),
  release(machine, _ops, object) {
    queueDriver(machine, object).putQueue(machine, object);
  },
};

/** The files under `params/`: a number and a newline. */
export const SPIMDEV_PARAM_FILE: FileOps<FrameworkPart> = {
  read(machine, _ops, object) {
    const { spimdev, name }: SpimdevParam = record(machine.spimdevParams, object);
    const { iommuType, dmaFlag } = record(machine.spimdevs, spimdev);
    return ok(`${name === "iommu_type" ? iommuType : dmaFlag}\n`);
  },
};
