import {
  Bytes,
  emit,
  Iova,
  OK,
  ok,
  owe,
  PAGE,
  Pfn,
  pageOf,
  type Result,
  record,
  refuse,
  Vaddr,
  word,
  ZERO,
} from "../core/index.ts";
import { MDEV_DRIVER, type MdevOps, registerParent } from "../mdev/index.ts";
import { readFrame, writeFrame } from "../mm/index.ts";
import type { IoctlRequest, Reply } from "../task/index.ts";
import {
  NOTIFY_DMA_UNMAP,
  PIN_PAGES_MAX,
  pinPages,
  readWords,
  registerNotifier,
  unpinPages,
  unregisterNotifier,
} from "../vfio/index.ts";
import type { FrameworkPart } from "./part.ts";

/**
 * The contrast that the facts call fully mediated: a mediated device whose vendor driver does the
 * work itself, in pages of the program that it pins by the program's own device addresses. Nobody
 * posted this driver. It does with VFIO what the pinning drivers of Linux do, and copies memory.
 *
 *   open --> told of unmaps?        type 0, heeds: yes; type 1, deaf: it never asked
 *   PIN  --> vfio_pin_pages --> its own list --> COPY works in those pages
 *   UNPIN, a mapping that goes, release --> vfio_unpin_pages
 */

/** A page that the driver has pinned; one that it pinned twice stands there twice. */
interface VendorPin {
  readonly iova: number;
  readonly pfn: number;
}

/** One mediated device of the driver. A value. */
export interface VendorDevice {
  readonly mdev: number;
  readonly isOpen: boolean;
  readonly pins: readonly VendorPin[];
}

const TYPES = ["vendor-heeds", "vendor-deaf"] as const;
const DEAF = 1;

/** READ | WRITE of IOMMU_PROT. */
const RIGHTS = 3;

/**
 * A device that the vendor driver offers: an mdev parent of two types. It hands out no queues.
 *
 * @returns the id of its parent
 * Refuses: as `registerParent`.
 */
export function registerVendor(machine: FrameworkPart, device: number): Result<number> {
  const shape = record(machine.devices, device);
  machine.devices[device] = { ...shape, queueCount: 0 };
  const { name } = shape;
  return registerParent(machine, {
    name,
    path: `/sys/devices/virtual/vendor/${name}`,
    driver: MDEV_DRIVER.vendor,
    object: device,
    types: TYPES.map((type) => ({ name: type, attributes: ["name", "device_api"] })),
  });
}

function placeOf(machine: FrameworkPart, mdev: number): number {
  return machine.vendorDevices.findIndex((one) => one.mdev === mdev);
}

function stateOf(machine: FrameworkPart, mdev: number): VendorDevice {
  return record(machine.vendorDevices, placeOf(machine, mdev));
}

function change(machine: FrameworkPart, mdev: number, parts: Partial<VendorDevice>): void {
  machine.vendorDevices[placeOf(machine, mdev)] = { ...stateOf(machine, mdev), ...parts };
}

/** The VFIO device that a mediated device is. */
function deviceOf(machine: FrameworkPart, mdev: number): number {
  return record(machine.mdevs, mdev).device;
}

function isDeaf(machine: FrameworkPart, mdev: number): boolean {
  return record(machine.mdevs, mdev).type === DEAF;
}

const RANGE = { iova: 64, size: 64 } as const;

/** The pages of {iova, size}. Refuses: EINVAL for no page or half a page; E2BIG over one call of VFIO. */
function pagesOf(arg: IoctlRequest["arg"]): Result<readonly number[]> {
  const words = readWords(arg, RANGE);
  if (!words.ok) return words;
  const [iova, size] = [word(words.value.iova), word(words.value.size)];
  if (size === 0 || size % PAGE > 0 || iova % PAGE > 0) return refuse("EINVAL", "no whole pages");
  const count = size / PAGE;
  if (count > PIN_PAGES_MAX) return refuse("E2BIG", "more pages than one call takes");
  return ok(Array.from({ length: count }, (_, page) => iova + page * PAGE));
}

/** ioctl(mdev, WD_VENDOR_PIN, {iova, size}). Refuses: as `pagesOf`, then as `pinPages`. */
function pin(machine: FrameworkPart, { object: mdev, arg }: IoctlRequest): Reply {
  const iovas = pagesOf(arg);
  if (!iovas.ok) return iovas;
  const wish = { iovas: iovas.value, prot: RIGHTS };
  const frames = pinPages(machine, deviceOf(machine, mdev), wish);
  if (!frames.ok) return frames;
  const got = frames.value.map((pfn, at) => ({ iova: iovas.value[at] as number, pfn }));
  change(machine, mdev, { pins: [...stateOf(machine, mdev).pins, ...got] });
  return ZERO;
}

/**
 * Unpins so many of its pages; each stands for one pin. The driver goes on where VFIO knows no
 * mapping any more: then the page has gone with it.
 */
function letGo(machine: FrameworkPart, mdev: number, gone: readonly VendorPin[]): void {
  const { pins } = stateOf(machine, mdev);
  for (const { iova } of gone) unpinPages(machine, deviceOf(machine, mdev), [iova]);
  change(machine, mdev, { pins: pins.filter((one) => !gone.includes(one)) });
}

/**
 * ioctl(mdev, WD_VENDOR_UNPIN, {iova, size}). Refuses: as `pagesOf`; EINVAL where a page of them is
 * not pinned, and then all stay.
 */
function unpin(machine: FrameworkPart, { object: mdev, arg }: IoctlRequest): Reply {
  const iovas = pagesOf(arg);
  if (!iovas.ok) return iovas;
  const { pins } = stateOf(machine, mdev);
  const gone = iovas.value.flatMap((iova) => pins.find((one) => one.iova === iova) ?? []);
  if (gone.length < iovas.value.length) return refuse("EINVAL", "a page that is not pinned");
  letGo(machine, mdev, gone);
  return ZERO;
}

/**
 * ioctl(mdev, WD_VENDOR_COPY, {src, dst, len}): copies from device address to device address, in
 * frames that are pinned. The program's own page table is not asked.
 *
 * Refuses: EFAULT, before the first byte, where a page is not pinned.
 */
function copy(machine: FrameworkPart, { object: mdev, arg }: IoctlRequest): Reply {
  const words = readWords(arg, { src: 64, dst: 64, len: 32 });
  if (!words.ok) return words;
  const [src, dst, len] = [word(words.value.src), word(words.value.dst), Number(words.value.len)];
  const { pins } = stateOf(machine, mdev);
  const frameAt = (iova: number) => pins.find((one) => one.iova === pageOf(iova))?.pfn ?? -1;
  const pieces: { from: number; to: number; at: number; size: number }[] = [];
  for (let at = 0, size = 0; at < len; at += size) {
    size = Math.min(len - at, PAGE - ((src + at) % PAGE), PAGE - ((dst + at) % PAGE));
    const [from, to] = [frameAt(src + at), frameAt(dst + at)];
    if (from < 0 || to < 0) return refuse("EFAULT", "a page that is not pinned");
    pieces.push({ from, to, at, size });
  }
  for (const { from, to, at, size } of pieces) {
    const bytes = readFrame(machine, Pfn(from), (src + at) % PAGE, size);
    writeFrame(machine, Pfn(to), (dst + at) % PAGE, bytes);
    owe(machine, "copy");
  }
  emit(machine, "cpu.copy", Vaddr(src), Bytes(len), 0);
  emit(machine, "cpu.copy", Vaddr(dst), Bytes(len), 1);
  return ZERO;
}

/**
 * What the vendor driver answers to mdev. One program at a time has a device open: its pages are in
 * that program's container. A driver of type `vendor-heeds` asks to be told of unmaps when it is
 * opened, and unpins all that it has of a mapping; one of type `vendor-deaf` never asks.
 *
 * Refuses: EBUSY to open what is open; ENOTTY for an ioctl that it does not know; EBUSY to remove
 * what is open, where a driver is heard (before v5.3).
 * Source: drivers/s390/cio/vfio_ccw_ops.c vfio_ccw_mdev_open, vfio_ccw_mdev_notifier,
 * vfio_ccw_mdev_release v4.18, for when a pinning driver asks and what it does when told (recalled)
 */
export const VENDOR: MdevOps<FrameworkPart> = {
  create(machine, _ops, mdev) {
    machine.vendorDevices.push({ mdev, isOpen: false, pins: [] });
    return OK;
  },
  remove(machine, _ops, mdev) {
    return stateOf(machine, mdev).isOpen ? refuse("EBUSY", "a program has it open") : OK;
  },
  show: (_machine, _ops, { type, name }) => ok(`${name === "name" ? TYPES[type] : "vendor"}\n`),
  open(machine, _ops, mdev) {
    if (stateOf(machine, mdev).isOpen) return refuse("EBUSY", "a program has it open");
    if (!isDeaf(machine, mdev)) {
      const asked = registerNotifier(machine, deviceOf(machine, mdev), NOTIFY_DMA_UNMAP);
      if (!asked.ok) return asked;
    }
    change(machine, mdev, { isOpen: true });
    return OK;
  },
  release(machine, _ops, mdev) {
    letGo(machine, mdev, stateOf(machine, mdev).pins);
    if (!isDeaf(machine, mdev)) unregisterNotifier(machine, deviceOf(machine, mdev));
    change(machine, mdev, { isOpen: false });
  },
  unmapping(machine, _ops, mdev, iova, size) {
    emit(machine, "mdev.told", mdev, Iova(iova), Bytes(size));
    const isInside = (one: VendorPin) => one.iova >= iova && one.iova < iova + size;
    letGo(machine, mdev, stateOf(machine, mdev).pins.filter(isInside));
  },
  ioctl(machine, _ops, request) {
    if (request.command === "WD_VENDOR_PIN") return pin(machine, request);
    if (request.command === "WD_VENDOR_UNPIN") return unpin(machine, request);
    if (request.command === "WD_VENDOR_COPY") return copy(machine, request);
    return refuse("ENOTTY", "the driver knows no such ioctl");
  },
};
