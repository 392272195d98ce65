/** A walk through the tables of a machine, entry by entry, as the hardware reads them. */

import {
  ENTRIES,
  ENTRY,
  flagsOf,
  frameIn,
  indexOf,
  type Machine,
  numberOf,
  PROT,
  spanOf,
} from "../../engine/index.ts";
import type { WalkEntry, WalkPath } from "../layout/index.ts";

/** Names of the levels from the leaves up: as Linux names a process's, as Arm numbers an IOMMU's own. */
const CPU_NAMES = ["PTE", "PMD", "PUD", "PGD"];
const IOMMU_NAMES = ["L3", "L2", "L1", "L0"];
/** Bits of an address inside a page, and those that choose an entry. */
const PAGE_BITS = 12;
const LEVEL_BITS = 9;

/** A table, and who walks it for what. */
export interface Walked {
  /** What leads to the root: "TTBR0", "CD[0]". */
  readonly name: string;
  readonly root: number;
  readonly levels: number;
  /** The process whose own table it is; none where it was made for a device. */
  readonly mm?: number;
  readonly address: number;
  readonly addressName: "VA" | "IOVA";
  readonly access: "read" | "write";
  /** Lines below the reason where it stops: what comes of that. */
  readonly stopped: readonly string[];
}

const UNITS = [
  ["G", 1 << 30],
  ["M", 1 << 20],
  ["K", 1 << 10],
] as const;

/** "4K", "2M", "1G" */
export function sizeWords(size: number): string {
  const [name, unit] = UNITS.find(([, some]) => size >= some) ?? ["", 1];
  return `${size / unit}${name}`;
}

/** "0x7f12_3456_7abc" */
export function grouped(address: number): string {
  const digits = address.toString(16);
  const head = digits.length % 4 || 4;
  return `0x${[digits.slice(0, head), ...(digits.slice(head).match(/.{4}/g) ?? [])].join("_")}`;
}

/** "+ offset 0xabc" */
export function offsetWords(address: number, size: number): string {
  return `+ offset 0x${offsetDigits(address, size)}`;
}

function offsetDigits(address: number, size: number): string {
  const digits = Math.ceil((size - 1).toString(16).length);
  return (address % size).toString(16).padStart(digits, "0");
}

/** "rw", "r-" */
function rightsOf(entry: number, isCpu: boolean): string {
  const flags = flagsOf(entry);
  return `${isCpu || flags & ENTRY.READ ? "r" : "-"}${flags & ENTRY.WRITE ? "w" : "-"}`;
}

/** Why the last entry does not let the access through; nothing where it does. */
function stopOf(machine: Machine, walked: Walked, entry: number, level: number): string {
  const { mm, address, access } = walked;
  if (entry === 0)
    return level === 0
      ? "empty: no page there"
      : `empty: nothing in these ${sizeWords(spanOf(level))}`;
  const vmas = mm === undefined ? [] : (machine.mms[mm]?.vmas ?? []);
  const area = vmas.find(({ start, end }) => start <= address && address < end);
  const isHidden = area !== undefined && !(area.prot & (PROT.READ | PROT.WRITE));
  if (isHidden) return "not valid for hardware: PROT_NONE";
  const rights = rightsOf(entry, mm !== undefined);
  return rights.includes(access === "read" ? "r" : "w") ? "" : `${rights}: may not ${access}`;
}

export function tablePath(machine: Machine, walked: Walked, head: string): WalkPath {
  const { root, levels, mm, address, addressName } = walked;
  const names = mm === undefined ? IOMMU_NAMES : CPU_NAMES;
  const { entries: column } = machine.tables;
  const entries: WalkEntry[] = [];
  const fields: { bits: string; index: string }[] = [];
  let table = root;
  let entry = 0;
  let level = levels - 1;
  for (; ; level -= 1) {
    const index = indexOf(address, level);
    entry = column[table * ENTRIES + index] as number;
    const isLeaf = level === 0 || !(flagsOf(entry) & ENTRY.TABLE);
    const says = isLeaf && entry !== 0 ? { says: rightsOf(entry, mm !== undefined) } : {};
    entries.push({ name: `${names[level]}[${index}]`, ...says, role: "memory" });
    fields.push(field(address, level));
    if (isLeaf) break;
    table = numberOf(entry);
  }
  const stop = stopOf(machine, walked, entry, level);
  // What lies below an empty entry nobody looks at; the address has it all the same.
  const last = entry === 0 ? 0 : level;
  for (let below = level - 1; below >= last; below -= 1) fields.push(field(address, below));
  const size = spanOf(last);
  const offsetBits = PAGE_BITS + LEVEL_BITS * last;
  fields.push({ bits: `${offsetBits - 1}:0`, index: `0x${offsetDigits(address, size)}` });
  const reached = entry === 0 ? -1 : frameIn(entry, level, address);
  const frame = [`page ${reached}`, offsetWords(address, spanOf(0))];
  return {
    head,
    address: { name: addressName, text: grouped(address), fields },
    root: walked.name,
    entries,
    end:
      stop === ""
        ? { kind: "frame", lines: frame }
        : { kind: "refused", lines: [stop, ...walked.stopped] },
  };
}

function field(address: number, level: number): { readonly bits: string; readonly index: string } {
  const low = PAGE_BITS + LEVEL_BITS * level;
  return { bits: `${low + LEVEL_BITS - 1}:${low}`, index: String(indexOf(address, level)) };
}
