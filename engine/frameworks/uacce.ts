import { OK, ok, type Result, record, refuse } from "../core/index.ts";
import { groupOf, type HwPart } from "../hw/index.ts";
import { disableFeature, enableFeature, unbindMm } from "../iommu/index.ts";
import { zapRange } from "../mm/index.ts";
import { addNode, DRIVER, type FileOps, removeNode } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import {
  qmInterface,
  UACCE_QFRT,
  type UacceInterface,
  type UacceOps,
  uacceDriver,
} from "./uacce-driver.ts";
import { UACCE_ATTRIBUTES, UACCE_DEV_SVA } from "./uacce-part.ts";
import { putUacceQueue } from "./uacce-queue.ts";

/**
 * uacce as it is in Linux: a character device for each accelerator. Who opens it gets a queue, and
 * with it the device shares his address space: his pointers are the device's addresses, nothing is
 * pinned, nothing is mapped by a call.
 *
 * The first release of it (v5.7) and today's (v6.1, as of its stable releases of 2026) differ; each
 * difference names its row.
 * Source: drivers/misc/uacce/uacce.c 015d239ac014 and v6.1
 */

/**
 * Makes a device of an accelerator (uacce_alloc). Sharing is a wish: where IOMMU or device cannot,
 * the flag is cleared and all else goes on (UACCE-022).
 *
 * @returns the place in `machine.uacces`
 * Leaves out: ENOMEM; that the QM's driver takes its device back where the flag is cleared ("only
 * consider sva case"): here it stays, so that the flag can be read.
 */
export function allocUacce(
  machine: FrameworkPart,
  device: number,
  wanted: UacceInterface = interfaceOf(machine, device),
): Result<number> {
  const minor = freeMinor(machine);
  const flags = wanted.wantsSva && enableSva(machine, device) ? UACCE_DEV_SVA : 0;
  const { api, algorithms, pages } = wanted;
  const name = `${wanted.name}-${minor}`;
  machine.uacces.push({ device, minor, name, flags, api, algorithms, pages, isGone: false });
  return ok(machine.uacces.length - 1);
}

function interfaceOf(machine: FrameworkPart, device: number): UacceInterface {
  const { kind, version } = record(machine.devices, device);
  return qmInterface(kind === "rsa" ? kind : "zip", version);
}

function freeMinor(machine: FrameworkPart): number {
  const taken = machine.uacces.filter(({ isGone }) => !isGone).map(({ minor }) => minor);
  let minor = 0;
  while (taken.includes(minor)) minor += 1;
  return minor;
}

/** v6.1 enables I/O page faults, then sharing, and takes the first back where the second fails. */
function enableSva(machine: HwPart, device: number): boolean {
  const { stream } = record(machine.devices, device);
  if (stream < 0 || groupOf(machine, device) < 0) return false;
  const isTwoSteps = machine.kernel === "v6.1";
  if (isTwoSteps && !enableFeature(machine, stream, "iopf").ok) return false;
  if (enableFeature(machine, stream, "sva").ok) return true;
  if (isTwoSteps) disableFeature(machine, stream, "iopf");
  return false;
}

/**
 * Shows a device to user space (uacce_register): /dev/<name>, and its attributes; the size of a
 * region that it does not have is hidden (UACCE-026).
 *
 * Refuses: ENODEV for none (UACCE-023).
 */
export function registerUacce(machine: FrameworkPart, id: number | undefined): Result<void> {
  if (id === undefined) return refuse("ENODEV", "no device");
  const { name, pages } = record(machine.uacces, id);
  addNode(machine, { path: `/dev/${name}`, driver: DRIVER.uacceQueue, object: id });
  for (const attribute of UACCE_ATTRIBUTES) {
    if (attribute === "region_mmio_size" && pages[UACCE_QFRT.MMIO] === 0) continue;
    if (attribute === "region_dus_size" && pages[UACCE_QFRT.DUS] === 0) continue;
    machine.uacceAttributes.push({ uacce: id, name: attribute });
    const object = machine.uacceAttributes.length - 1;
    const path = `/sys/class/uacce/${name}/${attribute}`;
    addNode(machine, { path, driver: DRIVER.uacceAttribute, object });
  }
  return OK;
}

/**
 * Takes a device away (uacce_remove), whoever has it open: its queues are put and its processes
 * unbound. v6.1 also takes the mappings out of the processes; in v5.7 they stay.
 *
 * Leaves out: SIGBUS, which an access to such a mapping gets in v6.1; here it is SIGSEGV.
 */
export function removeUacce(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  id: number,
): void {
  const uacce = record(machine.uacces, id);
  for (const [place, queue] of machine.uacceQueues.entries()) {
    if (queue.uacce !== id || queue.isClosed) continue;
    putUacceQueue(machine, ops, place);
    const { bond } = record(machine.uacceQueues, place);
    if (bond >= 0) unbindMm(machine, bond);
    machine.uacceQueues[place] = { ...record(machine.uacceQueues, place), bond: -1 };
    if (machine.kernel === "v6.1") unmapFile(machine, queue.queue);
  }
  const { stream } = record(machine.devices, uacce.device);
  if (uacce.flags & UACCE_DEV_SVA) {
    disableFeature(machine, stream, "sva");
    if (machine.kernel === "v6.1") disableFeature(machine, stream, "iopf");
  }
  for (const { path } of [...machine.nodes]) {
    const isOurs =
      path === `/dev/${uacce.name}` || path.startsWith(`/sys/class/uacce/${uacce.name}/`);
    if (isOurs) removeNode(machine, path);
  }
  machine.uacces[id] = { ...uacce, isGone: true };
}

/** Takes the entries of every area of a queue's file out (unmap_mapping_range). */
function unmapFile(machine: FrameworkPart, queue: number): void {
  const file = machine.files.findIndex(
    ({ driver, object }) => driver === DRIVER.uacceQueue && object === queue,
  );
  for (const [mm, { vmas }] of machine.mms.entries()) {
    for (const { backing, start, end } of vmas) {
      if (backing.kind === "device" && backing.file === file) zapRange(machine, mm, start, end);
    }
  }
}

/**
 * The attributes. Refuses to read: ENODEV once the device is gone, and for `available_instances` of a
 * driver that cannot tell (UACCE-025).
 * Source: fs/kernfs/file.c kernfs_seq_start v6.1
 */
export const UACCE_ATTRIBUTE_FILE: FileOps<FrameworkPart> = {
  read(machine, ops: UacceOps<FrameworkPart>, object) {
    const { uacce, name } = record(machine.uacceAttributes, object);
    const { device, flags, api, algorithms, pages, isGone } = record(machine.uacces, uacce);
    if (isGone) return refuse("ENODEV", "the attribute is gone");
    if (name === "api") return ok(`${api}\n`);
    if (name === "flags") return ok(`${flags}\n`);
    if (name === "algorithms") return ok(`${algorithms}\n`);
    if (name === "region_mmio_size") return ok(`${pages[UACCE_QFRT.MMIO] * 4096}\n`);
    if (name === "region_dus_size") return ok(`${pages[UACCE_QFRT.DUS] * 4096}\n`);
    const left = uacceDriver(ops).getAvailableInstances?.(machine, device);
    return left === undefined ? refuse("ENODEV", "the driver cannot tell") : ok(`${left}\n`);
  },
};
