import {
  emit,
  ok,
  PAGE,
  type Refusal,
  type Result,
  record,
  refuse,
  type Value,
  ZERO,
} from "../core/index.ts";
import type { Backing } from "../mm/index.ts";
import { addNode, DRIVER, findNode, type MmapRequest, type Reply } from "../task/index.ts";
import { addGroupDev } from "./device.ts";
import { IOCTLS } from "./ioctl-numbers.ts";
import { IRQ_SET, type IrqWish, refuseIrqSet, refuseUnwired } from "./irq-set.ts";
import { DEVICE_DRIVER, type VfioDeviceOps } from "./ops.ts";
import type { PciDevice, VfioPart } from "./part.ts";
import { PCI_UNBIND, wakeUnbinders } from "./unbind.ts";
import { readWords } from "./words.ts";

/** In the list of warnings. */
const NO_CHANNEL = 3;

/** Regions and interrupt indices of a PCI device (VFIO_PCI_NUM_REGIONS, VFIO_PCI_NUM_IRQS). */
export const PCI_REGIONS = 9;
export const PCI_IRQS = 5;
const CONFIG_REGION = 7;
const VGA_REGION = 8;
const ERROR_IRQ = 3;
/** Of a device of PCI Express, as one with an error interrupt is, and of any other. */
const CONFIG_SIZES = { express: 4096, other: 256 } as const;

/** Bits of vfio_region_info.flags. */
const REGION = { READ: 1, WRITE: 2, MMAP: 4, CAPS: 8 } as const;
/** Bits of vfio_irq_info.flags. */
const IRQ = { EVENTFD: 1, MASKABLE: 2, AUTOMASKED: 4, NORESIZE: 8 } as const;
/** Bits of vfio_device_info.flags. */
const DEVICE = { RESET: 1, PCI: 2 } as const;

/** Bytes of struct vfio_region_info, and of the one capability that a bar may have: MSI-X mappable. */
const REGION_SIZE = 32;
const CAPABILITY_SIZE = 8;

const INFO = { argsz: 32 } as const;
const INDEX = { argsz: 32, index: 32 } as const;

/** Where a region begins in the device's file (VFIO_PCI_INDEX_TO_OFFSET). */
export function regionOffset(index: number): bigint {
  return BigInt(index) << 40n;
}

/** A device of the bus that vfio-pci has. @returns the id of the VFIO device, as `addGroupDev` */
export function addPciDevice(
  machine: VfioPart,
  wish: PciDevice & { readonly iommuGroup: number; readonly name: string },
): ReturnType<typeof addGroupDev> {
  const { bars, pfn, msixBar, irqs, iommuGroup, name } = wish;
  machine.pciDevices.push({ bars, pfn, msixBar, irqs });
  if (!findNode(machine, PCI_UNBIND)) {
    addNode(machine, { path: PCI_UNBIND, driver: DRIVER.pciUnbind, object: 0 });
  }
  const object = machine.pciDevices.length - 1;
  return addGroupDev(machine, { iommuGroup, name, driver: DEVICE_DRIVER.pci, object });
}

/**
 * ioctl(device, VFIO_DEVICE_GET_INFO, {argsz}). Refuses: EFAULT; EINVAL for an argsz below 16
 * (VFIO-SM-055). argsz is not written back.
 */
export function pciInfo(arg: Value, flags: number): Reply {
  const info = readWords(arg, INFO);
  if (!info.ok) return info;
  if (info.value.argsz < IOCTLS.VFIO_DEVICE_GET_INFO.argsz)
    return refuse("EINVAL", "argsz below 16");
  return { ...ZERO, written: { flags, num_regions: PCI_REGIONS, num_irqs: PCI_IRQS } };
}

/**
 * Where an index is asked for. Refuses: EFAULT; EINVAL for an argsz below `least`, or an index
 * past `count`.
 */
export function readIndex(arg: Value, least: number, count: number) {
  const asked = readWords(arg, INDEX);
  if (!asked.ok) return asked;
  if (asked.value.argsz < least) return refuse("EINVAL", `argsz below ${least}`);
  if (asked.value.index >= count) return refuse("EINVAL", "no such index");
  return ok({ index: Number(asked.value.index), argsz: Number(asked.value.argsz) });
}

/**
 * ioctl(device, VFIO_DEVICE_GET_REGION_INFO). A bar with the MSI-X table says in a capability that
 * it may be mapped whole; where argsz leaves no room for that, argsz says how much is needed
 * (VFIO-SM-061).
 *
 * Refuses: as `readIndex`; EINVAL for the region of VGA, which no device here has.
 * Source: drivers/vfio/pci/vfio_pci.c vfio_pci_ioctl v4.18, drivers/pci/probe.c pci_cfg_space_size; the
 * capability recalled
 */
function regionInfo({ bars, msixBar, irqs }: PciDevice, arg: Value): Reply {
  const asked = readIndex(arg, IOCTLS.VFIO_DEVICE_GET_REGION_INFO.argsz, PCI_REGIONS);
  if (!asked.ok) return asked;
  const { index, argsz } = asked.value;
  if (index === VGA_REGION) return refuse("EINVAL", "no VGA");
  const config = CONFIG_SIZES[irqs[ERROR_IRQ] ? "express" : "other"];
  const size = index === CONFIG_REGION ? config : (bars[index] ?? 0);
  const isBar = index < bars.length;
  const rights = size === 0 ? 0 : REGION.READ | REGION.WRITE | (isBar ? REGION.MMAP : 0);
  const written = { flags: rights, size: BigInt(size), offset: regionOffset(index) };
  if (index !== msixBar || size === 0) return { ...ZERO, written };
  const needed = REGION_SIZE + CAPABILITY_SIZE;
  const flags = rights | REGION.CAPS;
  const room = argsz < needed ? { argsz: needed, cap_offset: 0 } : { cap_offset: REGION_SIZE };
  return { ...ZERO, written: { ...written, flags, ...room } };
}

/** Pages of a region's offset: what is above says which region. */
const INDEX_PAGES = 268_435_456;

/**
 * mmap(device, offset in a bar): the registers themselves.
 *
 * Refuses: EINVAL for another region than a bar, for a private mapping, past the end of the bar.
 * Source: drivers/vfio/pci/vfio_pci.c vfio_pci_mmap v4.18
 */
function mapBar({ bars, pfn }: PciDevice, request: MmapRequest): Result<Backing> {
  const index = Math.floor(request.page / INDEX_PAGES);
  const page = request.page % INDEX_PAGES;
  const size = bars[index] ?? 0;
  if (index >= bars.length) return refuse("EINVAL", "not a bar");
  if (!request.shared) return refuse("EINVAL", "registers are mapped shared");
  if (page * PAGE + request.length > size) return refuse("EINVAL", "past the end of the bar");
  const before = bars.slice(0, index).reduce((sum, bar) => sum + bar, 0);
  const first = pfn + before / PAGE + page;
  return ok({ kind: "device", file: request.file, pfn: first, registers: true });
}

/**
 * ioctl(device, VFIO_DEVICE_GET_IRQ_INFO).
 *
 * @param counts  interrupts of each index
 *
 * Refuses: EFAULT; EINVAL for an argsz below 16, then for an index that is none.
 * Source: drivers/vfio/pci/vfio_pci.c vfio_pci_ioctl v4.18
 */
export function irqInfo(counts: readonly number[], arg: Value): Reply {
  const asked = readIndex(arg, IOCTLS.VFIO_DEVICE_GET_IRQ_INFO.argsz, PCI_IRQS);
  if (!asked.ok) return asked;
  const { index } = asked.value;
  const shape = index === 0 ? IRQ.MASKABLE | IRQ.AUTOMASKED : IRQ.NORESIZE;
  return { ...ZERO, written: { flags: IRQ.EVENTFD | shape, count: counts[index] ?? 0 } };
}

/** The same of vfio-pci. Refuses, too: EINVAL for errors, where the device has no PCI Express. */
function pciIrqInfo(counts: readonly number[], arg: Value): Reply {
  const asked = readIndex(arg, IOCTLS.VFIO_DEVICE_GET_IRQ_INFO.argsz, PCI_IRQS);
  if (asked.ok && asked.value.index === ERROR_IRQ && !counts[ERROR_IRQ]) {
    return refuse("EINVAL", "no PCI Express, and so no errors of it");
  }
  return irqInfo(counts, arg);
}

/** ioctl(device, VFIO_DEVICE_SET_IRQS). Refuses: EFAULT; IRQ_SET_CHECKS; then as the device's driver. */
export function setIrqs(
  machine: VfioPart,
  counts: readonly number[],
  arg: Value,
  further?: (set: IrqWish["set"]) => Refusal | undefined,
): Reply {
  const set = readWords(arg, IRQ_SET);
  if (!set.ok) return set;
  const interrupts = counts[Number(set.value.index)] ?? 0;
  const refusal = refuseIrqSet(machine, { set: set.value, interrupts, indices: PCI_IRQS });
  return refusal ?? further?.(set.value) ?? ZERO;
}

/**
 * A device of the bus, given to programs by vfio-pci.
 *
 * Refuses: ENOTTY for an ioctl it does not know. A request to let go is a warning in the log, the
 * first time, where nobody asked for an interrupt (vfio_pci_request); nobody can here.
 * Leaves out: reading and writing regions, wiring interrupts, the hot reset, VGA,
 * the ROM, regions of vendors.
 * Source: drivers/vfio/pci/vfio_pci.c v4.18
 */
export const VFIO_PCI_DEVICE: VfioDeviceOps<VfioPart> = {
  ioctl(machine, _ops, { command, arg, object }) {
    const device = record(machine.pciDevices, object);
    if (command === "VFIO_DEVICE_GET_INFO") return pciInfo(arg, DEVICE.PCI | DEVICE.RESET);
    if (command === "VFIO_DEVICE_GET_REGION_INFO") return regionInfo(device, arg);
    if (command === "VFIO_DEVICE_GET_IRQ_INFO") return pciIrqInfo(device.irqs, arg);
    if (command === "VFIO_DEVICE_SET_IRQS") {
      return setIrqs(machine, device.irqs, arg, (set) => refuseUnwired(machine, set));
    }
    if (command === "VFIO_DEVICE_RESET") return ZERO;
    return refuse("ENOTTY", "vfio-pci knows no such ioctl");
  },
  mmap: (machine, _ops, request) => mapBar(record(machine.pciDevices, request.object), request),
  request(machine, _ops, _object, count) {
    if (count === 0) emit(machine, "kernel.warn", NO_CHANNEL);
  },
  idle: wakeUnbinders,
};
