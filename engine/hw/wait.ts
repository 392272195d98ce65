import { cost, record } from "../core/index.ts";
import { wake } from "../task/index.ts";
import type { HwPart } from "./part.ts";

/** A task waits for a queue from here on: whatever the queue does wakes it. */
export function joinWait(machine: HwPart, queue: number, pid: number): void {
  leaveWait(machine, queue, pid);
  machine.waits.push({ queue, pid });
}

/** A task waits for that queue no longer; nothing where it did not. */
export function leaveWait(machine: HwPart, queue: number, pid: number): void {
  const at = machine.waits.findIndex((wait) => wait.queue === queue && wait.pid === pid);
  if (at >= 0) machine.waits.splice(at, 1);
}

/**
 * Does anybody wait for a queue? Only then is its interrupt of interest. Who was killed in its sleep
 * stands in the list until the queue moves, and waits no more.
 */
export function hasWaiters(machine: HwPart, queue: number): boolean {
  return machine.waits.some((wait) => wait.queue === queue && isAlive(machine, wait.pid));
}

/** The queue moved: every task that sleeps on it wakes (wake_up_all), and looks again. */
export function wakeWaiters(machine: HwPart, queue: number): void {
  for (const wait of [...machine.waits]) {
    if (wait.queue !== queue) continue;
    if (isAlive(machine, wait.pid)) wake(machine, wait.pid, cost("wake"));
    else leaveWait(machine, queue, wait.pid);
  }
}

function isAlive(machine: HwPart, pid: number): boolean {
  return record(machine.tasks, pid).state !== "dead";
}
