/**
 * What if: one thing is otherwise from one step on, and the story goes on as it is written. Up to
 * that step both futures are one past; where they part is what a reader wants to be told.
 */

import { absentIn, DEFECTS, FAIL_KINDS, type Failure, record } from "./core/index.ts";
import type { Machine } from "./machine.ts";
import { reserveRows } from "./mm/index.ts";
import type { Step } from "./trace/index.ts";

/** One thing that is otherwise. */
export type Change =
  /** A known defect is not there. */
  | { readonly kind: "mended"; readonly defect: string }
  /** The nth from then on fails. */
  | { readonly kind: "fail"; readonly failure: Failure }
  /** The IOMMUs remember so many walks; what they knew is forgotten. */
  | { readonly kind: "iotlb"; readonly entries: number };

/** A change, and after how many machine steps it is made. */
export interface ChangeAt {
  readonly change: Change;
  readonly after: number;
}

/** More entries than this are none that a device has. */
const IOTLB_MAX = 4096;
const NTH_MAX = 9999;

export const CHANGE_WORDS = "mended DNN, fail allocate|pin|map|invalidate N, or iotlb=N";

/** Reads "mended D13", "fail pin 2", "iotlb=0". @returns nothing where it is none of them */
export function readChange(words: string): Change | undefined {
  const [, defect] = /^mended (D[1-9]\d?)$/.exec(words) ?? [];
  if (defect !== undefined) return defect in DEFECTS ? { kind: "mended", defect } : undefined;
  const [, kind, nth] = /^fail (\w+) ([1-9]\d{0,4})$/.exec(words) ?? [];
  const known = FAIL_KINDS.find((name) => name === kind);
  if (known && Number(nth) <= NTH_MAX) {
    return { kind: "fail", failure: { kind: known, nth: Number(nth) } };
  }
  const [, entries] = /^iotlb=(0|[1-9]\d{0,4})$/.exec(words) ?? [];
  if (entries === undefined || Number(entries) > IOTLB_MAX) return undefined;
  return { kind: "iotlb", entries: Number(entries) };
}

/** As `readChange` reads it. */
export function changeWords(change: Change): string {
  if (change.kind === "mended") return `mended ${change.defect}`;
  if (change.kind === "iotlb") return `iotlb=${change.entries}`;
  return `fail ${change.failure.kind} ${change.failure.nth}`;
}

/** Why a change changes nothing of this machine, or nothing where it may. */
export function idle(machine: Machine, framework: string, change: Change): string | undefined {
  if (change.kind === "iotlb") return machine.iommus.length > 0 ? undefined : "there is no IOMMU";
  if (change.kind === "fail") return undefined;
  const isAbsent = (absentIn(framework) as readonly string[]).includes(change.defect);
  if (isAbsent) return `${framework} does not have ${change.defect}`;
  return machine.mended.includes(change.defect) ? `${change.defect} is mended already` : undefined;
}

/** The machine with one thing otherwise: it takes the place of the one that was given. */
export function changed(machine: Machine, change: Change): Machine {
  switch (change.kind) {
    case "mended":
      return { ...machine, mended: [...machine.mended, change.defect] };
    case "fail": {
      const { kind, nth } = change.failure;
      const asked = machine.asked[FAIL_KINDS.indexOf(kind)] as number;
      return { ...machine, fails: [...machine.fails, { kind, nth: asked + nth }] };
    }
    case "iotlb": {
      const { entries: rows } = change;
      for (const [at, iommu] of machine.iommus.entries()) {
        clear(machine, iommu);
        machine.iommus[at] = { ...iommu, firstRow: reserveRows(machine.iotlb, rows), rows };
      }
      return machine;
    }
  }
}

function clear(machine: Machine, { firstRow, rows }: Machine["iommus"][number]): void {
  const { asid, start, level, entry, stamp } = machine.iotlb;
  for (const column of [start, level, entry, stamp]) column.fill(0, firstRow, firstRow + rows);
  asid.fill(-1, firstRow, firstRow + rows);
}

/** Where two runs of one story part. */
export interface Parting {
  /** The story step, as each has it; absent where that run was over before. */
  readonly one: Step | undefined;
  readonly other: Step | undefined;
  /** The first step inside it that differs, as deep as they go; absent where none does. */
  readonly inner?: { readonly one: Step | undefined; readonly other: Step | undefined };
}

/** The first step that two runs of one story do not have in common. @returns nothing where none is */
export function parting(one: readonly Step[], other: readonly Step[]): Parting | undefined {
  const at = firstUnlike(one, other);
  if (at < 0) return undefined;
  const [left, right] = [one[at], other[at]];
  const inner = innermost(left?.children ?? [], right?.children ?? []);
  return { one: left, other: right, ...(inner ? { inner } : {}) };
}

function innermost(one: readonly Step[], other: readonly Step[]): Parting["inner"] {
  const at = firstUnlike(one, other);
  if (at < 0) return undefined;
  const [left, right] = [one[at], other[at]];
  return innermost(left?.children ?? [], right?.children ?? []) ?? { one: left, other: right };
}

function firstUnlike(one: readonly Step[], other: readonly Step[]): number {
  const most = Math.max(one.length, other.length);
  for (let at = 0; at < most; at += 1) if (!isAlike(one[at], other[at])) return at;
  return -1;
}

function isAlike(one: Step | undefined, other: Step | undefined): boolean {
  if (!one || !other || one.text !== other.text) return false;
  return firstUnlike(one.children, other.children) < 0;
}

/** The step of the other run that stands where `step` does in the first: by label, else by number. */
export function counterpart(steps: readonly Step[], step: Step): Step {
  const found =
    steps.find(({ label }) => label !== undefined && label === step.label) ??
    steps.find(({ number }) => number === step.number.split(".")[0]);
  return found ?? record(steps as Step[], steps.length - 1);
}
