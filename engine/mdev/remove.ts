import {
  type Check,
  cost,
  firstRefusal,
  OK,
  ok,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import {
  answer,
  done,
  numberIn,
  type Reply,
  type Routine,
  removeNode,
  sleepDeaf,
  to,
  type WriteRequest,
  wake,
} from "../task/index.ts";
import { beginLeaving, delGroupDev, isDeviceBusy } from "../vfio/index.ts";
import { dropNames, forgetMdev, hasVeto, removeFile } from "./links.ts";
import type { ParentOps } from "./ops.ts";
import { addAttribute } from "./parent.ts";
import type { MdevPart, Parent } from "./part.ts";
import { goOnLeaving } from "./unregister.ts";

// biome-ignore format: one check a line
export const REMOVE_CHECKS: readonly Check<Parent>[] = [
  { errno: "ENODEV", source: "MDEV-034", why: "the parent is going", kernels: ["v5.7", "v6.1"], refuses: ({ isLeaving }) => isLeaving },
];

/** Where the numbers of 64 bits end. */
const WORD_END = 1n << 64n;

/**
 * A number is written to `remove`; 0 does nothing. The file goes at once, whatever comes of it, so that
 * who has it open too is told ENODEV. Then the driver is asked, and then the writer waits until no
 * program has the device or its group any more (MDEV-024). Since v5.3 the driver is told last, and has
 * no say (MDEV-035).
 *
 * Refuses: EINVAL for what is no number (MDEV-019), or none of 64 bits; REMOVE_CHECKS in order; EBUSY for
 * whatever the driver refuses, and a file of that name is there again, a new one (MDEV-021).
 * Source: drivers/vfio/mdev/mdev_sysfs.c remove_store v4.18 and v6.1
 */
export function storeRemove<M extends MdevPart>(
  machine: M,
  ops: ParentOps<M>,
  mdev: number,
  { text, call }: WriteRequest,
): Reply {
  const value = numberIn(text) ?? WORD_END;
  if (value >= WORD_END) return refuse("EINVAL", "not a number");
  if (value === 0n) return ok(text.length);
  const begun = beginRemoval(machine, ops, mdev);
  if (!begun.ok) return begun;
  return { enter: { routine: "mdevRemove", pc: "join", call, numbers: [mdev, text.length] } };
}

function beginRemoval<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): Result<void> {
  const parent = record(machine.parents, record(machine.mdevs, id).parent);
  const file = removeFile(machine, id);
  setActive(machine, id, false);
  removeNode(machine, file);
  const refusal = firstRefusal(REMOVE_CHECKS, machine.kernel, parent);
  if (refusal) return refusal;
  const removed = hasVeto(machine) ? ops.mdev[parent.driver]?.remove(machine, ops, id) : undefined;
  if (removed?.ok === false && removed.errno !== "BUG") {
    setActive(machine, id, true);
    addAttribute(machine, file, { kind: "remove", mdev: id });
    return Object.freeze({ ...refuse("EBUSY", "its driver did not let it go"), from: removed });
  }
  dropNames(machine, id);
  return removed ?? OK;
}

function setActive(machine: MdevPart, id: number, isActive: boolean): void {
  machine.mdevs[id] = { ...record(machine.mdevs, id), isActive };
}

/**
 * The rest of a removal, after its driver agreed.
 *
 *   join --> test --> gone        whoever lets go last wakes the writer (MDEV_DEVICE.idle)
 *            ^  |
 *            +--+ asleep
 *
 * A signal does not end the wait: Linux only warns that the task is blocked, and waits on where no
 * signal wakes it.
 *
 * Leaves out: the request to the program to let go (vfio_device_request), which mdev has not.
 * Source: drivers/vfio/vfio.c vfio_del_group_dev v4.18
 */
export const MDEV_REMOVE: Routine<MdevPart, "join" | "test" | "gone"> = {
  join: (machine, _ops, { pid, frame }) => {
    const [id = 0] = frame.numbers;
    setRemover(machine, id, pid);
    beginLeaving(machine, record(machine.mdevs, id).device);
    return to("test");
  },
  test: (machine, _ops, { frame }) => {
    const { device } = record(machine.mdevs, frame.numbers[0] as number);
    return isDeviceBusy(machine, device) ? sleepDeaf("test") : to("gone");
  },
  gone: (machine, ops: ParentOps<MdevPart>, { frame }) => {
    const [id = 0, taken = 0] = frame.numbers;
    const { device, parent } = record(machine.mdevs, id);
    const { driver } = record(machine.parents, parent);
    if (!hasVeto(machine)) ops.mdev[driver]?.remove(machine, ops, id);
    delGroupDev(machine, ops, device);
    forgetMdev(machine, id);
    goOnLeaving(machine, ops, parent);
    return done(answer(ok(taken)));
  },
};

function setRemover(machine: MdevPart, id: number, remover: number): void {
  machine.mdevs[id] = { ...record(machine.mdevs, id), remover };
}

/** The last program let go of a mediated device: whoever removes it goes on. */
export function wakeRemover(machine: MdevPart, id: number): void {
  const { remover } = record(machine.mdevs, id);
  if (remover >= 0) wake(machine, remover, cost("wake"));
}
