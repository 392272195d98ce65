/** What a process or a device reaches at an address, read from the tables of the machine. */

import { ENTRY, flagsOf, frameIn, type Machine, record, walk } from "../../engine/index.ts";

export interface Reach {
  readonly pfn: number;
  /** "rw", "r-", "-w" */
  readonly rights: string;
}

/** The frame that a table leads to, and what may be done with it. A CPU's entry may always be read. */
function inTable(
  machine: Machine,
  root: number,
  { address, isCpu }: { readonly address: number; readonly isCpu: boolean },
): Reach | undefined {
  const { entry, level } = walk(machine.tables, root, address);
  if (entry === 0) return undefined;
  const flags = flagsOf(entry);
  const read = isCpu || flags & ENTRY.READ ? "r" : "-";
  return {
    pfn: frameIn(entry, level, address),
    rights: `${read}${flags & ENTRY.WRITE ? "w" : "-"}`,
  };
}

/** Nothing where the process has no page there, or is dead. */
export function processReach(machine: Machine, pid: number, address: number): Reach | undefined {
  const task = machine.tasks[pid];
  if (!task || task.state === "dead") return undefined;
  return inTable(machine, record(machine.mms, task.mm).root, { address, isCpu: true });
}

/** Has the process an area there, touched or not? */
export function hasArea(machine: Machine, pid: number, address: number): boolean {
  const task = machine.tasks[pid];
  if (!task || task.state === "dead") return false;
  const { vmas } = record(machine.mms, task.mm);
  return vmas.some(({ start, end }) => start <= address && address < end);
}

/** Nothing where the device's domain has no entry, or where nothing stands in front of the device. */
export function deviceReach(machine: Machine, device: number, iova: number): Reach | undefined {
  const { stream } = record(machine.devices, device);
  const { domain } = record(machine.streams, stream);
  if (domain < 0) return undefined;
  const { root } = record(machine.domains, domain);
  return root < 0 ? undefined : inTable(machine, root, { address: iova, isCpu: false });
}

/**
 * The address by which a device reaches what a process has at `address`: where VFIO mapped it,
 * else the same one.
 */
export function iovaOf(machine: Machine, address: number): number {
  for (const { dmas } of machine.containers) {
    const dma = dmas.find(({ vaddr, size }) => vaddr <= address && address < vaddr + size);
    if (dma) return dma.iova + address - dma.vaddr;
  }
  return address;
}
