import { ENTRIES, ENTRY, flagsOf, type Machine, numberOf } from "../../../engine/index.ts";

/** Levels of a table: 3 is the root. */
const LEVELS = 4;

/** What must be as it was once everybody has gone: each count by its name. */
export type Counts = Readonly<Record<string, number>>;

/** A count that is not what it was. */
export interface Difference {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function count<Item>(items: readonly Item[], is: (item: Item) => boolean): number {
  return items.filter(is).length;
}

/** Every counter and list that somebody who has gone should have no part in. */
export function counts(machine: Machine): Counts {
  const { frames, queues, tables } = machine;
  return {
    "references to pages": sum(frames.refs.subarray(0, frames.top)),
    "pages in use": count(Array.from(frames.refs.subarray(1, frames.top)), (refs) => refs > 0),
    pins: sum(frames.pins.subarray(0, frames.top)),
    "entries of processes": sum(frames.mapcount.subarray(0, frames.top)),
    "contents of free pages": frames.slots - frames.freeSlots.length - contents(machine),
    "page tables of nobody": tables.made - tables.free.length - reachable(machine),
    "address spaces": count(machine.mms, ({ users }) => users > 0),
    pinned_vm: sum(machine.mms.map(({ pinnedVm }) => pinnedVm)),
    "open files": count(machine.files, (file) => file.count > 0),
    "shared memory": count(machine.shared, ({ users }) => users > 0),
    "pages that are leaving": machine.leaving.length,
    // A driver of the bus is loaded with its first device, and its file stays.
    names: machine.nodes.filter(({ path }) => path !== "/sys/bus/pci/drivers/vfio-pci/unbind")
      .length,
    domains: count(machine.domains, ({ isGone }) => !isGone),
    "device addresses in use": sum(machine.domains.map(({ ranges }) => ranges.length)),
    groups: count(machine.groups, ({ isGone }) => !isGone),
    sharers: sum(machine.groups.map(({ sharers }) => sharers)),
    containers: count(machine.containers, (one) => one.groups.length + one.dmas.length > 0),
    "groups open": count(machine.vfioGroups, (one) => one.isOpen || one.users > 0),
    "devices open": sum(machine.vfioDevices.map(({ opens }) => opens)),
    "groups of VFIO": count(machine.vfioGroups, ({ isGone }) => !isGone),
    "mediated devices": count(machine.mdevs, ({ isGone }) => !isGone),
    "queues taken": sum(queues.taken.subarray(0, queues.made)),
    "queues started": sum(queues.started.subarray(0, queues.made)),
    bonds: sum(machine.bonds.map(({ refs }) => refs)),
    notifiers: machine.notifiers.length,
    watchers: machine.watchers.length,
    // One that was killed in its sleep is taken off when the queue moves next.
    "tasks that wait": count(machine.waits, ({ pid }) => machine.tasks[pid]?.state !== "dead"),
    "page requests": machine.requests.length + machine.partials.length + machine.unanswered.length,
    "groups of faults": machine.faultGroups.length,
    "v3 regions": count(machine.v3Regions, ({ users }) => users.length > 0),
    "v3 devices in use": count(machine.v3Devices, ({ state }) => state !== 0),
  };
}

/** The counts that are not what they were. */
export function differences(before: Counts, after: Counts): Difference[] {
  return Object.keys(before)
    .map((name) => ({ name, before: before[name] ?? 0, after: after[name] ?? 0 }))
    .filter((one) => one.before !== one.after);
}

/** Pages in use that have content. */
function contents({ frames }: Machine): number {
  let total = 0;
  for (let frame = 0; frame < frames.top; frame += 1) {
    if (frames.slot[frame] !== 0 && (frame === 0 || (frames.refs[frame] ?? 0) > 0)) total += 1;
  }
  return total;
}

/** Tables that a process or a domain leads to. A domain keeps those that its entries needed once. */
function reachable({ tables, mms, domains }: Machine): number {
  const below = (table: number, level: number): number => {
    let total = 1;
    for (let at = 0; level > 0 && at < ENTRIES; at += 1) {
      const entry = tables.entries[table * ENTRIES + at] as number;
      if (flagsOf(entry) & ENTRY.TABLE) total += below(numberOf(entry), level - 1);
    }
    return total;
  };
  const live = domains.filter(({ isGone, root }) => !isGone && root >= 0);
  const roots = [...mms.filter(({ users }) => users > 0), ...live];
  return sum(roots.map(({ root }) => below(root, LEVELS - 1)));
}

/** What a machine counts once the processes that it began with, and did nothing, are gone. */
export function withoutPeople(before: Counts): Counts {
  return { ...before, "address spaces": 0, "open files": 0 };
}
