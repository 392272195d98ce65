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
import { hasArea, type Place } from "./reach.ts";

/** One page of a process's address space. */
export interface Address extends Place {
  /** "buf", "buf+4K", or the address in hex. */
  readonly name: string;
}

/** More pages than this are not looked at one by one. */
const PAGES_MAX = 1024;

const DATA = [DMA_WHAT.indexOf("src"), DMA_WHAT.indexOf("dst")];

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
      const start = numberIn(machine.calls[span]?.args[2], "vaddr");
      return role === "task" && start >= 0
        ? { pid: id, start, count: Math.ceil((args[2] ?? 0) / PAGE) }
        : undefined;
    }
    case "mm.cow":
      return role === "task" ? { pid: id, start: page, count: 1 } : undefined;
    case "dma.read":
    case "dma.write":
    case "dma.fault": {
      const pid = machine.userQueues.find((some) => some.queue === queue)?.pid ?? -1;
      const isData = DATA.includes(what) && size > 0;
      return isData && pid >= 0 ? { pid, start: page, count: 1 } : undefined;
    }
    default:
      return undefined;
  }
}

function ranges({ events, machine }: Run): readonly Range[] {
  return Array.from({ length: events.count }, (_, at) => {
    return rangeOf(machine, {
      kind: KIND_NAMES[events.kind[at] as number] as Kind,
      args: Array.from(events.args.subarray(4 * at, 4 * at + 4)),
      actor: events.actor[at] as number,
      span: events.span[at] as number,
    });
  }).filter((range) => range !== undefined);
}

/** Is anything of a process shared with a device, by a mapping or as a whole? */
export function isSharing({ events }: Run): boolean {
  const codes = ["vfio.map", "sva.bind"].map((kind) => KIND_NAMES.indexOf(kind as Kind));
  return events.kind.subarray(0, events.count).some((code) => codes.includes(code));
}

/** In the order of addresses, none twice: of parent and child it is the one who came first. */
export function addressesOf(run: Run): readonly Address[] {
  const owners = new Map<number, number>();
  for (const { pid, start, count } of ranges(run)) {
    for (let page = 0; page < count && owners.size < PAGES_MAX; page += 1) {
      const va = start + page * PAGE;
      if (!owners.has(va)) owners.set(va, pid);
    }
  }
  const { machine } = run;
  return [...owners]
    .filter(([va, pid]) => hasArea(machine, pid, va) || baseOf(machine, pid, va))
    .sort(([left], [right]) => left - right)
    .map(([va, pid]) => ({ va, pid, name: nameOf(machine, pid, va) }));
}

/** The nearest name of the process at or below the address. */
function baseOf(
  machine: Machine,
  pid: number,
  va: number,
): { readonly name: string; readonly at: number } | undefined {
  let best: { name: string; at: number } | undefined;
  for (const [name, value] of Object.entries(machine.names[pid] ?? {})) {
    const isNearer = typeof value === "number" && value >= PAGE && value <= va;
    if (isNearer && (!best || value > best.at)) best = { name, at: value };
  }
  return best;
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
