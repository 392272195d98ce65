import type { Result } from "../core/index.ts";
import {
  createQp,
  type DeviceKind,
  flushDummyQueue,
  getDummyQueue,
  type HwPart,
  mapDummyQueue,
  mapQp,
  putDummyQueue,
  releaseQp,
} from "../hw/index.ts";
import type { Backing } from "../mm/index.ts";
import type { IoctlRequest, MmapRequest, Reply } from "../task/index.ts";

/**
 * What spimdev asks of a hardware driver (struct vfio_spimdev_ops): the same names, as far as the
 * model goes.
 *
 * Leaves out: is_q_updated, mask_notify, reset, reset_queue; get_available_instances, which neither
 * driver has (D3).
 * Source: KL include/linux/vfio_spimdev.h 09ed2929d6a5
 */
export interface QueueDriver {
  /** Name of the driver, and of the group of its one mdev type: `<driver>-<group>`. */
  readonly driver: string;
  readonly group: string;
  /** What `device_api` says: it picks the user driver. */
  readonly api: string;
  getQueue(machine: HwPart, device: number): Result<number>;
  putQueue(machine: HwPart, queue: number): void;
  mmap(machine: HwPart, queue: number, request: MmapRequest): Result<Backing>;
  /** Without it: EINVAL. `undefined` for a command that it does not know. */
  ioctl?(machine: HwPart, queue: number, request: IoctlRequest): Reply | undefined;
}

/**
 * The two drivers. The type of the ZIP engine is called `zip` here; what the author called it was
 * not read.
 */
export const QUEUE_DRIVERS: Readonly<Record<DeviceKind, QueueDriver>> = {
  zip: {
    driver: "hisi_zip",
    group: "zip",
    api: "hisi_qm_v1",
    getQueue: createQp,
    putQueue: releaseQp,
    mmap: mapQp,
  },
  dummy: {
    driver: "dummy_wd",
    group: "memcopy",
    api: "wd_dummy_v1",
    getQueue: getDummyQueue,
    putQueue: putDummyQueue,
    mmap: mapDummyQueue,
    ioctl: (machine, queue, { command, pid }) =>
      command === "DUMMY_CMD_FLUSH" ? flushDummyQueue(machine, queue, pid) : undefined,
  },
};
