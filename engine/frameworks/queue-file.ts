import { record } from "../core/index.ts";
import { DRIVER, fileOf } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { UACCE_Q } from "./uacce-part.ts";

/**
 * The queue of the hardware behind a descriptor, whichever framework handed it out; -1 for none.
 * Only events and pictures ask: a program knows its descriptor, and no more.
 */
export function queueOfFile(machine: FrameworkPart, pid: number, fd: number): number {
  const file = fileOf(machine, pid, fd);
  if (!file.ok) return -1;
  const { driver, object } = record(machine.files, file.value);
  if (driver === DRIVER.spimdevQueue || driver === DRIVER.uacceQueue) return object;
  if (driver === DRIVER.uacceV3Queue) return record(machine.v3Queues, object).queue;
  if (driver !== DRIVER.vfioDevice) return -1;
  const mdev = record(machine.vfioDevices, object).object;
  return machine.sdmdevQueues.find((one) => one.mdev === mdev)?.queue ?? -1;
}

/** The place of the record of a queue's file. */
export function uacceQueueOf(machine: FrameworkPart, queue: number): number {
  return machine.uacceQueues.findIndex((other) => other.queue === queue);
}

/** The state of the queue behind a descriptor, by name; undefined where it is no uacce queue. */
export function uacceStateOf(machine: FrameworkPart, pid: number, fd: number): string | undefined {
  const file = fileOf(machine, pid, fd);
  if (!file.ok) return undefined;
  const { driver, object } = record(machine.files, file.value);
  if (driver !== DRIVER.uacceQueue) return undefined;
  const { state } = record(machine.uacceQueues, uacceQueueOf(machine, object));
  return Object.entries(UACCE_Q).find(([, number]) => number === state)?.[0];
}
