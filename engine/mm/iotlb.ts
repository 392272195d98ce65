import { spanOf } from "./table.ts";

/**
 * What the IOMMUs remember of their walks, in columns; each IOMMU owns a run of rows. The columns
 * lie here, beside the tables, because an IOMMU may remember entries of a process: whoever changes
 * such an entry makes it forget (notifier.ts).
 *
 *   asid | page   | level | entry           | stamp
 *      1 | 0x7f000|     0 | frame and flags |    17     least recently used goes first
 *     -1 |                                              free
 */
export interface Iotlb {
  /** The address space of the entry; -1 for a free row. */
  asid: Int32Array;
  /** Where the page or block starts, in bytes. */
  start: Float64Array;
  level: Uint8Array;
  /** The entry as the walk found it. */
  entry: Float64Array;
  /** When it was last used. */
  stamp: Float64Array;
  /** Counts uses, over all IOMMUs. */
  uses: number;
}

/** The columns of all IOTLBs, without rows: `reserveRows` gives each IOMMU its own. */
export function iotlb(): Iotlb {
  return {
    asid: new Int32Array(0),
    start: new Float64Array(0),
    level: new Uint8Array(0),
    entry: new Float64Array(0),
    stamp: new Float64Array(0),
    uses: 0,
  };
}

/** Adds free rows, before the run begins. @returns the first of them */
export function reserveRows(iotlb: Iotlb, rows: number): number {
  const first = iotlb.asid.length;
  const count = first + rows;
  const longer = {
    asid: new Int32Array(count).fill(-1),
    start: new Float64Array(count),
    level: new Uint8Array(count),
    entry: new Float64Array(count),
    stamp: new Float64Array(count),
  };
  for (const name of ["asid", "start", "level", "entry", "stamp"] as const) {
    longer[name].set(iotlb[name]);
  }
  Object.assign(iotlb, longer);
  return first;
}

/** The rows of one IOMMU. */
export interface Rows {
  readonly firstRow: number;
  readonly rows: number;
}

/** The row that knows an address of an address space; -1 for none. It counts as used. */
export function lookUp(iotlb: Iotlb, owner: Rows, asid: number, iova: number): number {
  const row = recall(iotlb, owner, asid, iova);
  if (row >= 0) touch(iotlb, row);
  return row;
}

/** As `lookUp`, for those who only look: it does not count as used. */
export function recall(iotlb: Iotlb, owner: Rows, asid: number, iova: number): number {
  for (let row = owner.firstRow; row < owner.firstRow + owner.rows; row += 1) {
    if (iotlb.asid[row] !== asid) continue;
    const start = iotlb.start[row] as number;
    if (iova >= start && iova < start + spanOf(iotlb.level[row] as number)) return row;
  }
  return -1;
}

function touch(iotlb: Iotlb, row: number): void {
  iotlb.uses += 1;
  iotlb.stamp[row] = iotlb.uses;
}

/** What a walk found, to be remembered. */
export interface Walked {
  readonly asid: number;
  readonly iova: number;
  readonly level: number;
  readonly entry: number;
}

/** Remembers a walk in place of the one least recently used: a free row is older than any. */
export function remember(iotlb: Iotlb, owner: Rows, walked: Walked): void {
  if (owner.rows === 0) return;
  let victim = owner.firstRow;
  for (let row = owner.firstRow; row < owner.firstRow + owner.rows; row += 1) {
    if ((iotlb.stamp[row] as number) < (iotlb.stamp[victim] as number)) victim = row;
  }
  iotlb.asid[victim] = walked.asid;
  iotlb.start[victim] = walked.iova - (walked.iova % spanOf(walked.level));
  iotlb.level[victim] = walked.level;
  iotlb.entry[victim] = walked.entry;
  touch(iotlb, victim);
}

/**
 * Forgets what was known of a range of one address space. A block goes whole when any address
 * of it is named.
 */
export function forget(
  iotlb: Iotlb,
  owner: Rows,
  asid: number,
  range: { readonly start: number; readonly end: number },
): void {
  for (let row = owner.firstRow; row < owner.firstRow + owner.rows; row += 1) {
    if (iotlb.asid[row] !== asid) continue;
    const start = iotlb.start[row] as number;
    const end = start + spanOf(iotlb.level[row] as number);
    if (start < range.end && range.start < end) free(iotlb, row);
  }
}

/** A free row holds nothing, so that two machines that know the same are the same. */
function free(iotlb: Iotlb, row: number): void {
  iotlb.asid[row] = -1;
  iotlb.start[row] = 0;
  iotlb.level[row] = 0;
  iotlb.entry[row] = 0;
  iotlb.stamp[row] = 0;
}

/** One row as a record, for whoever looks: an entry of the table as it was when it was walked. */
export interface Known {
  readonly asid: number;
  readonly start: number;
  /** In bytes. */
  readonly size: number;
  readonly entry: number;
}

/** What one IOMMU remembers at present, in the order of its rows. */
export function known(iotlb: Iotlb, owner: Rows): Known[] {
  const found: Known[] = [];
  for (let row = owner.firstRow; row < owner.firstRow + owner.rows; row += 1) {
    const asid = iotlb.asid[row] as number;
    if (asid === -1) continue;
    const size = spanOf(iotlb.level[row] as number);
    found.push({
      asid,
      start: iotlb.start[row] as number,
      size,
      entry: iotlb.entry[row] as number,
    });
  }
  return found;
}
