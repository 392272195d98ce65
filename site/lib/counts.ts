/** What a run cost from one step to another, counted from its events. */
import { KIND_NAMES, type Run, type Step } from "../../engine/index.ts";

export interface Counts {
  /** System calls that began from the first step to the last, both included. */
  readonly syscalls: number;
  /** Bytes that the kernel's CPU copied between the process and itself in that time. */
  readonly copied: number;
  /** Pages that were pinned when the last step was over, whenever that was done. */
  readonly pinned: number;
}

export function countsOf(run: Run, from: Step, to: Step): Counts {
  const counts = { syscalls: 0, copied: 0, pinned: 0 };
  const { events, machine } = run;
  for (let at = 0; at < events.count; at += 1) {
    const step = events.step[at] as number;
    if (step > to.after) break;
    const kind = KIND_NAMES[events.kind[at] as number];
    const argument = (place: number) => events.args[4 * at + place] as number;
    if (kind === "mm.pin") counts.pinned += argument(2);
    if (kind === "mm.unpin") counts.pinned -= argument(1);
    if (step <= from.before) continue;
    if (kind === "call.enter" && machine.calls[argument(0)]?.kind === "syscall")
      counts.syscalls += 1;
    if (kind === "cpu.copy") counts.copied += argument(1);
  }
  return counts;
}
