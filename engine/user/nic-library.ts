import { cost, PAGE, U64_END } from "../core/index.ts";
import { queueOfFile } from "../frameworks/index.ts";
import { NIC_PAGE, NIC_REGIONS, NIC_TAG, read } from "../hw/index.ts";
import { call, done, FLAG, type Frame, type Next, type Routine, to } from "../task/index.ts";
import { argsOf, failed, numberOf, returned, systemCall } from "./call.ts";
import { fault, loadBytes } from "./cpu.ts";
import { RECEIVE, SEND } from "./nic-bursts.ts";
import { BURST_MAX, keep, MBUF, mine, refill, storeTail, withBuffer } from "./nic-rings.ts";
import type { NicState, UserPart } from "./part.ts";

/**
 * The user driver of a lent pair of rings, as a poll-mode driver of DPDK does it: buffers come from
 * a pool and go back to it, a burst of packets costs one store to a tail register, and no call enters
 * the kernel.
 *
 *   pool --> receive ring --> the program --> send ring --> pool
 *
 * Source: DPDK drivers/net/ixgbe/ixgbe_rxtx.c ixgbe_recv_pkts, ixgbe_xmit_pkts, recalled
 */

const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;

/** drv_open: the page of the rings is mapped, then that of the registers. Refuses: -EIO. */
const OPEN: Routine<UserPart, "open" | "registers" | "opened"> = {
  open: (machine, _ops, { frame }) => map(machine, frame, NIC_REGIONS.rings, "registers"),
  registers: (machine, _ops, { pid, frame }) => {
    const rings = returned(machine, pid);
    if (rings.errno) return failed("EIO", "the rings cannot be mapped");
    return map(machine, frame, NIC_REGIONS.registers, "opened", [rings.value]);
  },
  opened: (machine, ops, { pid, frame }) => {
    const registers = returned(machine, pid);
    if (registers.errno) return failed("EIO", "the registers cannot be mapped");
    const [rings = 0] = frame.numbers;
    const page = loadBytes(machine, pid, rings, NIC_PAGE.size);
    if (!page.ok) return fault(machine, ops, pid, rings);
    if (read(NIC_PAGE, page.value, 0, "tag") !== NIC_TAG) return failed("EIO", "no page of a ring");
    const fd = numberOf(argsOf(machine, frame)[0]);
    const state: NicState = {
      kind: "nic",
      rings,
      page: registers.value,
      registers: registers.value + read(NIC_PAGE, page.value, 0, "registers"),
      depth: read(NIC_PAGE, page.value, 0, "depth"),
      rxNext: 0,
      txNext: 0,
      txClean: 0,
      base: 0,
      count: 0,
      pool: [],
      rxBuffers: [],
      txBuffers: [],
    };
    machine.userQueues.push({ pid, fd, queue: queueOfFile(machine, pid, fd), sent: 0, state });
    return done({ value: 0 });
  },
};

function map(machine: UserPart, frame: Frame, page: number, pc: string, numbers?: number[]): Next {
  const [fd = 0] = argsOf(machine, frame);
  const args = [0, PAGE, RW, FLAG.MAP_SHARED, fd, page * PAGE];
  return call(systemCall(machine, frame, "mmap", args), pc, numbers);
}

/**
 * rx_queue_setup(q, pool, buffers): the memory from `pool` on is a pool of buffers of 2 KiB. One goes
 * into each slot of the receive ring, and the card may use all but the last: a ring that is full and
 * one that is empty would look alike. The memory must be shared with the card before: nobody looks
 * here.
 *
 * Refuses: -EINVAL for more than BURST_MAX buffers; -ENOMEM for fewer than the ring has slots; -EBUSY
 * where there is a pool.
 * Source: rte_pktmbuf_pool_create, rte_eth_rx_queue_setup, rte_eth_dev_start
 */
const SETUP: Routine<UserPart, "rx_queue_setup" | "setFill" | "setTail"> = {
  rx_queue_setup: (machine, _ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const [, pool, count] = argsOf(machine, frame).map(numberOf) as [number, number, number];
    if (count > BURST_MAX) return failed("EINVAL", "more than 32 buffers");
    if (count < me[2].depth) return failed("ENOMEM", "a slot would have no buffer");
    if (me[2].count > 0) return failed("EBUSY", "the ring has its buffers");
    // Past 2^64 it goes on at 0, as it does in C.
    const buffers = Array.from(
      { length: count },
      (_, at) => (pool + (count - 1 - at) * MBUF) % U64_END,
    );
    keep(machine, me, { ...me[2], base: pool, count, pool: buffers });
    return to("setFill", cost("store"));
  },
  setFill: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const [, , state] = me;
    const slot = state.rxBuffers.length;
    if (slot === state.depth) return to("setTail");
    return refill(machine, ops, pid, me, slot) ?? to("setFill", cost("store"));
  },
  setTail: (machine, ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const tail = me[2].depth - 1;
    return storeTail(machine, ops, pid, me, "RDT", tail) ?? done({ value: 0 }, cost("doorbell"));
  },
};

/**
 * pktmbuf_free(q, at): a buffer that the program has received goes back to the pool.
 *
 * Refuses: -EINVAL for an address that is no buffer of the pool, or one that the program has not.
 */
const FREE: Routine<UserPart, "pktmbuf_free"> = {
  pktmbuf_free: (machine, _ops, { pid, frame }) => {
    const me = mine(machine, pid, frame);
    const buffer = numberOf(argsOf(machine, frame)[1]);
    const pool = withBuffer(me[2], buffer);
    if (pool === me[2].pool) return failed("EINVAL", "not a buffer that the program has");
    keep(machine, me, { ...me[2], pool });
    return done({ value: 0 }, cost("store"));
  },
};

export const NIC: Routine<UserPart> = { ...OPEN, ...SETUP, ...RECEIVE, ...SEND, ...FREE };
