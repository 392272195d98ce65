import {
  type Check,
  firstRefusal,
  OK,
  ok,
  PAGE,
  type Pfn,
  type Result,
  record,
  refuse,
  ZERO,
} from "../core/index.ts";
import { isRegister } from "../mm/index.ts";
import { getPage, isReserved, lockAccount, putPage } from "./account.ts";
import { findDma } from "./dma-list.ts";
import type { Container, Dma, ExternalPin, VfioGroup, VfioPart } from "./part.ts";
import { isViable } from "./viable.ts";

/**
 * What a vendor driver of mediated devices asks of VFIO: pages of the program, pinned one by one by
 * the program's own device addresses, and to be told before a mapping goes.
 *
 *   vfio_pin_pages --> container of the device's group --> type1: by mapping, by page
 */

/** Pages in one call at most (VFIO_PIN_PAGES_MAX_ENTRIES). */
export const PIN_PAGES_MAX = 512;

/** The one event that type1 tells of: mappings go (VFIO_IOMMU_NOTIFY_DMA_UNMAP). */
export const NOTIFY_DMA_UNMAP = 1;

interface PinInput {
  /** A place in `machine.vfioDevices`; -1 where no device is given. */
  readonly device: number;
  /** Pages asked for; 0 stands for no array too. */
  readonly pages: number;
}

const PIN = "drivers/vfio/vfio.c vfio_pin_pages v4.18";

// biome-ignore format: one check a line
export const PIN_PAGES_CHECKS: readonly Check<PinInput>[] = [
  { errno: "EINVAL", source: "MDEV-PIN-001", why: "no device, no array or no page", refuses: ({ device, pages }) => device < 0 || pages === 0 },
  { errno: "E2BIG", source: PIN, why: "more pages than one call takes", refuses: ({ pages }) => pages > PIN_PAGES_MAX },
];

interface UserInput {
  readonly group: VfioGroup;
  readonly container: Container | undefined;
}

/** What it takes to use a container on behalf of a device. */
// biome-ignore format: one check a line
export const CONTAINER_USER_CHECKS: readonly Check<UserInput>[] = [
  { errno: "EINVAL", source: "drivers/vfio/vfio.c vfio_group_add_container_user v4.18", why: "the group has no container", refuses: ({ group }) => group.users === 0 },
  { errno: "EPERM", source: "MDEV-PIN-005", why: "the group has no IOMMU", refuses: ({ group }) => group.isNoiommu },
  { errno: "EINVAL", source: "drivers/vfio/vfio.c vfio_group_add_container_user v4.18", why: "no IOMMU is set, or the group is not viable", refuses: ({ group, container }) => container?.driver !== "type1" || !isViable(group) },
];

/** The container that a device's group is in. Refuses: CONTAINER_USER_CHECKS. */
function containerOf(machine: VfioPart, device: number): Result<number> {
  const group = record(machine.vfioGroups, record(machine.vfioDevices, device).group);
  const container = machine.containers[group.container];
  const refusal = firstRefusal(CONTAINER_USER_CHECKS, machine.kernel, { group, container });
  return refusal ?? ok(group.container);
}

interface TypeInput {
  readonly container: Container;
}

// biome-ignore format: one check a line
export const TYPE1_PIN_CHECKS: readonly Check<TypeInput>[] = [
  { errno: "EACCES", source: "MDEV-PIN-007", why: "type1 v1 keeps no list of single pages", refuses: ({ container }) => !container.isV2 },
  { errno: "EINVAL", source: "MDEV-PIN-008", why: "no mediated device, or nobody to tell of unmapping", refuses: ({ container }) => container.external.length === 0 || container.notifiers.length === 0 },
];

export interface PinWish {
  /** Device addresses, each of a whole page. */
  readonly iovas: readonly number[];
  /** IOMMU_PROT bits that the driver wants. */
  readonly prot: number;
}

/**
 * Pins pages for a vendor driver (vfio_pin_pages). A page that is pinned at this address already
 * is counted once more. Only where no domain is in the container is a page charged: else MAP_DMA
 * did that (MDEV-PIN-016).
 *
 * @returns the frames, in the order of the addresses
 *
 * Refuses: PIN_PAGES_CHECKS; CONTAINER_USER_CHECKS; TYPE1_PIN_CHECKS, each in order; then for each
 * page EINVAL where nothing is mapped, EPERM for a right that the mapping lacks, ENODEV where the
 * process that mapped it is gone (MDEV-PIN-017), what `getPage` refuses, EINVAL for registers in v6.1,
 * which gives pages and not their numbers, what `lockAccount` refuses; the pages before it are unpinned
 * again.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_iommu_type1_pin_pages v4.18
 */
export function pinPages(
  machine: VfioPart,
  device: number,
  { iovas, prot }: PinWish,
): Result<readonly Pfn[]> {
  const refusal = firstRefusal(PIN_PAGES_CHECKS, machine.kernel, { device, pages: iovas.length });
  if (refusal) return refusal;
  const id = containerOf(machine, device);
  if (!id.ok) return id;
  const container = record(machine.containers, id.value);
  const notNow = firstRefusal(TYPE1_PIN_CHECKS, machine.kernel, { container });
  if (notNow) return notNow;
  const frames: Pfn[] = [];
  for (const [index, iova] of iovas.entries()) {
    const page = pinExternal(machine, id.value, iova, prot);
    if (page.ok) {
      frames.push(page.value);
      continue;
    }
    for (const before of iovas.slice(0, index)) unpinExternal(machine, id.value, before);
    return page;
  }
  return ok(frames);
}

/** Only a container without a domain charges for pages that a vendor driver pins. */
function isCharging({ domains }: Container): boolean {
  return domains.length === 0;
}

const NOTHING = refuse("EINVAL", "nothing is mapped there");
const NO_RIGHT = refuse("EPERM", "the mapping does not allow it");
const GONE = refuse("ENODEV", "the process that mapped it is gone");

function pinExternal(machine: VfioPart, id: number, iova: number, prot: number): Result<Pfn> {
  const container = record(machine.containers, id);
  const dma = findDma(container.dmas, iova, PAGE);
  if (!dma) return NOTHING;
  if ((dma.prot & prot) !== prot) return NO_RIGHT;
  const known = dma.pins.find((pin) => pin.iova === iova);
  if (known) {
    setPins(machine, id, dma, replaced(dma.pins, known, known.count + 1));
    return ok(known.pfn as Pfn);
  }
  const { mm } = record(machine.tasks, dma.pid);
  if (record(machine.mms, mm).users === 0) return GONE;
  const page = getPage(machine, mm, dma.vaddr + (iova - dma.iova), dma.prot);
  if (!page.ok) return page;
  if (machine.kernel === "v6.1" && isRegister(page.value)) {
    return refuse("EINVAL", "registers, which are no page");
  }
  const charge = isCharging(container) && !isReserved(page.value) ? 1 : 0;
  const charged = lockAccount(machine, dma, charge);
  if (!charged.ok) {
    putPage(machine, page.value, dma.prot);
    return charged;
  }
  const pins = [...dma.pins, { iova, pfn: page.value, count: 1 }];
  setPins(
    machine,
    id,
    dma,
    pins.sort((left, right) => left.iova - right.iova),
  );
  return page;
}

function replaced(pins: readonly ExternalPin[], pin: ExternalPin, count: number) {
  return pins.map((other) => (other === pin ? { ...pin, count } : other));
}

function setPins(machine: VfioPart, id: number, dma: Dma, pins: readonly ExternalPin[]): void {
  const container = record(machine.containers, id);
  const dmas = container.dmas.map((other) => (other === dma ? { ...dma, pins } : other));
  machine.containers[id] = { ...container, dmas };
}

/** One pin less at an address; with the last one the page goes, and its charge. */
function unpinExternal(machine: VfioPart, id: number, iova: number): void {
  const container = record(machine.containers, id);
  const dma = findDma(container.dmas, iova, PAGE);
  const pin = dma?.pins.find((other) => other.iova === iova);
  if (!dma || !pin) return;
  if (pin.count > 1) {
    setPins(machine, id, dma, replaced(dma.pins, pin, pin.count - 1));
    return;
  }
  const counted = putPage(machine, pin.pfn as Pfn, dma.prot);
  const left = dma.pins.filter((other) => other !== pin);
  if (isCharging(container)) lockAccount(machine, dma, -counted);
  setPins(machine, id, dma, left);
}

/**
 * Lets pages go that `pinPages` pinned (vfio_unpin_pages). A page that is mapped and was not pinned
 * counts as done (MDEV-PIN-019).
 *
 * @returns pages done: it stops before the first address where nothing is mapped
 * Refuses: PIN_PAGES_CHECKS; CONTAINER_USER_CHECKS; EACCES for v1; EINVAL where nothing is mapped
 * at the first address (MDEV-PIN-020).
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_iommu_type1_unpin_pages v4.18
 */
export function unpinPages(
  machine: VfioPart,
  device: number,
  iovas: readonly number[],
): Result<number> {
  const refusal = firstRefusal(PIN_PAGES_CHECKS, machine.kernel, { device, pages: iovas.length });
  if (refusal) return refusal;
  const id = containerOf(machine, device);
  if (!id.ok) return id;
  const { isV2 } = record(machine.containers, id.value);
  if (!isV2) return refuse("EACCES", "type1 v1 keeps no list of single pages");
  let done = 0;
  for (const iova of iovas) {
    if (!findDma(record(machine.containers, id.value).dmas, iova, PAGE)) break;
    unpinExternal(machine, id.value, iova);
    done += 1;
  }
  return done > 0 ? ok(done) : NOTHING;
}

interface NotifierInput {
  readonly device: number;
  readonly events: number;
}

// biome-ignore format: one check a line
export const NOTIFIER_CHECKS: readonly Check<NotifierInput>[] = [
  { errno: "EINVAL", source: "MDEV-PIN-024", why: "no device, or no event", refuses: ({ device, events }) => device < 0 || events === 0 },
];

/**
 * A vendor driver wants to hear before mappings go (vfio_register_notifier of type IOMMU); it is
 * then called as `unmapping` of its device.
 *
 * @param events  bits; NOTIFY_DMA_UNMAP is the one there is
 * Refuses: NOTIFIER_CHECKS; CONTAINER_USER_CHECKS; EINVAL for another event (MDEV-PIN-025).
 * Source: drivers/vfio/vfio.c vfio_register_notifier, vfio_iommu_type1.c
 * vfio_iommu_type1_register_notifier v4.18; v6.1 has the operation dma_unmap instead, and asks the
 * device opened last first (vfio_iommu_type1_register_device)
 */
export function registerNotifier(machine: VfioPart, device: number, events: number): Result<void> {
  const refusal = firstRefusal(NOTIFIER_CHECKS, machine.kernel, { device, events });
  if (refusal) return refusal;
  const id = containerOf(machine, device);
  if (!id.ok) return id;
  if (events !== NOTIFY_DMA_UNMAP) return refuse("EINVAL", "an unknown event");
  const container = record(machine.containers, id.value);
  const before = container.notifiers;
  const notifiers = machine.kernel === "v6.1" ? [device, ...before] : [...before, device];
  machine.containers[id.value] = { ...container, notifiers };
  return OK;
}

/** It wants to hear no more (vfio_unregister_notifier). Refuses: as `registerNotifier`. */
export function unregisterNotifier(machine: VfioPart, device: number): Result<number> {
  if (device < 0) return refuse("EINVAL", "no device");
  const id = containerOf(machine, device);
  if (!id.ok) return id;
  const container = record(machine.containers, id.value);
  const notifiers = container.notifiers.filter((other) => other !== device);
  machine.containers[id.value] = { ...container, notifiers };
  return ZERO;
}
