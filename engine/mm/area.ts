import {
  ADDRESS_END,
  assert,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
  Vaddr,
} from "../core/index.ts";
import { getFrame, putFrame } from "./frame.ts";
import { type FrameRun, letGo } from "./leaving.ts";
import { beginRange, endRange } from "./notifier.ts";
import type { Mm, MmPart } from "./part.ts";
import { ENTRY, eachLeaf, entryOf, freeTable, makeTable, numberOf, placeFor } from "./table.ts";
import { type Backing, PROT, type Vma } from "./vma.ts";

/** Where mmap starts to look. The model keeps addresses short: no randomness, lowest first. */
export const MMAP_BASE = 0x7f000000;

/** An empty address space with one user. @returns its id */
export function createMm(machine: MmPart): number {
  machine.mms.push({
    root: makeTable(machine.tables),
    vmas: [],
    lockedVm: 0,
    pinnedVm: 0,
    users: 1,
  });
  return machine.mms.length - 1;
}

/** The area that holds an address. */
export function findVma(machine: MmPart, mm: number, address: number): Vma | undefined {
  return record(machine.mms, mm).vmas.find((vma) => vma.start <= address && address < vma.end);
}

export interface AreaWish {
  /** In bytes, whole pages. */
  readonly length: number;
  readonly prot: number;
  readonly flags: number;
  readonly backing: Backing;
  /** MAP_FIXED: here, and what is there goes. */
  readonly at?: number;
}

/**
 * Where a new area of that length goes.
 *
 * @param at  MAP_FIXED: there or nowhere
 * @param hint  a page where it goes if nothing is there; 0 for none
 * Refuses: EINVAL for no length; ENOMEM past the end of the address space; EINVAL for an address
 * that is no page.
 * Source: mm/mmap.c do_mmap, get_unmapped_area, arch_get_unmapped_area v4.18
 */
export function placeOfArea(
  machine: MmPart,
  mm: number,
  length: number,
  at: number | undefined,
  hint = 0,
): Result<Vaddr> {
  if (length === 0) return refuse("EINVAL", "length is 0");
  const isFree = hint > 0 && hint + length <= ADDRESS_END && !overlaps(machine, mm, hint, length);
  const start = at ?? (isFree ? hint : gapFor(record(machine.mms, mm), length));
  if (start + length > ADDRESS_END) return refuse("ENOMEM", "past the end of the address space");
  if (start % PAGE !== 0) return refuse("EINVAL", "address is not on a page");
  return ok(Vaddr(start));
}

/**
 * Adds an area. Refuses: as `placeOfArea`. With MAP_FIXED what was there is gone already.
 *
 * Leaves out: RLIMIT_AS, the limit of areas, merging of neighbours.
 * Source: mm/mmap.c mmap_region v4.18
 */
export function mapArea(machine: MmPart, mm: number, wish: AreaWish): Result<Vaddr> {
  const { length, at } = wish;
  const place = placeOfArea(machine, mm, length, at);
  if (!place.ok) return place;
  const start = place.value;
  assert(!overlaps(machine, mm, start, length), "MAP_FIXED without an unmap first");
  const vma: Vma = {
    start,
    end: Vaddr(start + length),
    prot: wish.prot,
    flags: wish.flags,
    backing: wish.backing,
  };
  insert(machine, mm, vma);
  mapFrames(machine, mm, vma);
  if (vma.backing.kind === "shared") useShared(machine, vma.backing.memory, 1);
  return ok(vma.start);
}

function overlaps(machine: MmPart, mm: number, start: number, length: number): boolean {
  return record(machine.mms, mm).vmas.some((vma) => vma.start < start + length && start < vma.end);
}

/** The lowest gap of that length. */
function gapFor(mm: Mm, length: number): number {
  let start = MMAP_BASE;
  for (const vma of mm.vmas) {
    if (vma.end <= start) continue;
    if (vma.start >= start + length) break;
    start = vma.end;
  }
  return start;
}

function insert(machine: MmPart, mm: number, vma: Vma): void {
  const space = record(machine.mms, mm);
  const after = space.vmas.findIndex((other) => other.start > vma.start);
  const place = after < 0 ? space.vmas.length : after;
  machine.mms[mm] = { ...space, vmas: space.vmas.toSpliced(place, 0, vma) };
}

/** Enters a driver's frames at once, as remap_pfn_range does. */
function mapFrames(machine: MmPart, mm: number, vma: Vma): void {
  const { backing } = vma;
  if (backing.kind !== "device" || backing.isHidden) return;
  const { root } = record(machine.mms, mm);
  const write = vma.prot & PROT.WRITE ? ENTRY.WRITE : 0;
  const device = backing.registers ? ENTRY.DEVICE : 0;
  for (let at: number = vma.start; at < vma.end; at += PAGE) {
    const pfn = Pfn(backing.pfn + (at - vma.start) / PAGE);
    addMapping(machine, root, at, pfn, write | device);
  }
}

/** Enters one page: the frame is held and counted. */
export function addMapping(
  machine: MmPart,
  root: number,
  address: number,
  pfn: Pfn,
  flags: number,
): void {
  const place = placeFor(machine.tables, root, address);
  assert(machine.tables.entries[place] === 0, "an entry over an entry", address);
  getFrame(machine, pfn);
  count(machine, pfn, 1);
  machine.tables.entries[place] = entryOf(pfn, flags);
}

/** How many entries of processes lead to a frame; the zero page and registers are not counted. */
export function count(machine: MmPart, pfn: Pfn, by: number): void {
  const { mapcount } = machine.frames;
  if (pfn > 0 && pfn < mapcount.length) mapcount[pfn] = (mapcount[pfn] as number) + by;
}

/** Takes the entries of a range out of the table. @returns their frames, which are held still */
export function clearRange(machine: MmPart, mm: number, start: number, end: number): FrameRun[] {
  const { root } = record(machine.mms, mm);
  const runs: FrameRun[] = [];
  eachLeaf(machine.tables, root, { start, end }, (_address, entry, _level, place) => {
    machine.tables.entries[place] = 0;
    const pfn = Pfn(numberOf(entry));
    count(machine, pfn, -1);
    runs.push({ pfn, pages: 1 });
  });
  return runs;
}

/**
 * Takes the entries of a range out of the table, has every IOTLB forget them, and only then lets
 * their frames go: in one step, for calls that do more than that.
 */
export function zapRange(machine: MmPart, mm: number, start: number, end: number): void {
  beginRange(machine, mm);
  const runs = clearRange(machine, mm, start, end);
  endRange(machine, mm, { start, end, isTouched: runs.length > 0 });
  letGo(machine, start, runs);
}

/** Files whose areas went away: each entry is one reference for the caller to drop. */
export type LooseFiles = readonly number[];

/** What unmapping means for open files: an area that was cut in two holds its file twice. */
export interface FileChanges {
  readonly held: readonly number[];
  readonly loose: LooseFiles;
}

/** The rest of an area from `start` on: its backing moves along. */
export function moved(vma: Vma, start: number): Vma {
  const pages = (start - vma.start) / PAGE;
  const { backing } = vma;
  if (backing.kind === "shared") {
    return { ...vma, start: Vaddr(start), backing: { ...backing, page: backing.page + pages } };
  }
  if (backing.kind === "device") {
    return { ...vma, start: Vaddr(start), backing: { ...backing, pfn: backing.pfn + pages } };
  }
  return { ...vma, start: Vaddr(start) };
}

/** Memory that several address spaces map by name. @returns its id */
export function createShared(machine: MmPart, pages: number): number {
  machine.shared.push({ pages: new Array<number>(pages).fill(-1), users: 0 });
  return machine.shared.length - 1;
}

/** Counts users of shared memory up or down. With the last one its pages lose their reference. */
export function useShared(machine: MmPart, memory: number, by: number): void {
  if (by === 0) return;
  const shared = record(machine.shared, memory);
  const users = shared.users + by;
  if (users > 0) {
    machine.shared[memory] = { ...shared, users };
    return;
  }
  for (const page of shared.pages) if (page >= 0) putFrame(machine, Pfn(page));
  machine.shared[memory] = { pages: shared.pages.map(() => -1), users: 0 };
}

/** One user less. With the last one everything goes. @returns files for the caller to drop */
export function putMm(machine: MmPart, mm: number): LooseFiles {
  const space = record(machine.mms, mm);
  machine.mms[mm] = { ...space, users: space.users - 1 };
  if (space.users > 1) return [];
  const loose = space.vmas.flatMap((vma) => {
    zapRange(machine, mm, vma.start, vma.end);
    if (vma.backing.kind === "shared") useShared(machine, vma.backing.memory, -1);
    return vma.backing.kind === "device" ? [vma.backing.file] : [];
  });
  freeTable(machine.tables, space.root);
  machine.mms[mm] = { ...record(machine.mms, mm), vmas: [], users: 0 };
  return loose;
}
