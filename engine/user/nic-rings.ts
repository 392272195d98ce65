import { Bytes, emit, record } from "../core/index.ts";
import { descOffset, NIC_REGISTER, RX_DESC, write } from "../hw/index.ts";
import type { Frame, Next, Ops } from "../task/index.ts";
import { argsOf, numberOf } from "./call.ts";
import { fault, storeBytes, storeRegister } from "./cpu.ts";
import { type NicState, placeOf, type UserPart, type UserQueue } from "./part.ts";

/** Bytes of a buffer of the pool (RTE_MBUF_DEFAULT_DATAROOM). */
export const MBUF = 2_048;
/** Packets that one call takes or gives at most. */
export const BURST_MAX = 32;

/** The rings that a call is about: their place in `userQueues`, and what stands there. */
export type Mine = [place: number, queue: UserQueue, state: NicState];

export function mine(machine: UserPart, pid: number, frame: Frame): Mine {
  const place = placeOf(machine, pid, numberOf(argsOf(machine, frame)[0]));
  const queue = record(machine.userQueues, place);
  return [place, queue, queue.state as NicState];
}

/** The driver's state changes. */
export function keep(machine: UserPart, [place, queue]: Mine, state: NicState): void {
  machine.userQueues[place] = { ...queue, state };
}

/** One store to a tail register of the ring. @returns undefined where it went well */
export function storeTail<M extends UserPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  [, queue, state]: Mine,
  register: keyof typeof NIC_REGISTER,
  tail: number,
): Next | undefined {
  const va = state.registers + NIC_REGISTER[register];
  const stored = storeRegister(machine, pid, va, BigInt(tail));
  if (!stored.ok) return fault(machine, ops, pid, va);
  const device = machine.queues.device[queue.queue] as number;
  emit(machine, "ring.doorbell", device, machine.queues.qn[queue.queue] as number, tail);
  return undefined;
}

/** A fresh buffer of the pool goes into a slot of the receive ring; there is one. */
export function refill<M extends UserPart>(
  machine: M,
  ops: Ops<M>,
  pid: number,
  me: Mine,
  slot: number,
): Next | undefined {
  const [, queue, state] = me;
  const buffer = state.pool.at(-1) as number;
  const bytes = new Uint8Array(RX_DESC.size);
  write(RX_DESC, bytes, 0, "buffer_addr", buffer);
  const va = state.rings + descOffset("rx", slot);
  const stored = storeBytes(machine, pid, va, bytes);
  if (!stored.ok) return fault(machine, ops, pid, va);
  emit(machine, "ring.submit", queue.queue, slot, Bytes(RX_DESC.size));
  const rxBuffers = [...state.rxBuffers];
  rxBuffers[slot] = buffer;
  keep(machine, me, { ...state, rxBuffers, pool: state.pool.slice(0, -1) });
  return undefined;
}

/** No buffer: its packet has left. */
export const NOWHERE = -1;

/** The pool with a buffer more, where it is one of the pool's and nowhere else; else as it was. */
export function withBuffer(state: NicState, buffer: number): readonly number[] {
  const { base, count, pool, rxBuffers, txBuffers } = state;
  const place = (buffer - base) / MBUF;
  const isOurs = place >= 0 && place < count && Number.isInteger(place);
  const isElsewhere = [pool, rxBuffers, txBuffers].some((list) => list.includes(buffer));
  return isOurs && !isElsewhere ? [...pool, buffer] : pool;
}
