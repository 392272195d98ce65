import {
  ADDRESS_END,
  hasFollPin,
  ok,
  PAGE,
  type Result,
  record,
  refuse,
  U64_END,
  Vaddr,
} from "../core/index.ts";
import { type FileChanges, findVma, moved, placeOfArea } from "./area.ts";
import { populateRange } from "./area-change.ts";
import { notify } from "./notifier.ts";
import type { MmPart } from "./part.ts";
import { isOverLimit } from "./pin.ts";
import { eachLeaf, placeFor } from "./table.ts";
import { unmapArea } from "./unmap-area.ts";
import { VM, type Vma } from "./vma.ts";

export interface MoveWish {
  /** In whole pages, all three; the old range lies in one area. */
  readonly from: number;
  readonly oldLength: number;
  readonly newLength: number;
  readonly mayMove: boolean;
  /** Pages that may be locked, RLIMIT_MEMLOCK; no end where absent, as with CAP_IPC_LOCK. */
  readonly mostLocked?: number;
  /** MREMAP_FIXED: there, and what is there goes. */
  readonly at?: number;
  /** CAP_SYS_RAWIO: also to the first page. */
  readonly mayTakeFirst?: boolean;
}

/**
 * mremap of private or shared memory: shorter, longer, or elsewhere. The pages go along; whoever
 * remembers the old address is told (PIN-HAZARD-024), and a pin stays with its page. Made shorter in
 * its place, a range may reach over several areas, and in v4.18 over none.
 *
 * @returns where it is now, and the files of areas that went; they are gone also where the rest is
 * refused
 * Refuses: EINVAL for an address that is no page, no new length; v6.1: EFAULT where no area is; EINVAL
 * for a fixed place off a page or past the end, or one that overlaps; EINVAL for what goes past the end;
 * EFAULT where no area is; EINVAL for private memory of no old length; EFAULT where what is to move or
 * grow is not in one area, or a driver mapped it; EAGAIN where a locked area grows past the limit; EPERM
 * for the first page without CAP_SYS_RAWIO; ENOMEM where it cannot grow in place and may not move, or
 * where no room is left.
 * Leaves out: moving what a driver mapped, shared memory with an old length of 0, MREMAP_DONTUNMAP of
 * later kernels.
 * Source: mm/mremap.c mremap, mremap_to, vma_to_resize, move_vma v4.18; mremap v6.1;
 * security/commoncap.c cap_mmap_addr v4.18
 */
export function moveArea(machine: MmPart, mm: number, wish: MoveWish): Moved {
  const { from, oldLength, newLength, at } = wish;
  const refused = (there: Result<never>) => ({ ...NO_FILES, there });
  if (from % PAGE !== 0 || newLength === 0)
    return refused(refuse("EINVAL", "no page, or no length"));
  if (hasFollPin(machine.kernel) && !findVma(machine, mm, from)) return refused(NO_AREA);
  const cleared = at === undefined ? ok(NO_FILES) : clearPlace(machine, mm, wish, at);
  if (!cleared.ok) return refused(cleared);
  const kept = Math.min(oldLength, newLength);
  // One that stays as long as it was asks for nothing to go, and hears of no mistake.
  const cut =
    kept < oldLength ? unmapArea(machine, mm, from + kept, oldLength - kept) : ok(NO_FILES);
  if (!cut.ok) return { ...cleared.value, there: cut };
  const held = [...cleared.value.held, ...cut.value.held];
  const loose = [...cleared.value.loose, ...cut.value.loose];
  const isDone = at === undefined && newLength <= oldLength;
  const there = isDone ? ok(Vaddr(from)) : moveInto(machine, mm, { ...wish, oldLength: kept });
  return { held, loose, there };
}

export interface Moved extends FileChanges {
  readonly there: Result<Vaddr>;
}

const NO_FILES: FileChanges = { held: [], loose: [] };

const LOCKED = refuse("EAGAIN", "over RLIMIT_MEMLOCK");
const NO_LENGTH = refuse("EINVAL", "private memory of no length");
const FIRST = refuse("EPERM", "the first page is not to be mapped");
const NO_AREA = refuse("EFAULT", "no area there");

/**
 * What is not longer than before, or is to grow, all in one area: in its place or elsewhere. What a
 * locked area has more is faulted in.
 */
function moveInto(machine: MmPart, mm: number, wish: MoveWish): Result<Vaddr> {
  const { from, oldLength, newLength } = wish;
  const vma = findVma(machine, mm, from);
  if (!vma) return NO_AREA;
  if (oldLength === 0 && !(vma.flags & VM.SHARED)) return NO_LENGTH;
  if (from + oldLength > vma.end) return refuse("EFAULT", "not in one area");
  const isDriver = vma.backing.kind === "device";
  if (isDriver) return refuse("EFAULT", "what a driver mapped stays as it is");
  const more = newLength - oldLength;
  const isGrowing = more > 0 && (vma.flags & VM.LOCKED) !== 0;
  if (isGrowing && wish.mostLocked !== undefined) {
    if (isOverLimit(machine, mm, more / PAGE, wish.mostLocked)) return LOCKED;
  }
  const there = place(machine, mm, wish, vma);
  if (isGrowing && there.ok) {
    const end = there.value + newLength;
    populateRange(machine, mm, { start: end - more, end });
  }
  return there;
}

/** Grown in its place, or carried to another. */
function place(machine: MmPart, mm: number, wish: MoveWish, vma: Vma): Result<Vaddr> {
  const { from, oldLength, newLength, at } = wish;
  const part = { vma, from, kept: oldLength, newLength };
  if (at === 0 && !wish.mayTakeFirst) return FIRST;
  if (at !== undefined) return carry(machine, mm, { ...part, to: at });
  if (vma.end === from + oldLength && isFree(machine, mm, vma.end, from + newLength)) {
    replace(machine, mm, vma, [{ ...vma, end: Vaddr(from + newLength) }]);
    count(machine, mm, vma, newLength - oldLength);
    return ok(Vaddr(from));
  }
  if (!wish.mayMove) return refuse("ENOMEM", "no room behind it");
  const to = placeOfArea(machine, mm, newLength, undefined);
  return to.ok ? carry(machine, mm, { ...part, to: to.value }) : to;
}

function clearPlace(machine: MmPart, mm: number, wish: MoveWish, at: number): Result<FileChanges> {
  const { from, oldLength, newLength } = wish;
  if (at % PAGE !== 0 || at + newLength > ADDRESS_END) return refuse("EINVAL", "no such place");
  // As in C: an old range that wraps overlaps nothing.
  if (from < at + newLength && at < (from + oldLength) % U64_END)
    return refuse("EINVAL", "they overlap");
  return unmapArea(machine, mm, at, newLength);
}

function isFree(machine: MmPart, mm: number, start: number, end: number): boolean {
  if (end > ADDRESS_END) return false;
  return record(machine.mms, mm).vmas.every((vma) => vma.end <= start || end <= vma.start);
}

function replace(machine: MmPart, mm: number, old: Vma, pieces: readonly Vma[]): void {
  const space = record(machine.mms, mm);
  const vmas = space.vmas.flatMap((vma) => (vma === old ? pieces : [vma]));
  const sorted = vmas.sort((left, right) => left.start - right.start);
  machine.mms[mm] = { ...space, vmas: sorted };
}

/** A locked area that grows is counted for what it has more. */
function count(machine: MmPart, mm: number, { flags }: Vma, bytes: number): void {
  if (!(flags & VM.LOCKED)) return;
  const space = record(machine.mms, mm);
  machine.mms[mm] = { ...space, lockedVm: space.lockedVm + bytes / PAGE };
}

interface Carry {
  /** Where it lies now. */
  readonly vma: Vma;
  readonly from: number;
  readonly kept: number;
  readonly newLength: number;
  readonly to: number;
}

/** The area goes to its new place, and its entries with it: frames, counts and pins as they are. */
function carry(machine: MmPart, mm: number, wish: Carry): Result<Vaddr> {
  const { vma, from, kept, newLength, to } = wish;
  const end = from + kept;
  const inside = moved(vma, from);
  const pieces: Vma[] = [];
  if (vma.start < from) pieces.push({ ...vma, end: Vaddr(from) });
  if (end < vma.end) pieces.push(moved(vma, end));
  const there = { ...inside, start: Vaddr(to), end: Vaddr(to + newLength) };
  if (vma.backing.kind === "shared" && pieces.length > 0) {
    const { memory } = vma.backing;
    const shared = record(machine.shared, memory);
    machine.shared[memory] = { ...shared, users: shared.users + pieces.length };
  }
  replace(machine, mm, vma, [...pieces, there]);
  moveEntries(machine, mm, { from, kept, to });
  count(machine, mm, vma, newLength - kept);
  return ok(Vaddr(to));
}

function moveEntries(
  machine: MmPart,
  mm: number,
  { from, kept, to }: Omit<Carry, "vma" | "newLength">,
): void {
  const { root } = record(machine.mms, mm);
  const { tables } = machine;
  const leaves: { at: number; entry: number; place: number }[] = [];
  eachLeaf(tables, root, { start: from, end: from + kept }, (at, entry, _level, place) => {
    leaves.push({ at, entry, place });
  });
  for (const { at, entry, place } of leaves) {
    tables.entries[place] = 0;
    // First the place: finding it may take a new page of table, and with it another array.
    const next = placeFor(tables, root, to + (at - from));
    tables.entries[next] = entry;
  }
  if (leaves.length > 0) notify(machine, mm, from, from + kept);
}
