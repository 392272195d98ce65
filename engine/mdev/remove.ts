import {
  bug,
  type Check,
  cost,
  emit,
  firstRefusal,
  ok,
  type Result,
  record,
  refuse,
} from "../core/index.ts";
import {
  addNode,
  answer,
  DRIVER,
  done,
  findNode,
  type Reply,
  type Routine,
  removeNode,
  sleepDeaf,
  to,
  type WriteRequest,
  wake,
} from "../task/index.ts";
import { beginLeaving, delGroupDev, isDeviceBusy } from "../vfio/index.ts";
import { linksOf } from "./links.ts";
import type { ParentOps } from "./ops.ts";
import type { Mdev, MdevPart } from "./part.ts";

const REMOVE = "drivers/vfio/mdev/mdev_core.c mdev_device_remove v4.18";

interface RemoveInput extends Mdev {
  readonly isParentLeaving: boolean;
}

// biome-ignore format: one check a line
export const REMOVE_CHECKS: readonly Check<RemoveInput>[] = [
  { errno: "ENODEV", source: "MDEV-023", why: "the mediated device is gone", refuses: ({ isGone }) => isGone },
  { errno: "EAGAIN", source: REMOVE, why: "it is being created or removed", refuses: ({ isActive }) => !isActive },
  { errno: "ENODEV", source: "MDEV-034", why: "the parent is going", kernels: ["v6.1"], refuses: ({ isParentLeaving }) => isParentLeaving },
];

/** May a driver say no to the removal of its device? Not in v6.1: it is told when nobody has it. */
export function hasVeto({ kernel }: MdevPart): boolean {
  return kernel !== "v6.1";
}

/** What kstrtoul takes, with any base: decimal, 0x, 0 for octal, and at most one newline. */
const NUMBER = /^\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)\n?$/i;

/** Where the numbers of 64 bits end. */
const WORD_END = 1n << 64n;

/** The same number as this language writes it. */
function plain(text: string): string {
  return text
    .trim()
    .replace("+", "")
    .replace(/^0(?=\d)/, "0o");
}

/**
 * A number is written to `remove`; 0 does nothing. The file goes at once, so that a second writer
 * finds none. Then the driver is asked, and then the writer waits until no program has the device
 * or its group any more (MDEV-024). In v6.1 the driver is told last, and has no say (MDEV-035).
 *
 * Refuses: EINVAL for what is no number (MDEV-019), or none of 64 bits; REMOVE_CHECKS in order; EBUSY for whatever the
 * driver refuses, and the file is there again (MDEV-021).
 * Source: drivers/vfio/mdev/mdev_sysfs.c remove_store v4.18
 */
export function storeRemove<M extends MdevPart>(
  machine: M,
  ops: ParentOps<M>,
  mdev: number,
  { text, call }: WriteRequest,
): Reply {
  const value = NUMBER.test(text) ? BigInt(plain(text)) : WORD_END;
  if (value >= WORD_END) return refuse("EINVAL", "not a number");
  if (value === 0n) return ok(text.length);
  const begun = beginRemoval(machine, ops, mdev);
  if (!begun.ok) return begun;
  return { enter: { routine: "mdevRemove", pc: "join", call, numbers: [mdev, text.length] } };
}

function beginRemoval<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): Result<void> {
  const mdev = record(machine.mdevs, id);
  const { path, driver, isLeaving } = record(machine.parents, mdev.parent);
  const input = { ...mdev, isParentLeaving: isLeaving };
  const refusal = firstRefusal(REMOVE_CHECKS, machine.kernel, input);
  if (refusal) return refusal;
  const file = `${path}/${mdev.uuid}/remove`;
  const object = findNode(machine, file)?.object;
  if (object === undefined) return bug("an active mediated device without a file to remove it");
  machine.mdevs[id] = { ...mdev, isActive: false };
  removeNode(machine, file);
  if (!hasVeto(machine)) return ok(undefined);
  const removed = ops.mdev[driver]?.remove(machine, ops, id) ?? ok(undefined);
  if (removed.ok || removed.errno === "BUG") return removed;
  machine.mdevs[id] = { ...record(machine.mdevs, id), isActive: true };
  addNode(machine, { path: file, driver: DRIVER.mdevAttribute, object });
  return Object.freeze({ ...refuse("EBUSY", "its driver did not let it go"), from: removed });
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
    return done(answer(ok(taken)));
  },
};

/** A mediated device is gone: its links, and its record. */
export function forgetMdev(machine: MdevPart, id: number): void {
  for (const { path } of linksOf(machine, id)) removeNode(machine, path);
  machine.mdevs[id] = { ...record(machine.mdevs, id), isGone: true, remover: -1 };
  emit(machine, "mdev.remove", id);
}

function setRemover(machine: MdevPart, id: number, remover: number): void {
  machine.mdevs[id] = { ...record(machine.mdevs, id), remover };
}

/** The last program let go of a mediated device: whoever removes it goes on. */
export function wakeRemover(machine: MdevPart, id: number): void {
  const { remover } = record(machine.mdevs, id);
  if (remover >= 0) wake(machine, remover, cost("wake"));
}
