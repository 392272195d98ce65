import { record } from "../core/index.ts";
import { DRIVER, fileOf } from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";

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
