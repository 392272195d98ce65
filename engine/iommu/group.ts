import { type Actor, assert, emit, OK, ok, type Result, record, refuse } from "../core/index.ts";
import { makeTable } from "../mm/index.ts";
import { allocDomain, freeDomain, stageOf } from "./domain.ts";
import { type Domain, type IommuPart, STE, type Stream } from "./part.ts";
import { writeStreamEntry } from "./stream-table.ts";

/** A group without devices (iommu_group_alloc), with the lowest free number. @returns its id */
export function makeGroup(machine: IommuPart, isFake = false): number {
  const taken = machine.groups.filter(({ isGone }) => !isGone).map(({ number }) => number);
  let number = 0;
  while (taken.includes(number)) number += 1;
  machine.groups.push({
    number,
    streams: [],
    domain: -1,
    defaultDomain: -1,
    isFake,
    sharers: 0,
    isGone: false,
  });
  return machine.groups.length - 1;
}

/**
 * The last device of a group is gone, and so is the group; its number is free again, and its default
 * domain is given back (iommu_group_release).
 */
export function dropGroup(machine: IommuPart, id: number): void {
  const group = record(machine.groups, id);
  assert(!group.isGone && group.streams.length === 0, "an empty group is dropped once", id);
  machine.groups[id] = { ...group, isGone: true };
  if (group.defaultDomain >= 0) freeDomain(machine, group.defaultDomain);
}

export interface DeviceWish {
  readonly device: Actor;
  /** -1 where it stands behind none. */
  readonly iommu: number;
  /** What its group starts with; a DMA domain where left out (IOMMU-020). */
  readonly defaultDomain?: "dma" | "identity" | "none";
  /** A group that it cannot be told apart from; one of its own where left out. */
  readonly group?: number;
  readonly bus?: Stream["bus"];
}

/**
 * A device appears on the bus: behind an IOMMU it gets a group, its own where it can be told apart,
 * with a default domain (iommu_group_get_for_dev), else none, and its addresses are physical.
 *
 * @returns the id of its stream
 * Leaves out: aliases.
 * Source: IOMMU-020; drivers/iommu/iommu.c iommu_group_get_for_dev v4.18
 */
export function addStream(machine: IommuPart, wish: DeviceWish): number {
  const { device, iommu, bus = "pci" } = wish;
  const stream = machine.streams.length;
  const isBehind = iommu >= 0;
  const group = isBehind ? (wish.group ?? makeGroup(machine)) : -1;
  const config = isBehind ? unassigned(machine, iommu) : STE.bypass;
  machine.streams.push({
    device,
    iommu,
    group,
    bus,
    config,
    domain: -1,
    iopf: false,
    sva: false,
    asked: 0,
    faults: 0,
  });
  if (!isBehind) return stream;
  const { streams, domain } = record(machine.groups, group);
  machine.groups[group] = { ...record(machine.groups, group), streams: [...streams, stream] };
  if (streams.length > 0) {
    const joined = domain < 0 ? OK : attachStream(machine, domain, stream);
    assert(joined.ok, "a new device takes the domain of its group");
    return stream;
  }
  giveDefault(machine, group, wish);
  return stream;
}

/** The first device of a group: it gets the domain that the kernel starts with (IOMMU-020). */
function giveDefault(machine: IommuPart, group: number, wish: DeviceWish): void {
  const { iommu, defaultDomain: wanted = "dma" } = wish;
  if (wanted === "none") return;
  const asked = allocDomain(machine, iommu, wanted);
  const domain = asked < 0 ? allocDomain(machine, iommu, "dma") : asked;
  machine.groups[group] = { ...record(machine.groups, group), defaultDomain: domain };
  const attached = attachGroup(machine, domain, group);
  assert(attached.ok, "a new device takes its default domain");
}

/** What a row of the stream table says before anybody assigned it (SMMU3-009). */
function unassigned(machine: IommuPart, iommu: number): IommuPart["streams"][number]["config"] {
  return record(machine.iommus, iommu).disablesBypass ? STE.abort : STE.bypass;
}

const BUSY = refuse("EBUSY", "the group has a domain of somebody");
const SHARING = refuse("EBUSY", "sharing is on");
const OTHER = refuse("ENXIO", "the domain belongs to another IOMMU");
const NO_ASID = refuse("ENOSPC", "no free ASID");

/**
 * Gives every device of a group another address space (iommu_attach_group).
 *
 * Refuses: EBUSY where the group has another domain than its default (v4.18 asks only where there is
 * a default), or where that is shared; then for each device as `attachStream`. In v4.18 the
 * devices before it keep the new domain; v6.1 gives all of them the old one back, and where one does
 * not take that the group has none.
 * Source: IOMMU-013; drivers/iommu/iommu.c __iommu_attach_group v4.18 and v6.1
 */
export function attachGroup(machine: IommuPart, domain: number, id: number): Result<void> {
  const group = record(machine.groups, id);
  const { domain: before, defaultDomain } = group;
  const isNew = machine.kernel === "v6.1";
  const isOff = before >= 0 && before !== defaultDomain && (isNew || defaultDomain >= 0);
  if (isOff || group.sharers > 0) return BUSY;
  for (const stream of group.streams) {
    const attached = attachStream(machine, domain, stream);
    if (attached.ok) continue;
    if (isNew && before >= 0) {
      const isBack = group.streams.every((one) => attachStream(machine, before, one).ok);
      if (!isBack) machine.groups[id] = { ...group, domain: -1 };
    }
    return attached;
  }
  machine.groups[id] = { ...group, domain };
  emit(machine, "iommu.attach", domain, id);
  return OK;
}

/**
 * Takes the stream off its domain first: a live entry is never overwritten (SMMU3-003, -011).
 *
 * Refuses: EBUSY of v6.1 while sharing is enabled, and then nothing has changed; ENXIO where the domain
 * belongs to another IOMMU; ENOSPC where no ASID is free (SMMU3-005).
 * Source: arm_smmu_attach_dev v4.18 and v6.1
 */
function attachStream(machine: IommuPart, domain: number, id: number): Result<void> {
  if (machine.kernel === "v6.1" && record(machine.streams, id).sva) return SHARING;
  detachStream(machine, id);
  const stream = record(machine.streams, id);
  const before = record(machine.domains, domain);
  if (before.iommu >= 0 && before.iommu !== stream.iommu) return OTHER;
  if (before.iommu < 0) {
    const asid = freeAsid(machine, stream.iommu);
    if (asid < 0) return NO_ASID;
    machine.domains[domain] = finalised(machine, before, stream.iommu, asid);
  }
  const translating = stageOf(machine, record(machine.domains, domain)) === 1 ? STE.s1 : STE.s2;
  const config = before.kind === "identity" ? STE.bypass : translating;
  return writeStreamEntry(machine, id, { config, domain });
}

/** A stream lets its domain go: its row is as before anybody assigned it. */
export function detachStream(machine: IommuPart, id: number): void {
  const stream = record(machine.streams, id);
  const left = { config: unassigned(machine, stream.iommu), domain: -1 };
  const written = writeStreamEntry(machine, id, left);
  assert(written.ok, "a stream can always be let go");
}

/**
 * Gives one device another address space (iommu_attach_device).
 *
 * Refuses: ENODEV for a device without a group; EINVAL where others are in its group (IOMMU-017);
 * then as `attachGroup`.
 * Source: drivers/iommu/iommu.c iommu_attach_device v4.18
 */
export function attachDevice(machine: IommuPart, domain: number, id: number): Result<void> {
  const { group } = record(machine.streams, id);
  if (group < 0) return refuse("ENODEV", "the device has no group");
  const { streams } = record(machine.groups, group);
  if (streams.length !== 1) return refuse("EINVAL", "other devices are in its group");
  return attachGroup(machine, domain, group);
}

/** The first attach gives a domain its tag and its root table (arm_smmu_domain_finalise). */
function finalised(machine: IommuPart, domain: Domain, iommu: number, asid: number): Domain {
  return { ...domain, iommu, asid, root: makeTable(machine.tables) };
}

/** The lowest tag of the IOMMU that no live domain and no shared process has; -1 for none. */
export function freeAsid(machine: IommuPart, iommu: number): number {
  const domains = machine.domains.filter((other) => !other.isGone && other.iommu === iommu);
  const bonds = machine.bonds.filter(
    ({ refs, stream }) => refs > 0 && record(machine.streams, stream).iommu === iommu,
  );
  const taken = new Set([...domains, ...bonds].map(({ asid }) => asid));
  for (let asid = 0; asid < record(machine.iommus, iommu).asids; asid += 1) {
    if (!taken.has(asid)) return asid;
  }
  return -1;
}

/**
 * Gives a group its default domain back (iommu_detach_group, IOMMU-015); one without has none
 * then (IOMMU-016). What the IOMMU remembers of the old domain stays under its own tag.
 */
export function detachGroup(machine: IommuPart, domain: number, id: number): void {
  const group = record(machine.groups, id);
  if (group.domain === group.defaultDomain) return;
  for (const stream of group.streams) {
    if (group.defaultDomain < 0) detachStream(machine, stream);
    else attachStream(machine, group.defaultDomain, stream);
  }
  machine.groups[id] = { ...group, domain: group.defaultDomain };
  emit(machine, "iommu.detach", domain, id);
}

/**
 * Hands out the domain that a group uses, and holds it: while shared it is not exchanged
 * (iommu_group_share_domain of the RFC's second patch).
 *
 * Refuses: ENODEV where the group has no domain.
 * Leaves out: nothing that is known; the body was not read, its meaning is told in a mail.
 * Source: OZ-66, docs/sources.md
 */
export function shareDomain(machine: IommuPart, id: number): Result<number> {
  const group = record(machine.groups, id);
  if (group.domain < 0) return refuse("ENODEV", "the parent's group has no domain");
  machine.groups[id] = { ...group, sharers: group.sharers + 1 };
  return ok(group.domain);
}

/** Lets go of a shared domain. @returns it */
export function unshareDomain(machine: IommuPart, id: number): number {
  const group = record(machine.groups, id);
  assert(group.sharers > 0, "a domain is unshared once for each share", id);
  machine.groups[id] = { ...group, sharers: group.sharers - 1 };
  return group.domain;
}
