import {
  emit,
  OK,
  PAGE,
  Pfn,
  type Refusal,
  type Result,
  record,
  refuse,
  roundUp,
  U64_END,
  Vaddr,
} from "../core/index.ts";
import { type FileChanges, moved } from "./area.ts";
import { faultIn, forceIn } from "./fault.ts";
import { FRAMES_MAX } from "./frame.ts";
import { notify } from "./notifier.ts";
import type { MmPart } from "./part.ts";
import { ENTRY, eachLeaf, entryOf, flagsOf, numberOf } from "./table.ts";
import { PROT, type Range, VM, type Vma } from "./vma.ts";

/**
 * What a change of areas comes to: whether the range was all areas, and files held once more. One
 * that is refused half-way has split areas all the same, so the files stand here too.
 */
export interface Changed extends FileChanges {
  readonly isWhole: boolean;
  readonly refusal?: Refusal;
}

function untouched(refusal: Refusal): Changed {
  return { held: [], loose: [], isWhole: false, refusal };
}

/**
 * Changes the areas of a range, in the order of addresses; one that reaches beyond it is split.
 * Stops at a hole where `stopsAtHole` says so, as mprotect and mlock do; madvise goes on.
 *
 * @param change  the area as it shall be; the same one leaves it unsplit
 */
export function changeAreas(
  machine: MmPart,
  mm: number,
  { start, end, stopsAtHole }: Range & { readonly stopsAtHole: boolean },
  change: (vma: Vma) => Vma,
): Changed {
  const held: number[] = [];
  let covered = start;
  let isWhole = true;
  const changed = record(machine.mms, mm).vmas.flatMap((vma) => {
    if (start === end || vma.end <= start || end <= vma.start) return [vma];
    if (vma.start > covered) isWhole = false;
    if (!isWhole && stopsAtHole) return [vma];
    covered = vma.end;
    const pieces = pieceOut(vma, { start, end }, change);
    for (let more = 1; more < pieces.length; more += 1) holdMore(machine, vma, held);
    return pieces;
  });
  machine.mms[mm] = { ...record(machine.mms, mm), vmas: changed };
  return { held, loose: [], isWhole: isWhole && covered >= end };
}

function pieceOut(vma: Vma, { start, end }: Range, change: (vma: Vma) => Vma): Vma[] {
  const from = Math.max(start, vma.start);
  const to = Math.min(end, vma.end);
  const inside = { ...moved(vma, from), end: Vaddr(to) };
  const after = change(inside);
  if (after === inside) return [vma];
  const pieces: Vma[] = [];
  if (vma.start < from) pieces.push({ ...vma, end: Vaddr(from) });
  pieces.push(after);
  if (to < vma.end) pieces.push(moved(vma, to));
  return pieces;
}

/** A piece more of an area is a user more of what stands behind it. */
function holdMore(machine: MmPart, { backing }: Vma, held: number[]): void {
  if (backing.kind === "device") held.push(backing.file);
  if (backing.kind !== "shared") return;
  const shared = record(machine.shared, backing.memory);
  machine.shared[backing.memory] = { ...shared, users: shared.users + 1 };
}

const OFF_PAGE = refuse("EINVAL", "address is not on a page");
const WRAPS = refuse("ENOMEM", "the range wraps past 2^64");
const LOCK_WRAPS = refuse("EINVAL", "the range wraps past 2^64");
const NO_PROT = refuse("EINVAL", "such a right is unknown");
const HOLE = refuse("ENOMEM", "part of the range is no area");
const NO_TOUCH = refuse("ENOMEM", "part of the range may not be touched");
const NO_PAGE = refuse("EAGAIN", "no page is left");
const UNFIT = refuse("EINVAL", "such an area cannot be advised so");

function rangeOf(start: number, length: number): Range {
  return { start, end: start + roundUp(length) };
}

/**
 * mprotect: other rights for a range. Less rights hold at once, for devices that share the address
 * space too; more come with the next fault, but private memory that is locked is faulted in where it
 * becomes writable.
 *
 * @returns files held once more, for the pieces of split areas
 * Refuses: EINVAL for an address that is no page; ENOMEM for a range that wraps; EINVAL for an unknown
 * right; ENOMEM at the first hole, and what lies before it is changed. Of no length only the address
 * is looked at.
 * Leaves out: EACCES for what a file's mode does not allow, PROT_GROWSDOWN, PROT_GROWSUP.
 * Source: mm/mprotect.c do_mprotect_pkey, mprotect_fixup, include/linux/mman.h arch_validate_prot v4.18
 */
export function protect(
  machine: MmPart,
  mm: number,
  wish: { readonly start: number; readonly length: number; readonly prot: number },
): Changed {
  const { start, length } = wish;
  const prot = wish.prot & PROT.ALL;
  if (start % PAGE !== 0) return untouched(OFF_PAGE);
  const range = rangeOf(start, length);
  if (range.end >= U64_END) return untouched(WRAPS);
  if (length > 0 && wish.prot & ~(PROT.ALL | PROT.SEM)) return untouched(NO_PROT);
  const locked = new Set<Vma>();
  const changed = changeAreas(machine, mm, { ...range, stopsAtHole: true }, (vma) => {
    if (vma.prot === prot) return vma;
    if (!(prot & PROT.WRITE)) writeProtect(machine, mm, vma);
    else if (!(vma.prot & PROT.WRITE) && isLockedPrivate(vma)) locked.add(vma);
    return { ...vma, prot };
  });
  for (const area of locked) populateRange(machine, mm, area);
  return changed.isWhole ? changed : { ...changed, refusal: HOLE };
}

function isLockedPrivate({ flags }: Vma): boolean {
  return (flags & (VM.LOCKED | VM.SHARED)) === VM.LOCKED;
}

function writeProtect(machine: MmPart, mm: number, { start, end }: Vma): void {
  const { root } = record(machine.mms, mm);
  eachLeaf(machine.tables, root, { start, end }, (_at, entry, _level, place) => {
    const flags = flagsOf(entry) & ~ENTRY.WRITE;
    machine.tables.entries[place] = entryOf(Pfn(numberOf(entry)), flags);
  });
  notify(machine, mm, start, end);
}

/** What madvise may say of a range and fork, by the flags of the areas. */
export const FORK_ADVICE = {
  DONTFORK: { sets: VM.DONTCOPY, clears: 0 },
  DOFORK: { sets: 0, clears: VM.DONTCOPY },
  WIPEONFORK: { sets: VM.WIPEONFORK, clears: 0 },
  KEEPONFORK: { sets: 0, clears: VM.WIPEONFORK },
} as const;
export type ForkAdvice = keyof typeof FORK_ADVICE;

/**
 * madvise(MADV_DONTFORK ...): what fork does with a range.
 *
 * Refuses: EINVAL for an address that is no page; EINVAL at an area that cannot be advised so (what
 * a driver mapped for DOFORK, anything but private memory for WIPEONFORK), and what lies before it
 * is advised; ENOMEM where part of the range is no area, and all the rest is advised.
 * Source: mm/madvise.c madvise_behavior v4.18
 */
export function adviseFork(
  machine: MmPart,
  mm: number,
  wish: { readonly start: number; readonly length: number; readonly advice: ForkAdvice },
): Changed {
  const { start, length, advice } = wish;
  if (start % PAGE !== 0) return untouched(OFF_PAGE);
  const { sets, clears } = FORK_ADVICE[advice];
  let isRefused = false;
  const changed = changeAreas(
    machine,
    mm,
    { ...rangeOf(start, length), stopsAtHole: false },
    (vma) => {
      isRefused ||= isUnfit(vma, advice);
      const flags = (vma.flags & ~clears) | sets;
      return isRefused || flags === vma.flags ? vma : { ...vma, flags };
    },
  );
  if (isRefused) return { ...changed, refusal: UNFIT };
  return changed.isWhole ? changed : { ...changed, refusal: HOLE };
}

function isUnfit({ flags, backing }: Vma, advice: ForkAdvice): boolean {
  if (advice === "DOFORK") return (flags & VM.IO) !== 0;
  return advice === "WIPEONFORK" && backing.kind !== "anonymous";
}

/** Pages of a range that are locked already (count_mm_mlocked_page_nr). */
export function lockedPages(machine: MmPart, mm: number, { start, end }: Range): number {
  return record(machine.mms, mm).vmas.reduce((sum, vma) => {
    const shared = Math.min(end, vma.end) - Math.max(start, vma.start);
    return vma.flags & VM.LOCKED && shared > 0 ? sum + shared / PAGE : sum;
  }, 0);
}

/**
 * mlock, munlock: a range stays in memory, or need not any more. The pages are counted in
 * locked_vm, each once however often it is locked; what a driver mapped is neither locked nor
 * counted. A locked range is faulted in.
 *
 * @param range  whole pages; the limit is the caller's check
 * Refuses: EINVAL for a range that wraps; ENOMEM at the first hole, and what lies before it is
 * locked; ENOMEM where a page may not be touched, EAGAIN where there is none for it, and all is locked.
 * Source: mm/mlock.c apply_vma_lock_flags, mlock_fixup, __mlock_posix_error_return, mm/gup.c
 * __mm_populate v4.18
 */
export function lockRange(
  machine: MmPart,
  mm: number,
  range: Range & { readonly isLock: boolean },
): Changed {
  const { isLock } = range;
  if (range.end >= U64_END) return untouched(LOCK_WRAPS);
  let pages = 0;
  const changed = changeAreas(machine, mm, { ...range, stopsAtHole: true }, (vma) => {
    const isLocked = (vma.flags & VM.LOCKED) !== 0;
    if (isLocked === isLock || vma.flags & VM.IO) return vma;
    pages += ((vma.end - vma.start) / PAGE) * (isLock ? 1 : -1);
    return { ...vma, flags: vma.flags ^ VM.LOCKED };
  });
  const space = record(machine.mms, mm);
  machine.mms[mm] = { ...space, lockedVm: space.lockedVm + pages };
  if (pages !== 0) emit(machine, "mm.charge", pages, space.lockedVm + pages);
  if (!changed.isWhole) return { ...changed, refusal: HOLE };
  const populated = isLock ? populateRange(machine, mm, range) : OK;
  if (populated.ok) return changed;
  return { ...changed, refusal: populated.errno === "ENOMEM" ? NO_PAGE : NO_TOUCH };
}

/**
 * Faults a range in: writable private memory gets pages of its own, an area that allows anything is
 * read whatever it allows. No more pages than there are frames: where all are the zero page, nothing
 * else would end it. Refuses: at the first page, as `faultIn`.
 */
export function populateRange(machine: MmPart, mm: number, { start, end }: Range): Result<void> {
  let pages = 0;
  for (const vma of record(machine.mms, mm).vmas) {
    if (vma.flags & VM.IO) continue;
    const isWrite = (vma.prot & PROT.WRITE) !== 0 && !(vma.flags & VM.SHARED);
    const touch = vma.prot === 0 ? faultIn : forceIn;
    for (let at = Math.max(start, vma.start); at < Math.min(end, vma.end); at += PAGE) {
      pages += 1;
      if (pages > FRAMES_MAX) return OK;
      const page = touch(machine, mm, at, isWrite);
      if (!page.ok) return page;
    }
  }
  return OK;
}
