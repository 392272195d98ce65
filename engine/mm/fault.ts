import {
  ADDRESS_END,
  emit,
  hasFollPin,
  ok,
  owe,
  PAGE,
  Pfn,
  pageOf,
  type Result,
  record,
  refuse,
  Vaddr,
} from "../core/index.ts";
import { addMapping, count, findVma } from "./area.ts";
import { allocate, copyFrame, putFrame, readFrame, writeFrame, ZERO_PAGE } from "./frame.ts";
import { notify } from "./notifier.ts";
import type { MmPart } from "./part.ts";
import { ENTRY, entryOf, flagsOf, numberOf, walk } from "./table.ts";
import { PROT, VM, type Vma } from "./vma.ts";

/** Why a page cannot be had: the address is nobody's, or the right is missing. */
const NO_AREA = refuse("EFAULT", "no area at this address");
const NO_RIGHT = refuse("EFAULT", "the area does not allow it");

/**
 * The frame behind an address, made present and, for a write, writable and own: what the page
 * fault handler does when the entry does not do. Who may write may read, and, after v4.18, who may
 * execute.
 *
 * Refuses: EFAULT for an address in no area, EFAULT for a missing right (SIGSEGV, where the
 * program itself touched it), ENOMEM from `allocate`.
 * Leaves out: swap, huge pages, userfaultfd, stack growth; SIGBUS past the end of shared memory that
 * mremap made longer, which is SIGSEGV here.
 * Source: mm/memory.c handle_mm_fault, do_anonymous_page, do_wp_page v4.18 and v6.1,
 * arch/arm64/mm/fault.c do_page_fault v4.18 and v6.1 (a CPU without EPAN)
 */
export function faultIn(machine: MmPart, mm: number, va: number, isWrite: boolean): Result<Pfn> {
  const vma = findVma(machine, mm, va);
  if (!vma) return NO_AREA;
  const readable = machine.kernel === "v4.18" ? PROT.READ | PROT.WRITE : PROT.ALL;
  if (!(vma.prot & (isWrite ? PROT.WRITE : readable))) return NO_RIGHT;
  return reach(machine, { mm, vma, va: pageOf(va), isWrite });
}

/**
 * As `faultIn`, whatever the area allows its program (FOLL_FORCE): so a debugger reads and writes.
 * A write that the area does not allow gives a page of the process's own, and the entry stays
 * read-only (GUP-007).
 *
 * Refuses: EFAULT for an address in no area, EFAULT for such a write to what is not private memory,
 * ENOMEM from `allocate`.
 * Source: mm/gup.c check_vma_flags, faultin_page v4.18
 */
export function forceIn(machine: MmPart, mm: number, va: number, isWrite: boolean): Result<Pfn> {
  const vma = findVma(machine, mm, va);
  if (!vma) return NO_AREA;
  const isAllowed = !isWrite || vma.prot & PROT.WRITE || vma.backing.kind === "anonymous";
  return isAllowed ? reach(machine, { mm, vma, va: pageOf(va), isWrite }) : NO_RIGHT;
}

/** Whoever may: what is there, or what takes its place. */
function reach(machine: MmPart, wanted: Wanted): Result<Pfn> {
  const { mm, vma, va, isWrite } = wanted;
  const { entry, place } = walk(machine.tables, record(machine.mms, mm).root, va);
  if (entry === 0) return populate(machine, wanted);
  const pfn = Pfn(numberOf(entry));
  if (!isWrite || flagsOf(entry) & ENTRY.WRITE) return ok(pfn);
  const flags = rightOf(vma);
  if (!(vma.flags & VM.SHARED || takesOver(machine, pfn))) {
    return breakCow(machine, { mm, place, pfn, va, flags });
  }
  machine.tables.entries[place] = entryOf(pfn, flagsOf(entry) | flags);
  owe(machine, "fault");
  emit(machine, "mm.reuse", Vaddr(va), pfn);
  return ok(pfn);
}

/** What an entry of an area says of writing. */
function rightOf(vma: Vma): number {
  return vma.prot & PROT.WRITE ? ENTRY.WRITE : 0;
}

/**
 * The frame behind an address, made present and the process's own, but no more writable than it
 * was: what pinning a page for reading asks for in v6.1, so that a later write of the process goes
 * where the pin is (FAULT_FLAG_UNSHARE). The zero page stays the zero page.
 *
 * Refuses: as `faultIn`.
 * Source: mm/gup.c gup_must_unshare, mm/memory.c do_wp_page v6.1
 */
export function unshare(machine: MmPart, mm: number, va: number): Result<Pfn> {
  const page = faultIn(machine, mm, va, false);
  const vma = findVma(machine, mm, va);
  if (!page.ok || page.value === ZERO_PAGE || vma?.backing.kind !== "anonymous") return page;
  const { entry, place } = walk(machine.tables, record(machine.mms, mm).root, va);
  if (flagsOf(entry) & ENTRY.WRITE || takesOver(machine, page.value)) return page;
  return breakCow(machine, { mm, place, pfn: page.value, va: pageOf(va), flags: 0 });
}

interface Wanted {
  readonly mm: number;
  readonly vma: Vma;
  readonly va: number;
  readonly isWrite: boolean;
}

/** First touch. */
function populate(machine: MmPart, { mm, vma, va, isWrite }: Wanted): Result<Pfn> {
  const { root } = record(machine.mms, mm);
  const write = rightOf(vma);
  if (vma.backing.kind === "device") return NO_AREA; // entered whole at mmap; zapped means gone
  owe(machine, "fault");
  if (vma.backing.kind === "shared") {
    const page = vma.backing.page + (va - vma.start) / PAGE;
    const pfn = sharedPage(machine, vma.backing.memory, page);
    if (!pfn.ok) return pfn;
    addMapping(machine, root, va, pfn.value, write);
    emit(machine, "mm.populate", Vaddr(va), pfn.value);
    return pfn;
  }
  if (!isWrite) {
    addMapping(machine, root, va, ZERO_PAGE, 0);
    return ok(ZERO_PAGE);
  }
  const fresh = allocate(machine);
  if (!fresh.ok) return fresh;
  addMapping(machine, root, va, fresh.value, write);
  machine.frames.exclusive[fresh.value] = 1;
  putFrame(machine, fresh.value); // the entry holds it now
  emit(machine, "mm.populate", Vaddr(va), fresh.value);
  return fresh;
}

function sharedPage(machine: MmPart, memory: number, page: number): Result<Pfn> {
  const shared = record(machine.shared, memory);
  const there = shared.pages[page];
  if (there === undefined) return refuse("EFAULT", "past the end of the shared memory");
  if (there >= 0) return ok(Pfn(there));
  const fresh = allocate(machine);
  if (fresh.ok) machine.shared[memory] = { ...shared, pages: shared.pages.with(page, fresh.value) };
  return fresh;
}

/**
 * May the process keep this page for itself? v4.18 asks whether anybody else maps it; a pin is no
 * map, so it does not count. v6.1 asks whether anybody else holds it, but for a page that is the
 * process's own already: so a pinned page is, and stays. What it may keep is its own from then on.
 *
 * Source: mm/memory.c do_wp_page, reuse_swap_page v4.18; do_wp_page, page_move_anon_rmap v6.1
 */
function takesOver(machine: MmPart, pfn: Pfn): boolean {
  const { exclusive, mapcount, refs } = machine.frames;
  const isFree = hasFollPin(machine.kernel)
    ? exclusive[pfn] === 1 || refs[pfn] === 1
    : mapcount[pfn] === 1;
  if (isFree) exclusive[pfn] = 1;
  return isFree;
}

interface Shared {
  readonly mm: number;
  /** Where the entry lies, the frame it leads to, the page it is for, the flags of the new one. */
  readonly place: number;
  readonly pfn: Pfn;
  readonly va: number;
  readonly flags: number;
}

/** The process gets a copy; who else maps the page keeps it. */
function breakCow(machine: MmPart, { mm, place, pfn, va, flags }: Shared): Result<Pfn> {
  const fresh = allocate(machine);
  if (!fresh.ok) return fresh;
  owe(machine, "fault");
  copyFrame(machine, pfn, fresh.value);
  machine.frames.exclusive[fresh.value] = 1;
  machine.tables.entries[place] = entryOf(fresh.value, flags);
  notify(machine, mm, va, va + PAGE);
  count(machine, fresh.value, 1);
  count(machine, pfn, -1);
  if (pfn === ZERO_PAGE) emit(machine, "mm.populate", Vaddr(va), fresh.value);
  else emit(machine, "mm.cow", Vaddr(va), pfn, fresh.value);
  putFrame(machine, pfn);
  return fresh;
}

/** Runs over a range page by page: `visit` gets the frame and the piece that lies in it. */
function eachPiece(
  machine: MmPart,
  mm: number,
  range: { readonly va: number; readonly size: number; readonly isWrite: boolean },
  visit: (pfn: Pfn, offset: number, from: number, size: number) => void,
): Result<void> {
  for (let done = 0; done < range.size; ) {
    const at = range.va + done;
    const size = Math.min(range.size - done, PAGE - (at % PAGE));
    const pfn = faultIn(machine, mm, at, range.isWrite);
    if (!pfn.ok) return pfn;
    visit(pfn.value, at % PAGE, done, size);
    done += size;
  }
  return ok(undefined);
}

/** Bytes of a process, faulted in as a read. Refuses: as `faultIn`. */
export function readMemory(
  machine: MmPart,
  mm: number,
  va: number,
  size: number,
): Result<Uint8Array> {
  const bytes = new Uint8Array(size);
  const read = eachPiece(machine, mm, { va, size, isWrite: false }, (pfn, offset, from, piece) => {
    bytes.set(readFrame(machine, pfn, offset, piece), from);
  });
  return read.ok ? ok(bytes) : read;
}

/** Puts bytes into a process. Refuses: as `faultIn`; what was written before that stays. */
export function writeMemory(
  machine: MmPart,
  mm: number,
  va: number,
  bytes: Uint8Array,
): Result<void> {
  const wish = { va, size: bytes.length, isWrite: true };
  return eachPiece(machine, mm, wish, (pfn, offset, from, piece) => {
    writeFrame(machine, pfn, offset, bytes.subarray(from, from + piece));
  });
}

/** What an address leads to now, without touching it: for views and queries. */
export function peek(
  machine: MmPart,
  mm: number,
  va: number,
): { pfn: Pfn; flags: number } | undefined {
  if (va >= ADDRESS_END) return undefined;
  const { entry } = walk(machine.tables, record(machine.mms, mm).root, va);
  return entry === 0 ? undefined : { pfn: Pfn(numberOf(entry)), flags: flagsOf(entry) };
}

/**
 * The frame that a touch of an address would find, without touching it: for views and queries.
 *
 * @returns -1 where a touch would find zeros, or be refused
 */
export function frameBehind(machine: MmPart, mm: number, va: number): number {
  const there = peek(machine, mm, va);
  if (there) return there.pfn;
  const vma = findVma(machine, mm, va);
  if (vma?.backing.kind !== "shared") return -1;
  const { memory, page } = vma.backing;
  return record(machine.shared, memory).pages[page + Math.floor((va - vma.start) / PAGE)] ?? -1;
}
