import { assert, type Check, firstRefusal, ok, type Result, record } from "../core/index.ts";
import { groupOf } from "../hw/index.ts";
import { mmOfPasid } from "../iommu/index.ts";
import { type MdevDriver, registerParent } from "../mdev/index.ts";
import { addNode, DRIVER, type FileOps } from "../task/index.ts";
import { VFIO } from "../vfio/index.ts";
import type { FrameworkPart, SpimdevParam } from "./part.ts";
import { QUEUE_DRIVERS, type QueueDriver, type QueueDrivers } from "./queue-driver.ts";

/**
 * What both RFCs on mediated devices have alike: a class in sysfs, two attributes of the parent,
 * and the rules of registering.
 */

/** Bits of `dma_flag`. Source: v1-uapi VFIO_SPIMDEV_DMA_*, unchanged in vfio_sdmdev.h 0307977f1552. */
export const DMA_FLAG = {
  INVALID: 0,
  SINGLE_PROC_MAP: 1,
  MULTI_PROC_MAP: 2,
  SVM: 4,
  SVM_NO_FAULT: 8,
  PHY: 16,
} as const;

/** A class under /sys/class, and what its types show. */
export interface ParentClass {
  readonly name: "spimdev" | "sdmdev";
  readonly driver: MdevDriver;
  readonly attributes: readonly string[];
  readonly checks: readonly Check<QueueDriver>[];
}

/** A device and who drives it. */
export interface ClassWish {
  readonly device: number;
  readonly driver?: QueueDriver;
}

/**
 * A driver offers its device: /sys/class/CLASS/NAME appears, and the device becomes an mdev parent
 * with one type.
 *
 * @returns the id of the record
 * Refuses: the checks of the class; then as `registerParent` does.
 */
export function registerInClass(
  machine: FrameworkPart,
  group: ParentClass,
  { device, driver = driverOf(machine, device) }: ClassWish,
): Result<number> {
  const refusal = firstRefusal(group.checks, machine.kernel, driver);
  if (refusal) return refusal;
  const { name } = record(machine.devices, device);
  const path = `/sys/class/${group.name}/${name}/device`;
  const id = machine.spimdevs.length;
  const type = { name: `${driver.driver}-${driver.group}`, attributes: group.attributes };
  const parent = registerParent(machine, {
    name,
    path,
    driver: group.driver,
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

export function isBehindIommu(machine: FrameworkPart, device: number): boolean {
  const { stream } = record(machine.devices, device);
  return stream >= 0 && groupOf(machine, device) >= 0;
}

/** The device behind a mediated device. */
export function parentDevice(machine: FrameworkPart, mdev: number): number {
  const { object } = record(machine.parents, record(machine.mdevs, mdev).parent);
  return record(machine.spimdevs, object).device;
}

/** Is that number the PASID of the caller's own process (_is_valid_pasid)? */
export function isOwnPasid(machine: FrameworkPart, pid: number, pasid: number): boolean {
  const mm = Number.isSafeInteger(pasid) ? mmOfPasid(machine, pasid) : -1;
  return mm >= 0 && mm === record(machine.tasks, pid).mm;
}

/** The driver of a device: one that came with the story's family, else one of QUEUE_DRIVERS. */
export function driverOf(
  machine: FrameworkPart,
  device: number,
  others: QueueDrivers = {},
): QueueDriver {
  const { kind, bound = kind } = record(machine.devices, device);
  const posted: QueueDrivers = QUEUE_DRIVERS;
  const driver = others[bound] ?? others[kind] ?? posted[kind];
  assert(driver !== undefined, "a device without a driver", device);
  return driver;
}

export function queueDriver(
  machine: FrameworkPart,
  queue: number,
  others?: QueueDrivers,
): QueueDriver {
  return driverOf(machine, machine.queues.device[queue] as number, others);
}

/** The files under `params/`: a number and a newline. */
export const SPIMDEV_PARAM_FILE: FileOps<FrameworkPart> = {
  read(machine, _ops, object) {
    const { spimdev, name }: SpimdevParam = record(machine.spimdevParams, object);
    const { iommuType, dmaFlag } = record(machine.spimdevs, spimdev);
    return ok(`${name === "iommu_type" ? iommuType : dmaFlag}\n`);
  },
};
