import { PAGE, record, type Value } from "../core/index.ts";
import { CQE, CQE_SIZE, QM_WORDS, read, unpack } from "../hw/index.ts";
import { peek, readFrame } from "../mm/index.ts";
import { placeOf } from "../user/index.ts";
import type { FlowPart } from "./part.ts";

/** What `ring(q)` says: producer, consumer, phase, depth, told. Nothing for a network card's rings. */
export function ringMember(
  machine: FlowPart,
  pid: number,
  fd: number,
  member: string | undefined,
): Value | undefined {
  const queue = machine.userQueues[placeOf(machine, pid, fd)];
  if (!queue) return undefined;
  const { state } = queue;
  if (member === "depth" || member === "told") return machine.queues[member][queue.queue] ?? 0;
  if (state.kind === "dummy") {
    if (member === "producer") return state.head;
    return member === "consumer" ? state.taken : undefined;
  }
  if (state.kind === "nic") return undefined;
  if (member === "producer") return state.sqTail;
  if (member === "consumer") return machine.queues.head[queue.queue] ?? 0;
  const { mm } = record(machine.tasks, pid);
  const at = state.cq + state.cqHead * CQE_SIZE;
  const found = peek(machine, mm, at);
  if (!found) return undefined;
  const cqe = readFrame(machine, found.pfn, at % PAGE, CQE_SIZE);
  return unpack(QM_WORDS.CQE_W7, read(CQE, cqe, 0, "w7")).phase;
}
