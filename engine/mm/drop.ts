import { OK, ok, PAGE, type Result, record, refuse, roundUp } from "../core/index.ts";
import { zapRange } from "./area.ts";
import type { MmPart } from "./part.ts";
import { type Range, VM } from "./vma.ts";

/**
 * madvise(MADV_DONTNEED): drops the pages of a range; the next touch brings fresh ones. Refuses:
 * EINVAL for an address that is no page; EINVAL for locked areas and registers; ENOMEM where
 * part of the range is no area (the rest is dropped all the same).
 *
 * Source: mm/madvise.c madvise_dontneed_free v4.18
 */
export function dontNeed(machine: MmPart, mm: number, start: number, length: number): Result<void> {
  if (start % PAGE !== 0) return refuse("EINVAL", "address is not on a page");
  const end = start + roundUp(length);
  let at = start;
  let isWhole = true;
  for (;;) {
    const next = nextToDrop(machine, mm, { start: at, end });
    if (!next.ok) return next;
    const { start: from, end: to } = next.value;
    if (from > at) isWhole = false;
    if (from === end) return isWhole ? OK : refuse("ENOMEM", "part of the range is no area");
    zapRange(machine, mm, from, to);
    at = to;
  }
}

/**
 * What of a range the next area has; [end, end) where none is left.
 *
 * Refuses: EINVAL for a locked area and for registers.
 */
export function nextToDrop(machine: MmPart, mm: number, { start, end }: Range): Result<Range> {
  const { vmas } = record(machine.mms, mm);
  const vma = vmas.find((one) => Math.max(one.start, start) < Math.min(one.end, end));
  if (!vma) return ok({ start: end, end });
  if (vma.flags & (VM.LOCKED | VM.IO)) return refuse("EINVAL", "locked or device memory");
  return ok({ start: Math.max(start, vma.start), end: Math.min(end, vma.end) });
}
