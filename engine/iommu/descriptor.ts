import { PAGE } from "../core/index.ts";
import { ENTRIES, ENTRY, flagsOf, numberOf, spanOf } from "../mm/index.ts";

/**
 * Bits of a descriptor of the Arm tables, as the hardware reads them.
 *
 *   63      54 53 52       47              12 11 10 9  8 7  6 5    2  1  0
 *   +---------+-----+------+-----------------+--+--+----+----+------+--+--+
 *   |         | XN  |      | frame or table  |nG|AF| SH | AP |      |T |V |
 *   +---------+-----+------+-----------------+--+--+----+----+------+--+--+
 *
 * Source: drivers/iommu/io-pgtable-arm.c ARM_LPAE_PTE_* v4.18
 */
export const DESCRIPTOR = {
  VALID: 1n,
  /** With VALID: a table, or at the last level a page. Without: a block. */
  TABLE: 2n,
  /** Stage 1: the unprivileged may use it; nobody may write. */
  AP_UNPRIV: 1n << 6n,
  AP_RDONLY: 1n << 7n,
  /** Stage 2: the device may read, may write. */
  HAP_READ: 1n << 6n,
  HAP_WRITE: 1n << 7n,
  SH_IS: 3n << 8n,
  AF: 1n << 10n,
  NG: 1n << 11n,
  XN: 3n << 53n,
} as const;

/**
 * What the hardware would read for an entry of ours. Memory is always shared between caches, never
 * executable.
 *
 * @param level  of the table it lies in; 0 holds pages
 * Leaves out: memory attributes (which row of MAIR), the quirks.
 */
export function descriptorOf(entry: number, level: number, stage: 1 | 2): bigint {
  const flags = flagsOf(entry);
  if (entry === 0) return 0n;
  const address = BigInt(numberOf(entry)) * BigInt(PAGE);
  if (flags & ENTRY.TABLE) return address | DESCRIPTOR.TABLE | DESCRIPTOR.VALID;
  const kind = level === 0 ? DESCRIPTOR.TABLE | DESCRIPTOR.VALID : DESCRIPTOR.VALID;
  const common = address | kind | DESCRIPTOR.AF | DESCRIPTOR.SH_IS | DESCRIPTOR.XN;
  if (stage === 2) {
    const read = flags & ENTRY.READ ? DESCRIPTOR.HAP_READ : 0n;
    return common | read | (flags & ENTRY.WRITE ? DESCRIPTOR.HAP_WRITE : 0n);
  }
  const rights = DESCRIPTOR.AP_UNPRIV | (flags & ENTRY.WRITE ? 0n : DESCRIPTOR.AP_RDONLY);
  return common | rights | DESCRIPTOR.NG;
}

/** The shape of a table for addresses of so many bits (PGTABLE-001, PGTABLE-002). */
export interface Shape {
  readonly levels: number;
  /** As Linux counts: level 3 holds pages. */
  readonly startLevel: number;
  readonly bitsPerLevel: number;
  readonly entriesPerTable: number;
  readonly rootBytes: number;
  /** The lowest bit of the index, from the root down. */
  readonly indexShifts: readonly number[];
  readonly offsetBits: number;
}

const LINUX_LEVELS = 4;
const ENTRY_BYTES = 8;

function log2(power: number): number {
  let bits = 0;
  for (let rest = power; rest > 1; rest /= 2) bits += 1;
  return bits;
}

const OFFSET_BITS = log2(PAGE);
const LEVEL_BITS = log2(ENTRIES);

/** Levels that a table for so many bits needs. */
export function levelsFor(inputBits: number): number {
  return Math.floor((inputBits - OFFSET_BITS + LEVEL_BITS - 1) / LEVEL_BITS);
}

/** Source: drivers/iommu/io-pgtable-arm.c arm_lpae_alloc_pgtable v4.18, 4K granule */
export function shapeOf(inputBits: number): Shape {
  const levels = levelsFor(inputBits);
  const rootBits = inputBits - OFFSET_BITS - (levels - 1) * LEVEL_BITS;
  return {
    levels,
    startLevel: LINUX_LEVELS - levels,
    bitsPerLevel: LEVEL_BITS,
    entriesPerTable: ENTRIES,
    rootBytes: (1 << rootBits) * ENTRY_BYTES,
    indexShifts: Array.from({ length: levels }, (_, at) => log2(spanOf(levels - 1 - at))),
    offsetBits: OFFSET_BITS,
  };
}
