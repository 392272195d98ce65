import { emit, hasDefect, record } from "../core/index.ts";
import { postStore, writeDoorbell } from "./mmio.ts";
import type { HwPart } from "./part.ts";
import { DOORBELL_CMD } from "./qm-registers.ts";
import { hasWaiters } from "./wait.ts";

/**
 * A completion is written. Where somebody waits for the queue, its interrupt is of interest.
 *
 * The kernel's handler is made for queues that the kernel uses: it counts a completion as taken and
 * tells the device, although the queue is a program's, which does so itself (D21).
 *
 * Source: KL drivers/crypto/hisilicon/qm.c _qm_irq_thread near RFCv1
 */
export function raiseInterrupt(machine: HwPart, device: number, queue: number): void {
  if (!hasWaiters(machine, queue)) return;
  emit(machine, "irq.raise", device, queue);
  if (!hasDefect(machine, "D21")) return;
  const { queues } = machine;
  const index = ((queues.counted[queue] as number) + 1) % (queues.depth[queue] as number);
  queues.counted[queue] = index;
  const { version } = record(machine.devices, device);
  const bell = { qn: queues.qn[queue] as number, cmd: DOORBELL_CMD.CQ, index };
  const { offset, word } = writeDoorbell(version, bell);
  postStore(machine, { device, offset, queue: -1 }, word);
}
