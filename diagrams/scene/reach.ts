/** What a process or a device reaches at an address, read from the tables of the machine. */

import {
  ENTRY,
  eachLeaf,
  flagsOf,
  frameIn,
  type Machine,
  recall,
  record,
  walk,
} from "../../engine/index.ts";

export interface Reach {
  readonly pfn: number;
  /** "rw", "r-", "-w" */
  readonly rights: string;
  /** An IOTLB says so, and the table says something else by now. */
  readonly isStale?: true;
}

/** Somebody's memory at an address. */
export interface Place {
  readonly pid: number;
  readonly va: number;
}

/** What an entry allows. A CPU's may always be read. */
function rightsOf(entry: number, isCpu: boolean): string {
  const flags = flagsOf(entry);
  return `${isCpu || flags & ENTRY.READ ? "r" : "-"}${flags & ENTRY.WRITE ? "w" : "-"}`;
}

interface Root {
  readonly root: number;
  /** A process's own table, and not one made for a device. */
  readonly isCpu: boolean;
}

function inTable(machine: Machine, { root, isCpu }: Root, address: number): Reach | undefined {
  const { entry, level } = walk(machine.tables, root, address);
  if (entry === 0) return undefined;
  return { pfn: frameIn(entry, level, address), rights: rightsOf(entry, isCpu) };
}

function mmOf(machine: Machine, pid: number): Machine["mms"][number] | undefined {
  const task = machine.tasks[pid];
  return task && task.state !== "dead" ? record(machine.mms, task.mm) : undefined;
}

/** Nothing where the process has no page there, or is dead. */
export function processReach(machine: Machine, pid: number, address: number): Reach | undefined {
  const mm = mmOf(machine, pid);
  return mm && inTable(machine, { root: mm.root, isCpu: true }, address);
}

/** What a process may do with a frame, by whatever address of its own memory; "." for nothing. */
export function rightsOnFrame(machine: Machine, pid: number, pfn: number): string {
  const mm = mmOf(machine, pid);
  let rights = ".";
  for (const vma of mm?.vmas ?? []) {
    if (vma.backing.kind === "device" || !mm) continue;
    eachLeaf(machine.tables, mm.root, vma, (address, entry, level) => {
      if (frameIn(entry, level, address) === pfn) rights = rightsOf(entry, true);
    });
  }
  return rights;
}

/** Has the process an area there, touched or not? */
export function hasArea(machine: Machine, pid: number, address: number): boolean {
  const vmas = mmOf(machine, pid)?.vmas ?? [];
  return vmas.some(({ start, end }) => start <= address && address < end);
}

/** Is one of them the other, or a child of it, however far down? */
export function isKin(machine: Machine, pid: number, ancestor: number): boolean {
  for (let at = pid; at >= 0; at = machine.tasks[at]?.parent ?? -1)
    if (at === ancestor) return true;
  return false;
}

/**
 * Where a device gets when it asks for what a process has at an address: by the process's own table
 * where it shares that, else by the table of its domain. What its IOTLB knows comes first.
 *
 * @returns nothing where there is no entry, or where no IOMMU stands in front of the device
 */
export function deviceReach(machine: Machine, device: number, place: Place): Reach | undefined {
  const id = record(machine.devices, device).stream;
  const { iommu, domain } = record(machine.streams, id);
  const mm = machine.tasks[place.pid]?.mm ?? -1;
  const bond = machine.bonds.find((some) => some.stream === id && some.mm === mm && some.refs > 0);
  if (iommu < 0 || (!bond && domain < 0)) return undefined;
  const isCpu = bond !== undefined;
  const { asid, root } = bond
    ? { asid: bond.asid, root: record(machine.mms, bond.mm).root }
    : record(machine.domains, domain);
  const address = isCpu ? place.va : iovaOf(machine, place.va);
  const entered = root < 0 ? undefined : inTable(machine, { root, isCpu }, address);
  const row = recall(machine.iotlb, record(machine.iommus, iommu), asid, address);
  if (row < 0) return entered;
  const entry = machine.iotlb.entry[row] as number;
  const pfn = frameIn(entry, machine.iotlb.level[row] as number, address);
  const known = { pfn, rights: rightsOf(entry, isCpu) };
  return entered?.pfn === pfn ? known : { ...known, isStale: true };
}

/** The address at which VFIO mapped what a process has at `va`; the same one where it did not. */
function iovaOf(machine: Machine, va: number): number {
  for (const { dmas } of machine.containers) {
    const dma = dmas.find(({ vaddr, size }) => vaddr <= va && va < vaddr + size);
    if (dma) return dma.iova + va - dma.vaddr;
  }
  return va;
}
