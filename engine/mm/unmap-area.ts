import {
  ADDRESS_END,
  ok,
  PAGE,
  type Result,
  record,
  refuse,
  roundUp,
  Vaddr,
} from "../core/index.ts";
import { type FileChanges, moved, useShared, zapRange } from "./area.ts";
import type { MmPart } from "./part.ts";
import { VM, type Vma } from "./vma.ts";

/** Areas that are gone, and what goes when their pages have. */
export interface Detached extends FileChanges {
  readonly start: number;
  readonly end: number;
  /** Shared memory that has one user less then. */
  readonly shared: readonly number[];
}

/**
 * Takes the areas of a range away; those that reach beyond it are split. Their entries are still
 * there, and go next. Refuses: EINVAL for an address that is no page, or no length. A range with
 * nothing in it is fine.
 *
 * @returns files of areas that went whole, and of areas that were cut in two
 * Source: mm/mmap.c do_munmap, __split_vma, detach_vmas_to_be_unmapped v4.18
 */
export function detachArea(
  machine: MmPart,
  mm: number,
  start: number,
  length: number,
): Result<Detached> {
  if (start % PAGE !== 0) return refuse("EINVAL", "address is not on a page");
  if (length === 0) return refuse("EINVAL", "length is 0");
  if (start + length > ADDRESS_END) return refuse("EINVAL", "past the end of the address space");
  const end = start + roundUp(length);
  unlockRange(machine, mm, start, end);
  const space = record(machine.mms, mm);
  const held: number[] = [];
  const loose: number[] = [];
  const shared: number[] = [];
  const left = space.vmas.flatMap((vma) => {
    const pieces = outside(vma, start, end);
    if (vma.backing.kind === "device" && pieces.length === 0) loose.push(vma.backing.file);
    if (vma.backing.kind === "device" && pieces.length === 2) held.push(vma.backing.file);
    if (vma.backing.kind === "shared" && pieces.length === 0) shared.push(vma.backing.memory);
    if (vma.backing.kind === "shared" && pieces.length === 2) {
      useShared(machine, vma.backing.memory, 1);
    }
    return pieces;
  });
  machine.mms[mm] = { ...space, vmas: left };
  return ok({ start, end, held, loose, shared });
}

/** As `detachArea`, and their pages go too, all in one step. Refuses: as `detachArea`. */
export function unmapArea(
  machine: MmPart,
  mm: number,
  start: number,
  length: number,
): Result<FileChanges> {
  const gone = detachArea(machine, mm, start, length);
  if (!gone.ok) return gone;
  const { end, held, loose, shared } = gone.value;
  zapRange(machine, mm, start, end);
  for (const memory of shared) useShared(machine, memory, -1);
  return ok({ held, loose });
}

/** Locked pages that go are counted no more; what a device has pinned still is (PIN-HAZARD-002). */
function unlockRange(machine: MmPart, mm: number, start: number, end: number): void {
  const space = record(machine.mms, mm);
  let pages = 0;
  for (const vma of space.vmas) {
    const shared = Math.min(end, vma.end) - Math.max(start, vma.start);
    if (vma.flags & VM.LOCKED && shared > 0) pages += shared / PAGE;
  }
  if (pages > 0) machine.mms[mm] = { ...space, lockedVm: space.lockedVm - pages };
}

/** What is left of an area outside [start, end): none, one or two pieces. */
function outside(vma: Vma, start: number, end: number): Vma[] {
  if (vma.end <= start || end <= vma.start) return [vma];
  const pieces: Vma[] = [];
  if (vma.start < start) pieces.push({ ...vma, end: Vaddr(start) });
  if (end < vma.end) pieces.push(moved(vma, end));
  return pieces;
}
