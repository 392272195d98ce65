import { emit, Pfn, pageOf, type Result, record, refuse, Vaddr } from "../core/index.ts";
import { addMapping, count } from "./area.ts";
import { allocate, copyFrame, putFrame, ZERO_PAGE } from "./frame.ts";
import { notify } from "./notifier.ts";
import type { MmPart } from "./part.ts";
import { ENTRY, flagsOf, numberOf, walk } from "./table.ts";

/**
 * Moves the page behind an address to another frame, as compaction does. Whoever holds the page by
 * more than its entries keeps it where it is: a pin does, mlock does not (PIN-HAZARD-023).
 *
 * Refuses: EFAULT where no page is; EAGAIN where somebody holds it beside the one entry; ENOMEM.
 * Leaves out: pages with several entries, which Linux moves too.
 * Source: mm/migrate.c migrate_page_move_mapping v4.18
 */
export function migratePage(machine: MmPart, mm: number, va: number): Result<Pfn> {
  const { root } = record(machine.mms, mm);
  const { entry, place } = walk(machine.tables, root, va);
  const pfn = Pfn(numberOf(entry));
  // Where no entry is, its number is that of the zero page.
  if (pfn === ZERO_PAGE || flagsOf(entry) & ENTRY.DEVICE) {
    return refuse("EFAULT", "no page that could be moved");
  }
  if (machine.frames.refs[pfn] !== 1) return refuse("EAGAIN", "somebody else holds the page");
  const fresh = allocate(machine);
  if (!fresh.ok) return fresh;
  const at = pageOf(va);
  machine.tables.entries[place] = 0;
  notify(machine, mm, at, at + 1);
  copyFrame(machine, pfn, fresh.value);
  machine.frames.exclusive[fresh.value] = machine.frames.exclusive[pfn] as number;
  count(machine, pfn, -1);
  addMapping(machine, root, at, fresh.value, flagsOf(entry));
  putFrame(machine, fresh.value); // the entry holds it now
  putFrame(machine, pfn);
  emit(machine, "mm.populate", Vaddr(at), fresh.value);
  return fresh;
}
