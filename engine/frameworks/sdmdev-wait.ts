import { ACTION, ok, plan, record, type Span } from "../core/index.ts";
import { joinWait, leaveWait } from "../hw/index.ts";
import { answer, done, type Routine, sleep, to } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { isUpdated, ticksLeft } from "./sdmdev.ts";

/**
 * The rest of VFIO_SDMDEV_CMD_WAIT: join the queue's waiters, look, sleep, look again.
 *
 *   join --> test --> leave       the device's interrupt wakes, or the timer, or a signal ends it
 *            ^  |
 *            +--+ asleep
 *
 * Numbers: the queue, until when (-1 for ever), the mediated device.
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
  test: (machine, _ops, { frame }) => {
    const [queue = 0, until = -1, mdev = 0] = frame.numbers;
    if (isUpdated(machine, mdev, queue)) {
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
