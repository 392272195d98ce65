import { emit, OK, ok, Pfn, type Result, record, refuse, Vaddr } from "../core/index.ts";
import { addMapping, createMm, useShared } from "./area.ts";
import { allocate, copyFrame, putFrame } from "./frame.ts";
import { notify } from "./notifier.ts";
import type { MmPart } from "./part.ts";
import { isKnownPinned } from "./pin.ts";
import { ENTRY, eachLeaf, entryOf, flagsOf, numberOf } from "./table.ts";
import { VM, type Vma } from "./vma.ts";

/**
 * Copies an address space for a child. Private pages are shared, and write-protected on both
 * sides; device areas are mapped as they are, shared memory by the next touch; DONTCOPY areas are
 * left out; WIPEONFORK areas start empty. v6.1 copies a pinned page at once and leaves the parent's
 * as it is.
 *
 * @returns the new mm; the caller takes one reference more for each device area
 * Refuses: ENOMEM from `allocate`, and then the new mm is left for the caller to drop
 * Leaves out: that private memory which was only read comes by the next touch too.
 * Source: kernel/fork.c dup_mmap, mm/memory.c copy_page_range, copy_one_pte v4.18; vma_needs_copy,
 * copy_present_page v6.1
 */
export function forkMm(machine: MmPart, parent: number): Result<number> {
  const child = createMm(machine);
  for (const vma of record(machine.mms, parent).vmas) {
    if (vma.flags & VM.DONTCOPY) continue;
    const space = record(machine.mms, child);
    machine.mms[child] = {
      ...space,
      vmas: [...space.vmas, { ...vma, flags: vma.flags & ~VM.LOCKED }],
    };
    if (vma.backing.kind === "shared") useShared(machine, vma.backing.memory, 1);
    if (vma.flags & VM.WIPEONFORK || vma.backing.kind === "shared") continue;
    const copied = copyEntries(machine, parent, child, vma);
    if (!copied.ok) return copied;
  }
  return ok(child);
}

function copyEntries(machine: MmPart, parent: number, child: number, vma: Vma): Result<void> {
  const isPrivate = vma.backing.kind === "anonymous";
  const to = record(machine.mms, child).root;
  const leaves: Leaf[] = [];
  eachLeaf(
    machine.tables,
    record(machine.mms, parent).root,
    vma,
    (address, entry, _level, place) => {
      leaves.push({ address, entry, place });
    },
  );
  if (leaves.length === 0) return OK;
  const shared = copyLeaves(machine, to, leaves, isPrivate ? sharePrivate : shareAsItIs);
  // Also where it failed half-way: entries before that may no longer be written through.
  if (isPrivate) notify(machine, parent, vma.start, vma.end);
  if (!shared.ok) return shared;
  if (shared.value > 0) emit(machine, "mm.share", shared.value, child);
  return OK;
}

/** @returns how many pages the two have together; stops where one cannot be copied */
function copyLeaves(
  machine: MmPart,
  to: number,
  leaves: readonly Leaf[],
  copy: typeof sharePrivate,
): Result<number> {
  let shared = 0;
  for (const leaf of leaves) {
    const copied = copy(machine, to, leaf);
    if (!copied.ok) return copied;
    if (copied.value) shared += 1;
  }
  return ok(shared);
}

interface Leaf {
  readonly address: number;
  readonly entry: number;
  readonly place: number;
}

function shareAsItIs(machine: MmPart, to: number, { address, entry }: Leaf): Result<true> {
  addMapping(machine, to, address, Pfn(numberOf(entry)), flagsOf(entry));
  return ok(true);
}

/**
 * May two address spaces have this page, copy-on-write? v6.1 says no for a pinned one: the child is
 * to get a copy at once. It is nobody's own from then on.
 *
 * Refuses: EBUSY (PIN-HAZARD-028).
 * Source: include/linux/rmap.h page_try_dup_anon_rmap v6.1
 */
export function duplicate(machine: MmPart, pfn: Pfn): Result<void> {
  if (isKnownPinned(machine, pfn)) return refuse("EBUSY", "the page is pinned");
  machine.frames.exclusive[pfn] = 0;
  return OK;
}

/** @returns whether the two have the page together; else the child has a copy */
function sharePrivate(machine: MmPart, to: number, leaf: Leaf): Result<boolean> {
  const { address, entry, place } = leaf;
  const pfn = Pfn(numberOf(entry));
  const flags = flagsOf(entry);
  if (!duplicate(machine, pfn).ok) {
    const own = allocate(machine);
    if (!own.ok) return own;
    copyFrame(machine, pfn, own.value);
    addMapping(machine, to, address, own.value, flags);
    machine.frames.exclusive[own.value] = 1;
    putFrame(machine, own.value); // the entry holds it now
    emit(machine, "mm.copy", Vaddr(address), pfn, own.value);
    return ok(false);
  }
  machine.tables.entries[place] = entryOf(pfn, flags & ~ENTRY.WRITE);
  addMapping(machine, to, address, pfn, flags & ~ENTRY.WRITE);
  return ok(true);
}
