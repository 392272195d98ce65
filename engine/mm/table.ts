import { assert, PAGE } from "../core/index.ts";

/** Entries in one page of a page table. */
export const ENTRIES = 512;

/** Levels of a table for 48-bit addresses: 3 is the root, 0 holds single pages. */
export const LEVELS = 4;

/** Flags of an entry. An entry is `number * FLAGS + flags`: a frame, or the next table. */
export const ENTRY = {
  /** The entry leads somewhere. */
  PRESENT: 1,
  /** It may be written through. */
  WRITE: 2,
  /** It may be read through: only the tables of an IOMMU say so, a CPU's always may. */
  READ: 4,
  /** It leads to the next table, not to a frame. */
  TABLE: 8,
  /** The frame is a page of device registers. */
  DEVICE: 16,
} as const;

/** Flags and number share one exact double: the factor between them. */
const FLAGS = 64;

/**
 * Pages of page tables, those of processes and of IOMMU domains alike, in one column.
 *
 *   table t, entry i  ->  entries[512 t + i]
 */
export interface Tables {
  entries: Float64Array;
  /** Tables ever made. */
  made: number;
  /** Tables given back, the last one first to be used again. */
  readonly free: number[];
}

/** No table yet; room for eight, and it grows. */
export function tables(): Tables {
  return { entries: new Float64Array(8 * ENTRIES), made: 0, free: [] };
}

/** An empty table. @returns its number */
export function makeTable(tables: Tables): number {
  const again = tables.free.pop();
  if (again !== undefined) return again;
  const table = tables.made;
  if ((table + 1) * ENTRIES > tables.entries.length) {
    const longer = new Float64Array(2 * tables.entries.length);
    longer.set(tables.entries);
    tables.entries = longer;
  }
  tables.made += 1;
  return table;
}

/** Gives a table back, and all below it. What its leaves led to is the caller's to let go first. */
export function freeTable(tables: Tables, table: number, level = LEVELS - 1): void {
  for (let at = table * ENTRIES; at < (table + 1) * ENTRIES; at += 1) {
    const entry = tables.entries[at] as number;
    if (level > 0 && flagsOf(entry) & ENTRY.TABLE) freeTable(tables, numberOf(entry), level - 1);
    tables.entries[at] = 0;
  }
  tables.free.push(table);
}

/** An entry from a frame or table number and its flags. */
export function entryOf(number: number, flags: number): number {
  return number * FLAGS + (flags | ENTRY.PRESENT);
}

/** The flags of an entry; 0 for none. */
export function flagsOf(entry: number): number {
  return entry % FLAGS;
}

/** The frame, or the next table, that an entry leads to. */
export function numberOf(entry: number): number {
  return Math.floor(entry / FLAGS);
}

const SPANS = [PAGE, PAGE * 512, PAGE * 512 * 512, PAGE * 512 * 512 * 512] as const;

/** Bytes that one entry of that level stands for: 4K, 2M, 1G, 512G. */
export function spanOf(level: number): number {
  return SPANS[level] as number;
}

/** Where in its table of that level an address is found. */
export function indexOf(address: number, level: number): number {
  return Math.floor(address / spanOf(level)) % ENTRIES;
}

/** Where a walk ended: the entry (0: nothing there), its level and its place in the column. */
export interface Found {
  readonly entry: number;
  readonly level: number;
  readonly place: number;
}

/**
 * Walks from the root to the entry that decides about `address`: a leaf of any level, or the
 * first empty one.
 *
 * @param levels  of the table: a process has LEVELS, an IOMMU of fewer address bits may have less
 */
export function walk(tables: Tables, root: number, address: number, levels = LEVELS): Found {
  let table = root;
  for (let level = levels - 1; ; level -= 1) {
    const place = table * ENTRIES + indexOf(address, level);
    const entry = tables.entries[place] as number;
    if (level === 0 || !(flagsOf(entry) & ENTRY.TABLE)) return { entry, level, place };
    table = numberOf(entry);
  }
}

/**
 * The place of the entry of `level` for `address`, with the tables above it made where missing.
 *
 * @returns -1 where a leaf stands above that level
 */
export function placeFor(
  tables: Tables,
  root: number,
  address: number,
  level = 0,
  levels = LEVELS,
): number {
  let table = root;
  for (let at = levels - 1; at > level; at -= 1) {
    const place = table * ENTRIES + indexOf(address, at);
    const entry = tables.entries[place] as number;
    if (entry === 0) {
      const below = makeTable(tables);
      tables.entries[place] = entryOf(below, ENTRY.TABLE);
      table = below;
    } else if (flagsOf(entry) & ENTRY.TABLE) {
      table = numberOf(entry);
    } else {
      return -1;
    }
  }
  return table * ENTRIES + indexOf(address, level);
}

/**
 * Visits the leaves of a range in the order of addresses.
 *
 * @param visit  address of the leaf, its entry, its level and its place
 */
export function eachLeaf(
  tables: Tables,
  root: number,
  { start, end }: { readonly start: number; readonly end: number },
  visit: (address: number, entry: number, level: number, place: number) => void,
): void {
  assert(start % PAGE === 0, "a range of whole pages", start);
  const below = (table: number, level: number, base: number): void => {
    const span = spanOf(level);
    const last = Math.min(ENTRIES, (end - base) / span);
    for (let at = Math.max(0, Math.floor((start - base) / span)); at < last; at += 1) {
      const place = table * ENTRIES + at;
      const entry = tables.entries[place] as number; // the column may be a longer one by now
      if (entry === 0) continue;
      if (flagsOf(entry) & ENTRY.TABLE) below(numberOf(entry), level - 1, base + at * span);
      else visit(base + at * span, entry, level, place);
    }
  };
  below(root, LEVELS - 1, 0);
}
