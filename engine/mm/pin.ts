import {
  assert,
  hasFollPin,
  isToFail,
  owe,
  type Pfn,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import { findVma } from "./area.ts";
import { faultIn, forceIn, unshare } from "./fault.ts";
import { getFrame, putFrame, ZERO_PAGE } from "./frame.ts";
import type { MmPart } from "./part.ts";
import { PROT, VM } from "./vma.ts";

const NO_READ = refuse("EFAULT", "the area may not be read");

/** gup asks for the right to read by name; the program itself reads what it may only write. */
function isForReading(machine: MmPart, mm: number, va: number): boolean {
  return ((findVma(machine, mm, va)?.prot ?? PROT.READ) & PROT.READ) !== 0;
}

/**
 * Pins the page behind an address for a device (get_user_pages_longterm in v4.18,
 * pin_user_pages with FOLL_LONGTERM in v6.1): the page stays, the address may move on. v6.1 makes
 * the page the process's own first, also where the device only reads.
 *
 * Refuses: ENOMEM where `fail pin k` says so; EFAULT for reading where the area lacks that right,
 * also where it may be written; EFAULT and ENOMEM as `faultIn`.
 * Source: mm/gup.c get_user_pages_longterm, check_vma_flags v4.18, pin_user_pages_remote v6.1
 */
export function pinPage(machine: MmPart, mm: number, va: number, isWrite: boolean): Result<Pfn> {
  if (isToFail(machine, "pin")) return refuse("ENOMEM", "the page cannot be pinned");
  if (!isWrite && !isForReading(machine, mm, va)) return NO_READ;
  const isOwn = !isWrite && hasFollPin(machine.kernel);
  const { owed } = machine.agenda;
  const page = isOwn ? unshare(machine, mm, va) : faultIn(machine, mm, va, isWrite);
  if (!page.ok) return page;
  // A fault inside the kernel is cheaper than one of the program's own: this is both in one figure.
  const isCold = machine.agenda.owed > owed;
  machine.agenda.owed = owed;
  owe(machine, isCold ? "cold" : "pin");
  if (page.value === ZERO_PAGE) {
    holdZeroPage(machine);
    return page;
  }
  getFrame(machine, page.value);
  const { pins } = machine.frames;
  if (page.value < pins.length) pins[page.value] = (pins[page.value] as number) + 1;
  return page;
}

/**
 * follow_page_pte takes a reference to the zero page like to any other. Those who pin for devices
 * drop none for a page that they take for reserved: it is there for good (VFIO-DMA-032).
 */
function holdZeroPage({ frames }: MmPart): void {
  frames.zeroHeld += 1;
}

const NOT_MEMORY = refuse("EFAULT", "what a driver mapped is no memory of the process");

/** Flags of get_user_pages. Source: include/linux/mm.h FOLL_* v4.18 and v6.1 */
export const FOLL = { WRITE: 1, GET: 4, FORCE: 16, LONGTERM: 65_536, PIN: 262_144 } as const;

/**
 * One page of get_user_pages: a reference, and nothing else. The page stays; the address may lead
 * elsewhere by and by.
 *
 * Refuses: EINVAL in v6.1 for PIN, and for LONGTERM, which asks for pin_user_pages (GUP-016);
 * EFAULT for what a driver mapped; EFAULT for reading where the area lacks that right; EFAULT and
 * ENOMEM as `faultIn`. With FORCE as `forceIn` instead of the last two.
 * Source: mm/gup.c get_user_pages, check_vma_flags v4.18, is_valid_gup_flags v6.1
 */
export function getUserPage(machine: MmPart, mm: number, va: number, flags: number): Result<Pfn> {
  const isStrict = hasFollPin(machine.kernel);
  if (isStrict && flags & (FOLL.PIN | FOLL.LONGTERM)) {
    return refuse("EINVAL", "to be had by pin_user_pages");
  }
  if ((findVma(machine, mm, va)?.flags ?? 0) & VM.IO) return NOT_MEMORY;
  const isWrite = (flags & FOLL.WRITE) !== 0;
  const isForced = (flags & FOLL.FORCE) !== 0;
  if (!isWrite && !isForced && !isForReading(machine, mm, va)) return NO_READ;
  const page = (isForced ? forceIn : faultIn)(machine, mm, va, isWrite);
  if (!page.ok) return page;
  if (page.value === ZERO_PAGE) holdZeroPage(machine);
  else getFrame(machine, page.value);
  return page;
}

/** What a reference by pin_user_pages adds to the kernel's own count (GUP_PIN_COUNTING_BIAS). */
export const PIN_BIAS = 1024;

/**
 * The reference count as the kernel keeps it: in v6.1 a pin of a small page counts PIN_BIAS, so
 * that it can be told from other references (GUP-013); in v4.18 it is one like any other.
 */
export function kernelRefcount(machine: MmPart, pfn: Pfn): number {
  const { refs, pins, zeroHeld } = machine.frames;
  if (pfn === ZERO_PAGE) return zeroHeld;
  const extra = hasFollPin(machine.kernel) ? (pins[pfn] as number) * (PIN_BIAS - 1) : 0;
  return (refs[pfn] as number) + extra;
}

/** Takes a pin back. The zero page has none. */
export function unpinPage(machine: MmPart, pfn: Pfn): void {
  if (pfn === ZERO_PAGE) return;
  const { pins } = machine.frames;
  const left = (pins[pfn] as number) - 1;
  assert(left >= 0, "one pin too many was taken back", pfn);
  pins[pfn] = left;
  owe(machine, "unpin");
  putFrame(machine, pfn);
}

/** Is this page pinned, as far as this kernel can tell? v4.18 cannot. */
export function isKnownPinned(machine: MmPart, pfn: Pfn): boolean {
  return hasFollPin(machine.kernel) && (machine.frames.pins[pfn] as number) > 0;
}

/**
 * Charges pages to locked_vm; a negative count gives them back, also where nobody charged them, and
 * the counter wraps. The limit is the caller's check.
 *
 * @returns pages that are charged now
 */
export function chargeLocked(machine: MmPart, mm: number, pages: number): number {
  const space = record(machine.mms, mm);
  const lockedVm = space.lockedVm + pages;
  machine.mms[mm] = { ...space, lockedVm };
  return lockedVm;
}

/** Would locked_vm be over a limit with so many pages more? A counter that has wrapped is. */
export function isOverLimit(machine: MmPart, mm: number, pages: number, limit: number): boolean {
  const lockedVm = record(machine.mms, mm).lockedVm + pages;
  return lockedVm < 0 || lockedVm > limit;
}
