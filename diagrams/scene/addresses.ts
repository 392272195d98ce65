/** The addresses of a run that a page board is about: shared with a device, or split by a copy. */

import {
  type CallRow,
  DMA_WHAT,
  hex,
  KIND_NAMES,
  type Kind,
  type Machine,
  PAGE,
  type Run,
  record,
} from "../../engine/index.ts";
import { hasArea, isKin, type Place } from "./reach.ts";

/** One page of a process's address space. */
export interface Address extends Place {
  /** "buf", "buf+4K", or the address in hex. */
  readonly name: string;
}

/** More pages than this are not looked at one by one. */
const PAGES_MAX = 1024;

const DATA = (["src", "dst", "key"] as const).map((what) => DMA_WHAT.indexOf(what));

type Value = CallRow["args"][number];

function numberIn(value: Value | undefined, name: string): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return -1;
  const field = (value as { readonly [name: string]: Value })[name];
  return typeof field === "number" || typeof field === "bigint" ? Number(field) : -1;
}

/** Pages from `start` on that an event makes interesting, and whose they are. */
interface Range {
  readonly pid: number;
  readonly start: number;
  readonly count: number;
  /** A device asked for it in vain. */
  readonly isRefused?: true;
}

interface Said {
  readonly kind: Kind;
  readonly args: readonly number[];
  readonly actor: number;
  readonly span: number;
}

function rangeOf(machine: Machine, { kind, args, actor, span }: Said): Range | undefined {
  const [first = 0, size = 0, what = 0, queue = -1] = args;
  const page = first - (first % PAGE);
  const { kind: role, id } = record(machine.actors, actor);
  switch (kind) {
    case "vfio.map": {
      // What a refused call recorded it has taken back.
      if (machine.calls[span]?.result?.errno !== undefined) return undefined;
      const start = numberIn(machine.calls[span]?.args[2], "vaddr");
      return role === "task" && start >= 0
        ? { pid: id, start, count: Math.ceil((args[2] ?? 0) / PAGE) }
        : undefined;
    }
    case "iommu.map": {
      // Memory of a driver that a process maps and its device uses, by one address.
      const count = Math.ceil((args[2] ?? 0) / PAGE);
      const isMmap = role === "task" && machine.calls[span]?.call === "mmap";
      const isTheirs = isMmap && baseOf(machine, id, args[1] ?? 0) !== undefined;
      return isTheirs ? { pid: id, start: args[1] ?? 0, count } : undefined;
    }
    case "mm.cow":
      return role === "task" ? { pid: id, start: page, count: 1 } : undefined;
    case "dma.read":
    case "dma.write":
    case "dma.fault": {
      const pid = machine.userQueues.find((some) => some.queue === queue)?.pid ?? -1;
      const isData = DATA.includes(what) && size > 0;
      const refused = kind === "dma.fault" ? ({ isRefused: true } as const) : {};
      return isData && pid >= 0 ? { pid, start: page, count: 1, ...refused } : undefined;
    }
    default:
      return undefined;
  }
}

/** Everything that a run said. */
function said({ events }: Run): readonly Said[] {
  return Array.from({ length: events.count }, (_, at) => ({
    kind: KIND_NAMES[events.kind[at] as number] as Kind,
    args: Array.from(events.args.subarray(4 * at, 4 * at + 4)),
    actor: events.actor[at] as number,
    span: events.span[at] as number,
  }));
}

function ranges(run: Run): readonly Range[] {
  return said(run)
    .map((some) => rangeOf(run.machine, some))
    .filter((range) => range !== undefined);
}

/** Is anything of a process shared with a device, by a mapping or as a whole? */
export function isSharing(run: Run): boolean {
  return said(run).some((some) => {
    const isMapping = some.kind === "vfio.map" || some.kind === "iommu.map";
    return some.kind === "sva.bind" || (isMapping && rangeOf(run.machine, some) !== undefined);
  });
}

/**
 * By process, then by address, none twice: of parent and child the one who came first counts. What a
 * device was refused and no process ever had is no memory: it is left out.
 */
export function addressesOf(run: Run): readonly Address[] {
  const { machine } = run;
  const found: (Place & { isRefused: boolean })[] = [];
  for (const { start, count, pid, isRefused = false } of ranges(run)) {
    for (let page = 0; page < count && found.length < PAGES_MAX; page += 1) {
      const va = start + page * PAGE;
      const known = found.find((some) => some.va === va && isKin(machine, pid, some.pid));
      if (!known) found.push({ va, pid, isRefused });
      else if (!isRefused) known.isRefused = false;
    }
  }
  const places = found
    .filter(({ va, pid, isRefused }) => !isRefused || isMemory(machine, pid, va))
    .sort((left, right) => left.pid - right.pid || left.va - right.va);
  return places.map(({ va, pid }) => {
    const name = nameOf(machine, pid, va);
    // Two processes may call different memory by one name.
    const isShared = places.some(
      (other) => other.pid !== pid && nameOf(machine, other.pid, other.va) === name,
    );
    return { va, pid, name: isShared ? `${record(machine.tasks, pid).name}.${name}` : name };
  });
}

function isMemory(machine: Machine, pid: number, va: number): boolean {
  return hasArea(machine, pid, va) || baseOf(machine, pid, va) !== undefined;
}

/** The name that the story gave to the area around an address, also of one that is gone by now. */
function baseOf(
  machine: Machine,
  pid: number,
  va: number,
): { readonly name: string; readonly at: number } | undefined {
  const names = Object.entries(machine.names[pid] ?? {});
  for (const { call, actor, args, result } of machine.calls) {
    const at = result?.value ?? 0;
    const isAround = call === "mmap" && at <= va && va < at + Number(args[1]);
    if (!isAround || result?.errno !== undefined) continue;
    const named = names.find(([, value]) => value === at);
    if (named && actor === machine.tasks[pid]?.actor) return { name: named[0], at };
  }
  return undefined;
}

/** The name of a page where a process of the story has an area there; in hex where none has. */
export function addressName(machine: Machine, va: number): string {
  const holder = machine.tasks.findIndex((_, pid) => hasArea(machine, pid, va));
  return holder < 0 || va % PAGE !== 0 ? hex(va) : nameOf(machine, holder, va);
}

function nameOf(machine: Machine, pid: number, va: number): string {
  const base = baseOf(machine, pid, va);
  if (!base) return hex(va);
  const offset = va - base.at;
  return offset === 0 ? base.name : `${base.name}+${offset / 1024}K`;
}
