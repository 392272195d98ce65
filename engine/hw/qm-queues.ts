import type { HwPart } from "./part.ts";

/** The queue of that number on a device, where it is started; -1 where none is. */
export function queueOf(machine: HwPart, device: number, qn: number): number {
  const { queues } = machine;
  for (let queue = 0; queue < queues.made; queue += 1) {
    if (queues.started[queue] && queues.device[queue] === device && queues.qn[queue] === qn)
      return queue;
  }
  return -1;
}

/** The started queue with work that has waited since the lowest number. */
export function nextQueue(machine: HwPart, device: number): number {
  const { queues } = machine;
  for (let queue = 0; queue < queues.made; queue += 1) {
    const isOurs = queues.started[queue] === 1 && queues.device[queue] === device;
    if (isOurs && queues.head[queue] !== queues.tail[queue]) return queue;
  }
  return -1;
}
