import { emit, Pfn, Vaddr } from "../core/index.ts";
import { putFrame } from "./frame.ts";
import type { MmPart } from "./part.ts";

/** Frames side by side. */
export interface FrameRun {
  readonly pfn: Pfn;
  readonly pages: number;
}

/**
 * What a call has taken out of a table and not let go yet. A value; a task has one at a time.
 *
 *   entries cleared  --->  IOTLBs told  --->  frames let go
 *               isStale                 held
 */
export interface Leaving {
  readonly pid: number;
  /** Whose table: an address space's, or a domain's of an IOMMU; -1 for the other. */
  readonly mm: number;
  readonly domain: number;
  readonly start: number;
  readonly end: number;
  /** The table has forgotten the range, and an IOTLB may not have. */
  readonly isStale: boolean;
  readonly runs: readonly FrameRun[];
  /** Open files, and shared memory, of areas that go with their pages. */
  readonly files: readonly number[];
  readonly shared: readonly number[];
  /** A lock is held that other tasks may want: they wait (iommu->lock). */
  readonly isLocked: boolean;
  /** Pages let go whose charge is not given back yet, and the task that they are charged to. */
  readonly counted: number;
  readonly payer: number;
}

const NOTHING = {
  mm: -1,
  domain: -1,
  start: 0,
  end: 0,
  isStale: false,
  runs: [],
  files: [],
  shared: [],
  isLocked: false,
  counted: 0,
  payer: -1,
} as const;

/** Changes what a task is letting go; it begins with nothing. */
export function setLeaving(machine: MmPart, pid: number, change: Partial<Leaving>): void {
  const at = machine.leaving.findIndex((one) => one.pid === pid);
  const next = { ...(machine.leaving[at] ?? { ...NOTHING, pid }), ...change };
  if (at < 0) machine.leaving.push(next);
  else machine.leaving[at] = next;
}

/** What a task is letting go. */
export function leavingOf(machine: MmPart, pid: number): Leaving {
  return machine.leaving.find((one) => one.pid === pid) ?? { ...NOTHING, pid };
}

/** Nothing of that task's call is on its way out any more: its locks are free. */
export function endLeaving(machine: MmPart, pid: number): void {
  const at = machine.leaving.findIndex((one) => one.pid === pid);
  if (at >= 0) machine.leaving.splice(at, 1);
}

/** Must a task wait, because another holds a lock over several steps? */
export function isLockedOut(machine: MmPart, pid: number): boolean {
  return machine.leaving.some((one) => one.isLocked && one.pid !== pid);
}

/** Frames of process pages that were taken out at `start` go. */
export function letGo(machine: MmPart, start: number, runs: readonly FrameRun[]): void {
  let pages = 0;
  for (const run of runs) {
    for (let page = 0; page < run.pages; page += 1) putFrame(machine, Pfn(run.pfn + page));
    pages += run.pages;
  }
  if (pages > 0) emit(machine, "mm.zap", Vaddr(start), pages);
}
