import {
  ADDRESS_END,
  emit,
  isToFail,
  OK,
  PAGE,
  type Pfn,
  type Result,
  refuse,
  WARN,
} from "../core/index.ts";
import {
  ENTRIES,
  ENTRY,
  entryOf,
  flagsOf,
  freeTable,
  indexOf,
  isRegister,
  LEVELS,
  makeTable,
  numberOf,
  placeFor,
  spanOf,
  type Tables,
  walk,
} from "../mm/index.ts";
import { type IommuPart, knowsSize } from "./part.ts";

/** What a device may do through an entry (include/linux/iommu.h). */
export const IOMMU_PROT = { READ: 1, WRITE: 2 } as const;

/** The table of one domain, and what its IOMMU can do. */
export interface Space {
  readonly root: number;
  readonly pageSizes: number;
  readonly stage: 1 | 2;
  /** Levels of the table: 4 for 48 bits of address. */
  readonly levels: number;
  /** Past the addresses that it translates. */
  readonly inputEnd: number;
  /** A block does not take the place of a table that is there: EBUSY. */
  readonly keepsTables: boolean;
}

/** One leaf to write. `size` is one of the page sizes, `iova` and `pfn` are aligned to it. */
export interface Leaf {
  readonly iova: number;
  readonly pfn: Pfn;
  readonly size: number;
  readonly prot: number;
}

const EXISTS = refuse("EEXIST", "an entry is there already");

/**
 * The largest page size that divides both addresses and fits in what is left (IOMMU-004).
 *
 * @param addresses  of the device and of memory, in bytes
 */
export function pageSize(pageSizes: number, addresses: readonly number[], left: number): number {
  for (let level = 2; level > 0; level -= 1) {
    const size = spanOf(level);
    if (size > left || !knowsSize(pageSizes, size)) continue;
    if (addresses.every((address) => address % size === 0)) return size;
  }
  return PAGE;
}

/** The level at which one entry stands for so many bytes. */
function levelOf(size: number): number {
  let level = 0;
  while (spanOf(level) < size) level += 1;
  return level;
}

/**
 * Writes one leaf (arm_lpae_map). Where neither READ nor WRITE is asked for v4.18 writes nothing.
 *
 * @param onDrop  told of a table that a block replaces, before it is freed: the caller invalidates
 *
 * Refuses: ERANGE past the bits of the table, or of memory (PGTABLE-015); EINVAL of v6.1 for neither
 * READ nor WRITE; ENOMEM where `fail map k` says so; EEXIST over a
 * leaf or inside a block (PGTABLE-010, PGTABLE-011). A block over a table replaces it, without a
 * word (PGTABLE-012); an IOMMU that keeps its tables says EBUSY, as old ones of AMD did
 * (VFIO-DMA-059).
 * Source: drivers/iommu/io-pgtable-arm.c arm_lpae_map v4.18, arm_lpae_map_pages v6.1
 */
export function mapLeaf(
  machine: IommuPart,
  space: Space,
  leaf: Leaf,
  onDrop: () => void,
): Result<void> {
  const { iova, pfn, size, prot } = leaf;
  const isNothing = !(prot & (IOMMU_PROT.READ | IOMMU_PROT.WRITE));
  if (isNothing && machine.kernel !== "v6.1") return OK;
  if (iova >= space.inputEnd) return refuse("ERANGE", "iova past the bits of the table");
  if (pfn * PAGE + size > ADDRESS_END) return refuse("ERANGE", "memory past 48 bits");
  if (isNothing) return refuse("EINVAL", "no access");
  if (isToFail(machine, "map")) return refuse("ENOMEM", "no page for a table");
  const level = levelOf(size);
  const { tables } = machine;
  const place = placeFor(tables, space.root, iova, level, space.levels);
  if (place < 0) return EXISTS;
  const old = tables.entries[place] as number;
  if (old !== 0) {
    if (!(flagsOf(old) & ENTRY.TABLE)) return EXISTS;
    if (space.keepsTables) return refuse("EBUSY", "a table is there already");
    tables.entries[place] = 0;
    onDrop();
    freeTable(tables, numberOf(old), level - 1);
  }
  tables.entries[place] = entryOf(pfn, flagsFor(space, leaf));
  return OK;
}

/** Stage 1 cannot say "write only": the device may then read too (PGTABLE-016, PGTABLE-017). */
function flagsFor({ stage }: Space, { prot, pfn }: Leaf): number {
  const canRead = prot & IOMMU_PROT.READ || stage === 1;
  return (
    (canRead ? ENTRY.READ : 0) |
    (prot & IOMMU_PROT.WRITE ? ENTRY.WRITE : 0) |
    (isRegister(pfn) ? ENTRY.DEVICE : 0)
  );
}

/**
 * Clears what one entry of that size stands for (arm_lpae_unmap): a leaf, a whole table of
 * smaller ones (PGTABLE-023), or a part of a block, which is split first (PGTABLE-019).
 *
 * @param told  of a table that went, before it is freed, and of leaves: the caller invalidates
 * @returns bytes cleared; 0, and a WARN, where nothing was (PGTABLE-021)
 * Source: drivers/iommu/io-pgtable-arm.c __arm_lpae_unmap v4.18
 */
export function clearLeaf(
  machine: IommuPart,
  { root, levels, inputEnd }: Space,
  range: { readonly iova: number; readonly size: number },
  told: (isTable: boolean) => void,
): number {
  if (range.iova >= inputEnd) return 0;
  const { tables } = machine;
  const wanted = levelOf(range.size);
  let table = root;
  for (let level = levels - 1; ; level -= 1) {
    const place = table * ENTRIES + indexOf(range.iova, level);
    const entry = tables.entries[place] as number;
    if (entry === 0) {
      emit(machine, "kernel.warn", NOT_MAPPED);
      return 0;
    }
    const isTable = (flagsOf(entry) & ENTRY.TABLE) !== 0;
    if (level === wanted) {
      tables.entries[place] = 0;
      told(isTable);
      if (isTable) freeTable(tables, numberOf(entry), level - 1);
      return range.size;
    }
    table = isTable ? numberOf(entry) : splitBlock(tables, place, level);
  }
}

const NOT_MAPPED = WARN.indexOf("an unmap of what is not mapped");

/** Puts a table of the next smaller size in place of a block, leading to the same memory. */
function splitBlock(tables: Tables, place: number, level: number): number {
  const block = tables.entries[place] as number;
  const table = makeTable(tables);
  const frames = spanOf(level - 1) / PAGE;
  for (let index = 0; index < ENTRIES; index += 1) {
    const number = numberOf(block) + index * frames;
    tables.entries[table * ENTRIES + index] = entryOf(number, flagsOf(block));
  }
  tables.entries[place] = entryOf(table, ENTRY.TABLE);
  return table;
}

/**
 * Which frame an address leads to.
 *
 * @returns -1 where it leads nowhere (IOMMU-011), or is past the bits of the table
 */
export function frameAt(tables: Tables, root: number, iova: number, levels = LEVELS): number {
  if (iova >= spanOf(levels - 1) * ENTRIES) return -1;
  const { entry, level } = walk(tables, root, iova, levels);
  return entry === 0 ? -1 : frameIn(entry, level, iova);
}

/** The frame for an address inside what a leaf stands for. */
export function frameIn(entry: number, level: number, iova: number): number {
  return numberOf(entry) + Math.floor((iova % spanOf(level)) / PAGE);
}
