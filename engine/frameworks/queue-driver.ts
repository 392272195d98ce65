import { bug, hasDefect, OK, ok, type Result, replace } from "../core/index.ts";
import {
  createQp,
  type DeviceKind,
  flushDummyQueue,
  freeRings,
  getDummyQueue,
  type HwPart,
  mapDummyQueue,
  mapQp,
  putDummyQueue,
  putQp,
  releaseQp,
  startOwnQp,
  takeQp,
} from "../hw/index.ts";
import type { MdevPart, ParentOps } from "../mdev/index.ts";
import type { Backing } from "../mm/index.ts";
import type { IoctlRequest, MmapRequest, Reply } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";

/**
 * What a framework asks of a hardware driver (struct vfio_spimdev_ops, vfio_sdmdev_ops): the same
 * names, as far as the model goes.
 *
 * Leaves out: reset, reset_queue; get_available_instances of the two posted drivers, which have none
 * (D3).
 * Source: KL include/linux/vfio_spimdev.h 09ed2929d6a5, include/linux/vfio_sdmdev.h 0307977f1552
 */
export interface QueueDriver {
  /** Name of the driver, and of the group of its one mdev type: `<driver>-<group>`. */
  readonly driver: string;
  readonly group: string;
  /** What `device_api` says: it picks the user driver. */
  readonly api: string;
  /**
   * Without it: no mediated device can be made.
   *
   * @param pasid  in builds with process page tables
   */
  getQueue?(machine: HwPart, device: number, pasid?: number): Result<number>;
  putQueue(machine: HwPart, queue: number): void;
  /** Without it: EINVAL. */
  mmap?(machine: HwPart, queue: number, request: MmapRequest): Result<Backing>;
  /** Without it: EINVAL. `undefined` for a command that it does not know. */
  ioctl?(machine: HwPart, queue: number, request: IoctlRequest): Reply | undefined;
  /** get_available_instances: how many more queues it would give. */
  available?(machine: HwPart, device: number): number;
}

/**
 * Drivers that few stories have: they come with their family, beside QUEUE_DRIVERS. By the kind of
 * their device, or by the name by which a story bound them.
 */
export type QueueDrivers = { readonly [kindOrName: string]: QueueDriver };

/** The ways up, as far as spimdev asks. */
export interface QueueDriverOps<M extends MdevPart> extends ParentOps<M> {
  readonly queueDrivers?: QueueDrivers;
}

/**
 * What sdmdev asks beyond it: a queue is taken without being started. What is not there is not
 * asked.
 */
export interface StartingDriver {
  getQueue(machine: HwPart, device: number): Result<number>;
  putQueue(machine: HwPart, queue: number): void;
  startQueue?(machine: HwPart, queue: number): Result<void>;
  stopQueue?(machine: HwPart, queue: number): void;
  /** For the task that waits: what a driver does for it, it does in its context. */
  isUpdated(machine: HwPart, queue: number, pid: number): Result<boolean>;
  /** Lets the queue's interrupt through (mask_notify). Without it WAIT is ENODEV. */
  readonly canNotify: boolean;
}

const QM = {
  getQueue: (machine: HwPart, device: number, pasid?: number) =>
    pasid === undefined ? createQp(machine, device) : getBoundQueue(machine, device, pasid),
  putQueue: releaseQp,
  mmap: mapQp,
} as const;

/**
 * The drivers that were posted. The type of the ZIP engine is called `zip` here; what the author
 * called it was not read. That of the RSA engine is `rsa` in later snapshots (KL
 * drivers/crypto/hisilicon/qm.c hisi_rsa_type_group), which offer Diffie-Hellman beside it.
 */
export const QUEUE_DRIVERS = {
  zip: { driver: "hisi_zip", group: "zip", api: "hisi_qm_v1", ...QM },
  rsa: { driver: "hisi_hpre", group: "rsa", api: "hisi_qm_v1", ...QM },
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
} as const satisfies QueueDrivers;

type StartingDrivers = { readonly [kind in DeviceKind]?: StartingDriver };

/** The driver of a kind on sdmdev; undefined where it has none. */
export function startingDriver(kind: DeviceKind): StartingDriver | undefined {
  const drivers: StartingDrivers = STARTING_DRIVERS;
  return drivers[kind];
}

/**
 * get_queue with a PASID. As posted it is written into the queue's context before that has an address:
 * a store through NULL (D17). Were it to get there, start would clear it. Mended, the context is
 * written once, with it.
 *
 * Refuses: as `takeQp` and `startOwnQp`.
 * Source: KL drivers/crypto/hisilicon/qm.c hisi_qm_get_queue, INIT_QC near RFCv1
 */
function getBoundQueue(machine: HwPart, device: number, pasid: number): Result<number> {
  const queue = takeQp(machine, device);
  if (!queue.ok) return queue;
  if (hasDefect(machine, "D17")) return bug("a PASID written to a context without an address");
  machine.queues.pasid[queue.value] = pasid;
  const started = startOwnQp(machine, queue.value);
  if (started.ok) return queue;
  machine.queues.taken[queue.value] = 0;
  return started;
}

/**
 * The queue manager's driver on sdmdev, for any engine. Only the framework's side of it was read, so
 * here it is the QM's own: rings are made and freed with start and stop, a failure of which is
 * EBUSY. It is given mask_notify, so that WAIT does what its code says.
 *
 * As posted is_q_updated of the QM always says no (D15). The dummy's works off the ring first, and
 * as posted what it answers is yes from the first completion on (D2). With either mended the answer
 * is no again once it was yes.
 * Source of the dummy: KL drivers/vfio/sdmdev/dummy_drv/dummy_wd_dev.c 2f9ca74b
 */
const STARTING_QM: StartingDriver = {
  getQueue: takeQp,
  putQueue: putQp,
  startQueue: (machine, queue) => {
    if (isStarted(machine, queue)) return OK;
    const started = startOwnQp(machine, queue);
    return started.ok ? started : replace(started, "EBUSY", "the queue cannot be started");
  },
  stopQueue: (machine, queue) => {
    if (isStarted(machine, queue)) freeRings(machine, queue);
  },
  isUpdated: (machine, queue) =>
    ok(!hasDefect(machine, "D15") && askUpdated(machine, queue, false)),
  canNotify: true,
};

/** The same drivers on sdmdev. */
export const STARTING_DRIVERS = {
  zip: STARTING_QM,
  rsa: STARTING_QM,
  dummy: {
    getQueue: getDummyQueue,
    putQueue: putDummyQueue,
    isUpdated: (machine, queue, pid) => {
      const worked = flushDummyQueue(machine, queue, pid);
      return worked.ok ? ok(askUpdated(machine, queue, hasDefect(machine, "D2"))) : worked;
    },
    canNotify: true,
  },
} as const satisfies StartingDrivers;

/** Has the queue moved since it was asked last; or, where that is kept, since it was made? */
function askUpdated({ queues }: HwPart, queue: number, isKept: boolean): boolean {
  const isUpdated = queues.updated[queue] === 1;
  if (!isKept) queues.updated[queue] = 0;
  return isUpdated;
}

/** The ways up, where somebody else's driver stands behind sdmdev: without one it is the device's. */
export interface SdmdevOps extends ParentOps<FrameworkPart> {
  readonly sdmdev?: StartingDriver;
}

function isStarted(machine: HwPart, queue: number): boolean {
  return machine.queues.started[queue] === 1;
}
