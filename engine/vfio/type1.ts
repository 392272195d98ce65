import {
  assert,
  emit,
  endRun,
  hasDefect,
  OK,
  ok,
  type Result,
  record,
  refuse,
  WARN,
} from "../core/index.ts";
import {
  attachGroup,
  detachGroup,
  freeDomain,
  makeDomain,
  shareDomain,
  unmapDomain,
  unshareDomain,
} from "../iommu/index.ts";
import { apertureEnd } from "./aperture.ts";
import type { VfioOps } from "./ops.ts";
import { BROKEN, type Container, type VfioDomain, type VfioGroup, type VfioPart } from "./part.ts";
import { replay } from "./replay.ts";
import { reaccount, removeAll } from "./unmap.ts";

const PINNED = WARN.indexOf("a page is still pinned for a vendor driver");
const LISTENING = WARN.indexOf("a vendor driver still wants to be told");

const TWICE = refuse("EINVAL", "the group is attached already");
const BUSES = refuse("EINVAL", "devices of several buses in one group");
const BEYOND = refuse("EINVAL", "a mapping is outside what the new domain can translate");
const EMPTY = refuse("EIO", "a group without devices is on no bus, and no bus gives it a domain");
const UNSAFE = refuse("EPERM", "interrupts are not remapped");

/**
 * A group joins the type1 driver of a container (vfio_iommu_type1_attach_group).
 *
 *   a mediated device     ->  external: no domain, its driver pins what it needs (MDEV-029)
 *   one of spimdev        ->  its parent's domain, shared; no domain of the container's own
 *   a device of the bus   ->  a domain with the same properties, or one of its own
 *
 * What the container maps already is replayed into a domain that is new to it (VFIO-SM-040).
 *
 * @param pid  who calls: the replay pins its memory
 *
 * Refuses: EINVAL for a group that is in (VFIO-DMA-061); EINVAL for devices of several buses in one
 * group (VFIO-DMA-060); EIO for a group whose last device is gone, since it was opened; ENODEV where
 * a parent has no group or, with D23 mended, no domain; what `attachGroup` refuses; EINVAL where a
 * mapping is outside what the new domain can translate, since v5.4; EPERM
 * without interrupt remapping (VFIO-DMA-063); what the replay refuses.
 * Leaves out: the window of message interrupts; a device of the bus that joins a container after
 * one of spimdev. The code before the RFC puts it into the parent's domain, and frees that, in use,
 * where it leaves last; here it gets one of its own.
 * Source: drivers/vfio/vfio_iommu_type1.c v4.18; the share of the parent's domain: KL
 * drivers/vfio/vfio_iommu_type1.c ddc9d42a and 0307977f1552
 */
export function attach<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  id: number,
  { group, pid }: { readonly group: number; readonly pid: number },
): Result<void> {
  const container = record(machine.containers, id);
  if (container.isBroken) return BROKEN;
  const isIn = container.domains.some(({ groups }) => groups.includes(group));
  if (isIn || container.external.includes(group)) return TWICE;
  const { iommuGroup } = record(machine.vfioGroups, group);
  if (record(machine.groups, iommuGroup).streams.length > 0) {
    return attachOwn(machine, id, group, pid);
  }
  const parent = parentGroup(machine, ops, group);
  if (!parent.ok) return parent;
  if (parent.value >= 0) return attachShared(machine, id, { group, pid, parent: parent.value });
  machine.containers[id] = { ...container, external: [group, ...container.external] };
  return OK;
}

/** The parent's IOMMU group, where the group's device works in its parent's domain; -1 else. */
function parentGroup<M extends VfioPart>(
  machine: M,
  ops: VfioOps<M>,
  group: number,
): Result<number> {
  const device = machine.vfioDevices.find((other) => other.group === group && !other.isGone);
  if (!device) return EMPTY;
  return ops.device[device.driver]?.parentGroup?.(machine, ops, device.object) ?? ok(-1);
}

/**
 * Where a replay fails the share is given back, and nothing else is undone.
 *
 * As posted a domain that the container has already, by another mediated device of the same
 * parent, is listed a second time (D24): what is mapped then is entered twice in one table, which
 * refuses it. And where the parent has no domain to share, the error that says so is taken for one
 * (D23): the group joins, and the next that looks at the container's domains crashes.
 */
function attachShared(
  machine: VfioPart,
  id: number,
  wish: { readonly group: number; readonly pid: number; readonly parent: number },
): Result<void> {
  const { group, pid, parent } = wish;
  const shared = shareDomain(machine, parent);
  if (!shared.ok && !hasDefect(machine, "D23")) return shared;
  const { domains, dmas } = record(machine.containers, id);
  if (!shared.ok) {
    if (dmas.length > 0) return BROKEN; // the replay looks at once
    machine.containers[id] = { ...record(machine.containers, id), isBroken: true };
    return OK;
  }
  const twin = domains.find(({ domain }) => domain === shared.value);
  if (twin && !hasDefect(machine, "D24")) {
    const grown = { ...twin, groups: [group, ...twin.groups] };
    const others = domains.map((other) => (other === twin ? grown : other));
    setDomains(machine, id, others);
    return OK;
  }
  const added = { domain: shared.value, groups: [group], parentGroup: parent };
  const replayed = replay(machine, id, added.domain, pid);
  if (!replayed.ok) {
    unshareDomain(machine, parent);
    return replayed;
  }
  emit(machine, "iommu.attach", added.domain, record(machine.vfioGroups, group).iommuGroup);
  addDomain(machine, id, added);
  return OK;
}

/** A domain of its own, dropped again where one that the container has will do (VFIO-DMA-064). */
function attachOwn(machine: VfioPart, id: number, group: number, pid: number): Result<void> {
  const { iommuGroup } = record(machine.vfioGroups, group);
  const { streams } = record(machine.groups, iommuGroup);
  const buses = new Set(streams.map((stream) => record(machine.streams, stream).bus));
  if (buses.size > 1) return BUSES;
  const domain = makeDomain(machine, "unmanaged", record(machine.containers, id).isNesting);
  const attached = attachGroup(machine, domain, iommuGroup);
  if (!attached.ok) {
    freeDomain(machine, domain);
    return attached;
  }
  if (isBeyond(machine, id, domain)) return letGo(machine, domain, iommuGroup, BEYOND);
  if (!machine.vfio.remapsInterrupts && !machine.vfio.unsafeInterrupts) {
    return letGo(machine, domain, iommuGroup, UNSAFE);
  }
  const mate = findMate(machine, id, domain, iommuGroup);
  if (mate) {
    freeDomain(machine, domain);
    const { domains } = record(machine.containers, id);
    const grown = { ...mate, groups: [group, ...mate.groups] };
    setDomains(
      machine,
      id,
      domains.map((other) => (other === mate ? grown : other)),
    );
    return OK;
  }
  const replayed = replay(machine, id, domain, pid);
  if (!replayed.ok) return letGo(machine, domain, iommuGroup, replayed);
  addDomain(machine, id, { domain, groups: [group], parentGroup: -1 });
  return OK;
}

/** Does the container map what the domain cannot translate (vfio_iommu_aper_conflict, since v5.4)? */
function isBeyond(machine: VfioPart, id: number, domain: number): boolean {
  const { domains, dmas } = record(machine.containers, id);
  if (machine.kernel === "v4.18" || domains.length === 0) return false;
  const end = apertureEnd(machine, domain);
  return dmas.some(({ iova, size }) => iova + size > end);
}

function letGo<R extends Result<void>>(
  machine: VfioPart,
  domain: number,
  iommuGroup: number,
  refusal: R,
): R {
  detachGroup(machine, domain, iommuGroup);
  freeDomain(machine, domain);
  return refusal;
}

/** A domain of the container's own that takes the group, which then is in it. Same IOMMU driver. */
function findMate(
  machine: VfioPart,
  id: number,
  domain: number,
  iommuGroup: number,
): VfioDomain | undefined {
  for (const mate of record(machine.containers, id).domains) {
    if (mate.parentGroup >= 0) continue;
    detachGroup(machine, domain, iommuGroup);
    if (attachGroup(machine, mate.domain, iommuGroup).ok) return mate;
    const back = attachGroup(machine, domain, iommuGroup);
    assert(back.ok, "a group goes back to the domain it came from");
  }
  return undefined;
}

function addDomain(machine: VfioPart, id: number, domain: VfioDomain): void {
  setDomains(machine, id, [domain, ...record(machine.containers, id).domains]);
}

function setDomains(machine: VfioPart, id: number, domains: readonly VfioDomain[]): void {
  machine.containers[id] = { ...record(machine.containers, id), domains };
}

/**
 * A group leaves (vfio_iommu_type1_detach_group). With the last group of a domain the domain
 * leaves; with the last domain the mappings go, but where mediated devices stay they are kept and
 * charged anew (VFIO-DMA-067).
 *
 * As posted, a parent's domain leaves with the entries that the container made in it where another
 * domain stays (D22): pages that UNMAP_DMA lets go later are still in the device's reach. The
 * second RFC takes them out (vfio_iommu_undo).
 *
 * Source: drivers/vfio/vfio_iommu_type1.c v4.18; KL ddc9d42a, cured in 0307977f1552
 */
export function detach(machine: VfioPart, id: number, group: number): void {
  const container = record(machine.containers, id);
  if (container.isBroken) {
    endRun(machine, { kind: "bug", why: BROKEN.why });
    return;
  }
  if (container.external.includes(group)) {
    detachExternal(machine, id, group);
    return;
  }
  const domain = container.domains.find(({ groups }) => groups.includes(group));
  if (!domain) return;
  leaveDomain(machine, domain, record(machine.vfioGroups, group));
  const groups = domain.groups.filter((other) => other !== group);
  if (groups.length > 0) {
    const shrunk = container.domains.map((other) =>
      other === domain ? { ...domain, groups } : other,
    );
    setDomains(machine, id, shrunk);
    return;
  }
  if (container.domains.length === 1) {
    if (container.external.length > 0) reaccount(machine, id);
    else removeAll(machine, id);
  }
  if (domain.parentGroup < 0) freeDomain(machine, domain.domain);
  else if (!hasDefect(machine, "D22")) undo(machine, id, domain.domain);
  const { domains } = record(machine.containers, id);
  setDomains(
    machine,
    id,
    domains.filter((other) => other !== domain),
  );
}

function leaveDomain(
  machine: VfioPart,
  { domain, parentGroup: parent }: VfioDomain,
  { iommuGroup }: VfioGroup,
): void {
  if (parent < 0) {
    detachGroup(machine, domain, iommuGroup);
    return;
  }
  unshareDomain(machine, parent);
  emit(machine, "iommu.detach", domain, iommuGroup);
}

function detachExternal(machine: VfioPart, id: number, group: number): void {
  const container = record(machine.containers, id);
  const external = container.external.filter((other) => other !== group);
  if (external.length === 0) {
    warnOfLeftovers(machine, container);
    if (container.domains.length === 0) removeAll(machine, id);
  }
  machine.containers[id] = { ...record(machine.containers, id), external };
}

/** A vendor driver that leaves pins or its notifier behind (vfio_sanity_check_pfn_list, MDEV-031). */
function warnOfLeftovers(machine: VfioPart, { dmas, notifiers }: Container): void {
  if (dmas.some(({ pins }) => pins.length > 0)) emit(machine, "kernel.warn", PINNED);
  if (notifiers.length > 0) emit(machine, "kernel.warn", LISTENING);
}

/** Takes what is left of the container's mappings out of a domain that it leaves. */
function undo(machine: VfioPart, id: number, domain: number): void {
  for (const { iova, size } of record(machine.containers, id).dmas) {
    unmapDomain(machine, domain, iova, size);
  }
}
