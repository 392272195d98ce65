import { Bytes, cost, emit, ns, type Value } from "../core/index.ts";
import {
  descOffset,
  RX_DESC,
  RX_STATUS,
  read,
  TX_CMD,
  TX_DESC,
  TX_STATUS,
  write,
} from "../hw/index.ts";
import { done, type Routine, to } from "../task/index.ts";
import { argsOf, failed, fieldOf, numberOf } from "./call.ts";
import { fault, loadBytes, storeBytes } from "./cpu.ts";
import { BURST_MAX, keep, mine, NOWHERE, refill, storeTail, withBuffer } from "./nic-rings.ts";
import type { UserPart } from "./part.ts";
import { POLLING } from "./qm-library.ts";

/**
 * rx_burst(q, n): packets that are in memory, at most n. A descriptor is looked at for its DD bit; a
 * packet that is there is the program's, and a fresh buffer of the pool takes its slot. Where the pool
 * is empty the packet stays in the ring. The tail is stored once, at the end.
 *
 * @returns how many, 0 for none; in `written` the first one's address `at` and its `len`, and with
 * more than one all of them as `packets`
 * Refuses: -EINVAL for less than 1 or more than BURST_MAX.
 * Leaves out: the threshold by which ixgbe's driver stores the tail more rarely.
 */
export const RECEIVE: Routine<UserPart, "rx_burst" | "rxLook" | "rxTail"> = {
  rx_burst: (machine, _ops, { frame }) => {
    const most = numberOf(argsOf(machine, frame)[1]);
    if (most < 1 || most > BURST_MAX) return failed("EINVAL", "1 to 32 packets");
    const [polling = 0, times = 0] = frame.numbers;
    return to("rxLook", ns(0), [polling, times]);
  },
  rxLook: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const [, queue, state] = me;
    const [polling = 0, times = 0, ...packets] = frame.numbers;
    const slot = state.rxNext;
    const va = state.rings + descOffset("rx", slot);
    const desc = loadBytes(machine, pid, va, RX_DESC.size);
    if (!desc.ok) return fault(machine, ops, pid, va);
    const isThere = (read(RX_DESC, desc.value, 0, "status") & RX_STATUS.DD) !== 0;
    if (!isThere || state.pool.length === 0) {
      if (packets.length > 0) return to("rxTail");
      if (polling !== POLLING) emit(machine, "ring.poll", queue.queue, 1);
      return done({ value: 0 }, cost("store"));
    }
    if (times > 0) emit(machine, "ring.poll", queue.queue, times);
    const errors = read(RX_DESC, desc.value, 0, "errors");
    const length = read(RX_DESC, desc.value, 0, "length");
    const buffer = state.rxBuffers[slot] as number;
    emit(machine, "ring.reap", queue.queue, slot, errors);
    const ended = refill(machine, ops, pid, me, slot);
    if (ended) return ended;
    const now = mine(machine, pid, frame);
    // A packet that was lost has left its buffer behind.
    const pool = errors > 0 ? [...now[2].pool, buffer] : now[2].pool;
    keep(machine, now, { ...now[2], rxNext: (slot + 1) % state.depth, pool });
    const more = errors > 0 ? packets : [...packets, buffer, length];
    const most = numberOf(argsOf(machine, frame)[1]);
    const next = more.length < 2 * most ? "rxLook" : "rxTail";
    return to(next, cost("store", 2), [polling, 0, ...more]);
  },
  rxTail: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const { rxNext, depth } = me[2];
    const ended = storeTail(machine, ops, pid, me, "RDT", (rxNext + depth - 1) % depth);
    return ended ?? done(burst(frame.numbers.slice(2)), cost("doorbell"));
  },
};

function burst(numbers: readonly number[]): { value: number; written: { [name: string]: Value } } {
  const packets: { readonly at: number; readonly len: number }[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    packets.push({ at: numbers[at] as number, len: numbers[at + 1] as number });
  }
  const first = packets[0] ?? { at: 0, len: 0 };
  return { value: packets.length, written: packets.length === 1 ? first : { packets } };
}

/**
 * tx_burst(q, [{at, len}, ...]): puts packets into the send ring, as many as it has room for, and
 * stores the tail once. Before that the buffers of packets that have left go back to the pool.
 *
 * @returns how many were put in: less than asked where the ring is full, and the rest stays the
 * program's
 * Refuses: -EINVAL for more than BURST_MAX.
 */
export const SEND: Routine<UserPart, "tx_burst" | "txStore" | "txTail"> = {
  tx_burst: (machine, ops, { pid, frame }) => {
    const asked = argsOf(machine, frame)[1] as readonly Value[];
    if (asked.length > BURST_MAX) return failed("EINVAL", "at most 32 packets");
    const me = mine(machine, pid, frame);
    const [, , state] = me;
    if (state.txClean === state.txNext) return to("txStore", ns(0), [0]);
    const va = state.rings + descOffset("tx", state.txClean);
    const desc = loadBytes(machine, pid, va, TX_DESC.size);
    if (!desc.ok) return fault(machine, ops, pid, va);
    const isSent = (read(TX_DESC, desc.value, 0, "status") & TX_STATUS.DD) !== 0;
    if (!isSent) return to("txStore", cost("store"), [0]);
    const buffer = state.txBuffers[state.txClean] as number;
    const txBuffers = state.txBuffers.with(state.txClean, NOWHERE);
    const clean = { ...state, txBuffers, txClean: (state.txClean + 1) % state.depth };
    keep(machine, me, { ...clean, pool: withBuffer(clean, buffer) });
    return to("tx_burst", cost("store"));
  },
  txStore: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const [, queue, state] = me;
    const asked = argsOf(machine, frame)[1] as readonly Value[];
    const [count = 0] = frame.numbers;
    const slot = state.txNext;
    const next = (slot + 1) % state.depth;
    if (count === asked.length || next === state.txClean) {
      return count > 0 ? to("txTail") : done({ value: 0 });
    }
    const packet = asked[count];
    const buffer = fieldOf(packet, "at");
    const bytes = new Uint8Array(TX_DESC.size);
    write(TX_DESC, bytes, 0, "buffer_addr", buffer);
    write(TX_DESC, bytes, 0, "length", fieldOf(packet, "len") % 65_536);
    write(TX_DESC, bytes, 0, "cmd", TX_CMD.EOP | TX_CMD.RS);
    const va = state.rings + descOffset("tx", slot);
    const stored = storeBytes(machine, pid, va, bytes);
    if (!stored.ok) return fault(machine, ops, pid, va);
    emit(machine, "ring.submit", queue.queue, slot, Bytes(TX_DESC.size));
    const txBuffers = [...state.txBuffers];
    txBuffers[slot] = buffer;
    keep(machine, me, { ...state, txBuffers, txNext: next });
    return to("txStore", cost("store"), [count + 1]);
  },
  txTail: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const ended = storeTail(machine, ops, pid, me, "TDT", me[2].txNext);
    return ended ?? done({ value: frame.numbers[0] ?? 0 }, cost("doorbell"));
  },
};
