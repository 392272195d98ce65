import { ns, ok, type Result, record, refuse } from "../core/index.ts";
import {
  beginRange,
  clearRange,
  endLeaving,
  endRange,
  type Leaving,
  leavingOf,
  letGo,
  nextToDrop,
  setLeaving,
  useShared,
} from "../mm/index.ts";
import type { TaskPart } from "./part.ts";
import { dropFiles } from "./process.ts";
import { answer, done, type Frame, type Next, type Routine, to } from "./routine.ts";

const NOW = ns(0);
const HOLE = refuse("ENOMEM", "part of the range is no area");
const ZAP_NAME = "zap";

/** What munmap does when the areas are gone: their pages go. */
export function zapFrame(
  machine: TaskPart,
  { call, ...gone }: Partial<Leaving> & { readonly pid: number; readonly call: number },
): Frame {
  const { pid, mm = -1 } = gone;
  setLeaving(machine, pid, gone);
  beginRange(machine, mm);
  return { routine: ZAP_NAME, pc: "clear", call, numbers: [] };
}

/** What MADV_DONTNEED does: area after area of [start, end), the pages go. */
export function dropFrame(start: number, end: number, call: number): Frame {
  return { routine: ZAP_NAME, pc: "next", call, numbers: [start, end, 0] };
}

/**
 * Pages of a process go: entries first, then what IOTLBs remember of them, and only then the frames.
 * The process itself sees nothing of it, its devices may.
 *
 *   next --> clear --> flush --> free        munmap has one range, and begins with `clear`
 *    ^                            |
 *    +---- the next area ---------+
 *
 * @returns 0; refuses for MADV_DONTNEED, area by area: EINVAL for a locked one and for registers;
 * at the end ENOMEM where part of the range is no area
 * Source: mm/memory.c zap_page_range, mm/mmap.c unmap_region, mm/madvise.c madvise_vma v4.18
 */
export const ZAP: Routine<TaskPart, "next" | "clear" | "flush" | "free"> = {
  next: (machine, _ops, { pid, frame }) => {
    const [start = 0, end = 0, holes = 0] = frame.numbers;
    const { mm } = record(machine.tasks, pid);
    const area = nextToDrop(machine, mm, { start, end });
    if (!area.ok) return over(area);
    const missing = holes + (area.value.start > start ? 1 : 0);
    if (area.value.start === end) return over(missing > 0 ? HOLE : ok(0));
    setLeaving(machine, pid, { ...area.value, mm });
    beginRange(machine, mm);
    return to("clear", NOW, [area.value.end, end, missing]);
  },
  clear: (machine, _ops, { pid }) => {
    const { mm, start, end } = leavingOf(machine, pid);
    const runs = clearRange(machine, mm, start, end);
    setLeaving(machine, pid, { runs, isStale: runs.length > 0 });
    return to("flush");
  },
  flush: (machine, _ops, { pid }) => {
    const { mm, start, end, isStale } = leavingOf(machine, pid);
    endRange(machine, mm, { start, end, isTouched: isStale });
    setLeaving(machine, pid, { isStale: false });
    return to("free");
  },
  free: (machine, ops, { pid, frame }) => {
    const { start, runs, shared, files } = leavingOf(machine, pid);
    endLeaving(machine, pid);
    letGo(machine, start, runs);
    for (const memory of shared) useShared(machine, memory, -1);
    dropFiles(machine, ops, files);
    return frame.numbers.length === 0 ? over(ok(0)) : to("next");
  },
};

function over(result: Result<unknown>): Next {
  return done(answer(result.ok ? ok(0) : result));
}
