import {
  ACTION,
  ms,
  ok,
  plan,
  record,
  refuse,
  type Span,
  type Value,
  word,
} from "../core/index.ts";
import { type DeviceKind, joinWait, leaveWait } from "../hw/index.ts";
import { answer, done, type Reply, type Routine, sleep, to } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { startingDriver } from "./queue-driver.ts";

/** A tick of the kernel (CONFIG_HZ 250). Source: arch/arm64/configs/defconfig v4.18, recalled */
export const JIFFY = ms(4);

/** Ticks or milliseconds: more than a run lasts. */
const TIMEOUT_MAX = 1_000_000;

/**
 * The argument of a WAIT.
 *
 * Leaves out: more than TIMEOUT_MAX, which is taken for that.
 */
export function timeoutOf(arg: Value): number {
  return typeof arg === "number" || typeof arg === "bigint" ? Math.min(word(arg), TIMEOUT_MAX) : 0;
}

/** Sleeps until a queue has moved, and no longer than `span`; 0 is for ever. */
export function waitFor(
  machine: FrameworkPart,
  queue: number,
  { span, call }: { readonly span: number; readonly call: number },
): Reply {
  const until = span > 0 ? machine.agenda.now + span : -1;
  return { enter: { routine: "sdmdevWait", pc: "join", call, numbers: [queue, until] } };
}

/** What of a wait is left, in ticks, rounded up. */
function ticksLeft(machine: FrameworkPart, until: number): number {
  const left = (until - machine.agenda.now) as Span;
  return left > 0 ? Math.floor((left + JIFFY - 1) / JIFFY) : 0;
}

/**
 * The rest of VFIO_SDMDEV_CMD_WAIT, and of spimdev's: join the queue's waiters, look, sleep, look again.
 *
 *   join --> test --> leave       the device's interrupt wakes, or the timer, or a signal ends it
 *            ^  |
 *            +--+ asleep
 *
 * Numbers: the queue, until when (-1 for ever).
 * Source: wait_event_interruptible_timeout, include/linux/wait.h v4.18
 */
export const SDMDEV_WAIT: Routine<FrameworkPart, "join" | "test" | "leave"> = {
  join: (machine, _ops, { pid, frame }) => {
    const [queue = 0, until = -1] = frame.numbers;
    joinWait(machine, queue, pid);
    const { actor } = record(machine.tasks, pid);
    const span = (until - machine.agenda.now) as Span;
    if (until >= 0) plan(machine.agenda, span, ACTION.timer, actor, pid, frame.call);
    return to("test");
  },
  test: (machine, _ops, { pid, frame }) => {
    const [queue = 0, until = -1] = frame.numbers;
    const updated = startingDriver(kindOf(machine, queue))?.isUpdated(machine, queue, pid);
    if (!updated) return done(answer(refuse("ENODEV", "the driver cannot notify")));
    if (!updated.ok) return done(answer(updated));
    if (updated.value) {
      const left = until < 0 ? 0 : Math.max(1, ticksLeft(machine, until));
      return to("leave", undefined, [queue, left]);
    }
    if (until >= 0 && machine.agenda.now >= until) return to("leave", undefined, [queue, 0]);
    return sleep("test");
  },
  leave: (machine, _ops, { pid, frame }) => {
    const [queue = 0, left = 0] = frame.numbers;
    leaveWait(machine, queue, pid);
    return done(answer(ok(left)));
  },
};

function kindOf(machine: FrameworkPart, queue: number): DeviceKind {
  return record(machine.devices, machine.queues.device[queue] as number).kind;
}
