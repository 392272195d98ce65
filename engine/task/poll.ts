import { ACTION, ms, plan, record, refuse, type Value, word32 } from "../core/index.ts";
import { fileOf, mostFiles } from "./file.ts";
import type { Ops } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { answer, done, type Routine, sleep, to } from "./routine.ts";

/** Bits of `events` and `revents`. Source: include/uapi/asm-generic/poll.h */
export const POLL = {
  POLLIN: 1,
  POLLOUT: 4,
  POLLERR: 8,
  POLLNVAL: 32,
  POLLRDNORM: 64,
  POLLWRNORM: 256,
} as const;

/** What a file without a poll of its own always is (DEFAULT_POLLMASK). */
const ALWAYS = POLL.POLLIN | POLL.POLLOUT | POLL.POLLRDNORM | POLL.POLLWRNORM;

/** More than this many descriptors in one call are refused: a limit of the model. */
export const POLL_MAX = 64;

interface Polled {
  readonly fd: number;
  readonly events: number;
}

function field(value: Value | undefined, name: string): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  return Number((value as { readonly [name: string]: Value })[name] ?? 0);
}

/** The descriptors of the call, as many as it says there are. */
function polled(args: readonly Value[]): Polled[] {
  const [list, count = 0] = args;
  if (!Array.isArray(list)) return [];
  return list.slice(0, Math.min(Number(count), POLL_MAX)).map((one: Value) => ({
    fd: field(one, "fd"),
    events: field(one, "events"),
  }));
}

/** What is to be said of each descriptor now; `pid` joins their wait queues where it will sleep. */
function look<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number, all: Polled[]): number[] {
  return all.map(({ fd, events }) => {
    if (fd < 0) return 0;
    const id = fileOf(machine, pid, fd);
    if (!id.ok) return POLL.POLLNVAL;
    const { driver, object } = record(machine.files, id.value);
    const ask = ops.file[driver];
    const mask = ask?.poll ? ask.poll(machine, ops, { object, pid }) : ALWAYS;
    return mask & (events | POLL.POLLERR);
  });
}

function leave<M extends TaskPart>(machine: M, ops: Ops<M>, pid: number, all: Polled[]): void {
  for (const { fd } of all) {
    const id = fd < 0 ? undefined : fileOf(machine, pid, fd);
    if (!id?.ok) continue;
    const { driver, object } = record(machine.files, id.value);
    ops.file[driver]?.pollEnd?.(machine, ops, { object, pid });
  }
}

/**
 * poll([{fd, events}, ...], count, timeout): sleeps until a descriptor is ready.
 *
 *   start --> look --> (ready, or the time is up) --> out
 *              ^  |
 *              +--+ sleep      a driver wakes who joined its wait queue; so does the timer
 *
 * @returns how many are ready; `revents` of each is written back. 0: the time was up
 * Refuses: EINVAL for more descriptors than the process may have (RLIMIT_NOFILE).
 * Leaves out: more than POLL_MAX descriptors; a signal, which ends the task here; POLLERR of a file of
 * sysfs that was not read yet; a terminal where nobody types.
 * Source: fs/select.c do_sys_poll v4.18
 */
export const POLL_CALL: Routine<TaskPart, "start" | "look"> = {
  start: (machine, _ops, { pid, frame }) => {
    const { args } = record(machine.calls, frame.call);
    const most = mostFiles(record(machine.tasks, pid));
    if (word32(args[1] as number) > most)
      return done(answer(refuse("EINVAL", "more than may be open")));
    const timeout = Number(args[2] ?? 0);
    if (timeout < 0) return to("look", ms(0), [-1]);
    const until = machine.agenda.now + ms(timeout);
    if (timeout > 0) {
      const { actor } = record(machine.tasks, pid);
      plan(machine.agenda, ms(timeout), ACTION.timer, actor, pid, frame.call);
    }
    return to("look", ms(0), [until]);
  },
  look: (machine, ops, { pid, frame }) => {
    const all = polled(record(machine.calls, frame.call).args);
    const found = look(machine, ops, pid, all);
    const ready = found.filter((mask) => mask !== 0).length;
    const [until = -1] = frame.numbers;
    const isOver = until >= 0 && machine.agenda.now >= until;
    if (ready === 0 && !isOver) return sleep("look");
    leave(machine, ops, pid, all);
    const revents: Value = found.length === 1 ? (found[0] ?? 0) : found;
    return done(ready > 0 ? { value: ready, written: { revents } } : { value: 0 });
  },
};
