/** The addresses of a run that a page board is about: shared with a device, or split by a copy. */

import { type CallRow, hex, KIND_NAMES, type Machine, PAGE, type Run } from "../../engine/index.ts";
import { hasArea } from "./reach.ts";

/** One page of a process's address space. */
export interface Address {
  readonly va: number;
  /** Whose it was first. */
  readonly pid: number;
  /** "buf", "buf+4K", or the address in hex. */
  readonly name: string;
}

/** More pages than this are not looked at one by one. */
const PAGES_MAX = 1024;

type Value = CallRow["args"][number];

function numberIn(value: Value | undefined, name: string): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return -1;
  const field = (value as { readonly [name: string]: Value })[name];
  return typeof field === "number" || typeof field === "bigint" ? Number(field) : -1;
}

/** The pages of each event that makes an address interesting: its start and how many. */
function ranges(run: Run): readonly { readonly start: number; readonly count: number }[] {
  const { events, machine } = run;
  const found: { start: number; count: number }[] = [];
  for (let at = 0; at < events.count; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    const argument = (place: number) => events.args[4 * at + place] as number;
    if (kind === "vfio.map") {
      const vaddr = numberIn(machine.calls[events.span[at] as number]?.args[2], "vaddr");
      if (vaddr >= 0) found.push({ start: vaddr, count: Math.ceil(argument(2) / PAGE) });
    } else if (kind === "mm.cow" || kind === "dma.fault") {
      found.push({ start: argument(0) - (argument(0) % PAGE), count: 1 });
    }
  }
  return found;
}

/** Is anything shared with a device by an address of a process? */
export function isSharing(run: Run): boolean {
  const code = KIND_NAMES.indexOf("vfio.map");
  return run.events.kind.subarray(0, run.events.count).includes(code);
}

/** In the order of addresses, none twice. */
export function addressesOf(run: Run): readonly Address[] {
  const pages = new Set<number>();
  for (const { start, count } of ranges(run)) {
    for (let page = 0; page < count && pages.size < PAGES_MAX; page += 1) {
      pages.add(start + page * PAGE);
    }
  }
  const { machine } = run;
  return [...pages]
    .sort((left, right) => left - right)
    .flatMap((va): Address[] => {
      const pid = ownerOf(machine, va);
      return pid < 0 ? [] : [{ va, pid, name: nameOf(machine, pid, va) }];
    });
}

/** The first process that has an area there, or that had one and gave the address a name. */
function ownerOf(machine: Machine, va: number): number {
  const holder = machine.tasks.findIndex((_, pid) => hasArea(machine, pid, va));
  return holder >= 0 ? holder : machine.tasks.findIndex((_, pid) => baseOf(machine, pid, va));
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

function nameOf(machine: Machine, pid: number, va: number): string {
  const base = baseOf(machine, pid, va);
  if (!base) return hex(va);
  const offset = va - base.at;
  return offset === 0 ? base.name : `${base.name}+${offset / 1024}K`;
}
