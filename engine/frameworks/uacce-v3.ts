import { emit, hasDefect, isToFail, OK, ok, type Result, record, refuse } from "../core/index.ts";
import {
  dropTables,
  groupOf,
  putQp,
  RING_PAGES,
  startQm,
  stopQp,
  TABLE_PAGES,
  takeQp,
} from "../hw/index.ts";
import { attachGroup, freeDomain, makeDomain } from "../iommu/index.ts";
import { addNode, DRIVER, type FileOps, type IoctlRequest, type Reply } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import {
  NOWHERE,
  V3_ATTRIBUTES,
  V3_DEV,
  V3_REGION,
  V3_STATE,
  type V3Device,
  type V3State,
} from "./uacce-v3-part.ts";
import { dropRegion, mapRegion } from "./uacce-v3-region.ts";
import { sharedAddress, shareRegion } from "./uacce-v3-share.ts";
import { startV3 } from "./uacce-v3-start.ts";

/**
 * The third RFC: uacce, before it was merged. A character device for each accelerator; who opens it
 * has a queue. Nothing of the program is pinned: what it shares with the device it gets from the
 * kernel, by mmap of the queue's file, and finds at the address that the device uses too.
 *
 *   open --> mmap DKO, DUS, MMIO --> START --> mmap SS --> requests
 *
 * The device is taken off the DMA API's domain and put on an unmanaged one, so that no address of
 * the kernel's own is in the reach of a request.
 *
 * Leaves out: PASIDs, which the posted code had only with the patches of another RFC; the region for
 * driver-mapped memory (DRVMAP_DUS); poll.
 * Source: KL drivers/uacce/uacce.c and drivers/crypto/hisilicon/qm.c, versions of late 2018, between
 * the third and the fourth posting
 */

/** Pages of the file before each region, with an IOMMU and without. Source: facts 3.4, qm.c. */
const SHIELDED = [0, 1, 1 + TABLE_PAGES, 1 + TABLE_PAGES + RING_PAGES] as const;
const BARE = [0, NOWHERE, 1, 1 + RING_PAGES] as const;

/**
 * Shows an accelerator to user space (uacce_register): /dev/uaN, and its attributes. Its group is
 * taken off the DMA API's domain.
 *
 * Refuses: what `attachGroup` refuses, and then nothing stays.
 */
export function registerUacceV3(machine: FrameworkPart, device: number): Result<number> {
  const group = groupOf(machine, device);
  const isShielded = group >= 0;
  const domain = isShielded ? makeDomain(machine, "unmanaged") : NOWHERE;
  const placed = isShielded ? attachGroup(machine, domain, group) : startQm(machine, device);
  if (!placed.ok) {
    if (isShielded) freeDomain(machine, domain);
    return placed;
  }
  const minor = machine.v3Devices.length;
  // SVA is wished for, and cut where the kernel cannot.
  const flags = isShielded ? V3_DEV.KMAP_DUS : V3_DEV.NOIOMMU | V3_DEV.CONT_PAGE;
  const name = `hisi_zip-${minor}`;
  const starts = isShielded ? SHIELDED : BARE;
  const state = V3_STATE.INIT;
  machine.v3Devices.push({ device, minor, name, flags, state, domain, starts });
  addNode(machine, { path: `/dev/ua${minor}`, driver: DRIVER.uacceV3Queue, object: minor });
  for (const attribute of V3_ATTRIBUTES) {
    machine.v3Attributes.push({ uacce: minor, name: attribute });
    const object = machine.v3Attributes.length - 1;
    const path = `/sys/class/uacce/${name}/attrs/${attribute}`;
    addNode(machine, { path, driver: DRIVER.uacceV3Attribute, object });
  }
  return ok(minor);
}

function enter(machine: FrameworkPart, id: number, state: V3State): void {
  machine.v3Devices[id] = { ...record(machine.v3Devices, id), state };
}

/**
 * One address space for all queues of a device, so one user at a time. Refuses: EBUSY where the
 * device is in use. A device without an IOMMU has no address space, and lets everybody in.
 */
function openCheck(machine: FrameworkPart, id: number): Result<void> {
  const { flags, state } = record(machine.v3Devices, id);
  if (flags & V3_DEV.NOIOMMU) return OK;
  if (state !== V3_STATE.INIT) return refuse("EBUSY", "the device can be opened only once");
  enter(machine, id, V3_STATE.OPENED);
  return OK;
}

/** Refuses: ENOMEM; EBUSY where the hardware has no queue. */
function takeQueue(machine: FrameworkPart, id: number): Result<number> {
  if (isToFail(machine, "allocate")) return refuse("ENOMEM", "no memory for the queue");
  return takeQp(machine, record(machine.v3Devices, id).device);
}

/**
 * open(/dev/uaN): a queue, not started.
 *
 * As posted open ends by setting the state back that it began by testing (D28): a second open is
 * refused only once the first has started. And one that fails leaves the state as it is, so that
 * nobody can open the device any more (D30).
 *
 * Refuses: as `openCheck`; as `takeQueue`.
 * Source: uacce_fops_open
 */
function open(machine: FrameworkPart, id: number, pid: number): Result<number> {
  const before = record(machine.v3Devices, id).state;
  const checked = openCheck(machine, id);
  if (!checked.ok) return checked;
  const queue = takeQueue(machine, id);
  if (!queue.ok) {
    if (!hasDefect(machine, "D30")) enter(machine, id, before);
    return queue;
  }
  if (hasDefect(machine, "D28")) enter(machine, id, V3_STATE.INIT);
  machine.v3Queues.push({ uacce: id, queue: queue.value, regions: [-1, -1, -1, -1] });
  emit(machine, "queue.get", queue.value, pid);
  return ok(machine.v3Queues.length - 1);
}

function ioctl(machine: FrameworkPart, { object, pid, command, arg }: IoctlRequest): Reply {
  if (command === "UACCE_CMD_SHARE_SVAS") return shareRegion(machine, object, pid, Number(arg));
  if (command === "UACCE_CMD_START") return startV3(machine, object);
  if (command === "UACCE_CMD_GET_SS_PA") return sharedAddress(machine, object);
  return refuse("EINVAL", "the queue's driver knows no such ioctl");
}

/**
 * /dev/uaN. The text says that requests from any process but the opener are blocked. What blocks
 * them is that a child inherits no mapping: the ioctls ask nobody who calls.
 *
 * Refuses an unknown ioctl with EINVAL.
 * Leaves out: UACCE_CMD_QM_SET_OPTYPE.
 */
export const UACCE_V3_FILE: FileOps<FrameworkPart> = {
  open: (machine, _ops, object, pid) => open(machine, object, pid),
  ioctl: (machine, _ops, request) => ioctl(machine, request),
  mmap: (machine, _ops, request) => mapRegion(machine, request.object, request),
  release(machine, _ops, object) {
    const { uacce, queue, regions } = record(machine.v3Queues, object);
    const { device, state } = record(machine.v3Devices, uacce);
    if (state === V3_STATE.STARTED) stopQp(machine, queue);
    if ((regions[V3_REGION.DKO] ?? -1) >= 0) dropTables(machine, device);
    for (const region of regions) if (region >= 0) dropRegion(machine, object, region);
    machine.v3Queues[object] = { uacce, queue, regions: [-1, -1, -1, -1] };
    putQp(machine, queue);
    enter(machine, uacce, V3_STATE.INIT);
  },
};

/** `available_instances` is a field that the queue manager's driver never sets. */
const SHOW: { readonly [name in (typeof V3_ATTRIBUTES)[number]]: (uacce: V3Device) => string } = {
  id: ({ minor }) => `${minor}`,
  api: ({ flags }) => `hisi_qm_v1${flags & V3_DEV.NOIOMMU ? "_noiommu" : ""}\n`,
  flags: ({ flags }) => `${flags}\n`,
  available_instances: () => "0\n",
  algorithms: () => "zlib\ngzip\n",
};

/** Leaves out: node_id, numa_distance. The names of api and algorithms are recalled. */
export const UACCE_V3_ATTRIBUTE_FILE: FileOps<FrameworkPart> = {
  read(machine, _ops, object) {
    const { uacce, name } = record(machine.v3Attributes, object);
    return ok(SHOW[name](record(machine.v3Devices, uacce)));
  },
};
