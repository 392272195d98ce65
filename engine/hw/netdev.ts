import { assert, Bytes, cost, emit, PAGE, Pfn, record } from "../core/index.ts";
import { dmaAlloc } from "../iommu/index.ts";
import { readFrame, writeFrame } from "../mm/index.ts";
import { postStore } from "./mmio.ts";
import { nicStoreArrives, receiveStep, sendStep } from "./nic.ts";
import { startRing } from "./nic-driver.ts";
import { ringPlace } from "./nic-pages.ts";
import { type KernelRing, NIC_ACT, NIC_RINGS, type NicRing, nicOf, planNic } from "./nic-part.ts";
import {
  descOffset,
  NIC_DEPTH,
  NIC_REGISTER,
  RX_DESC,
  RX_STATUS,
  TX_CMD,
  TX_DESC,
  TX_STATUS,
} from "./nic-registers.ts";
import type { HwPart } from "./part.ts";
import { groupOf } from "./qm-driver.ts";
import { read, write } from "./register.ts";

/**
 * The card's network driver, as the kernel's network code knows it: it keeps the first rings of the
 * card, fills them with buffers of its own, and is interrupted when one has a packet. It then looks
 * until the ring is empty, with the interrupt off (NAPI).
 *
 *   page 0 of a ring's memory: the descriptors    pages 1 to 4: receive buffers    5 to 8: send
 *
 * Of what stands above it there is one thing: who sends "ping" gets the same back as "pong".
 *
 * Leaves out: sockets, and all else above the driver; the budget of one look.
 * Source: include/linux/netdevice.h struct napi_struct v4.18
 */

const BUFFER = 2_048;
const BUFFER_PAGES = (NIC_DEPTH * BUFFER) / PAGE;
const RING_PAGES = 1 + 2 * BUFFER_PAGES;

/** What the header says of a card. */
export interface NicWish {
  readonly device: number;
  /** Rings for lending; the kernel keeps the others, at least one. */
  readonly lent: number;
}

/**
 * The driver takes its card (probe): the rings it keeps get memory and buffers, and packets that no
 * rule sends elsewhere are theirs from here on.
 */
export function startNic(machine: HwPart, { device, lent }: NicWish): void {
  const { queueCount } = record(machine.devices, device);
  const nic = machine.nics.length;
  const firstRing = machine.nicRings.length;
  const firstLent = queueCount - lent;
  assert(firstLent > 0 && queueCount <= NIC_RINGS.most, "rings that a card can have", queueCount);
  machine.nics.push({ device, firstLent, firstRing, rules: [], wire: [], lastSent: 0 });
  for (let number = 0; number < queueCount; number += 1) {
    const ends = { rxHead: 0, rxTail: 0, txHead: 0, txTail: 0 };
    const counts = { received: 0, dropped: 0, sent: 0, last: new Uint8Array(0) };
    machine.nicRings.push({ nic, number, queue: -1, ...ends, ...counts });
    if (number < firstLent) keepRing(machine, device, firstRing + number);
  }
}

function keepRing(machine: HwPart, device: number, at: number): void {
  const memory = dmaAlloc(machine, groupOf(machine, device), RING_PAGES);
  assert(memory.ok, "there is memory for the first few pages");
  const { pfn, iova } = memory.value;
  startRing(machine, at, memory.value);
  const kernel: KernelRing = {
    pfn,
    iova,
    rxNext: 0,
    txNext: 0,
    txClean: 0,
    isPolling: false,
    taken: 0,
    bytes: 0,
  };
  for (let slot = 0; slot < NIC_DEPTH; slot += 1) fill(machine, kernel, slot);
  machine.nicRings[at] = { ...record(machine.nicRings, at), kernel, rxTail: NIC_DEPTH - 1 };
}

/** Puts a slot's own buffer into it again. */
function fill(machine: HwPart, { pfn, iova }: KernelRing, slot: number): void {
  const bytes = new Uint8Array(RX_DESC.size);
  write(RX_DESC, bytes, 0, "buffer_addr", iova + PAGE + slot * BUFFER);
  writeFrame(machine, Pfn(pfn), descOffset("rx", slot), bytes);
}

/** Everything that the card and its driver do later: an action of the agenda. */
export function nicActs(machine: HwPart, arg: number): void {
  const { agenda } = machine;
  const nic = nicOf(machine, record(machine.actors, agenda.actor).id);
  if (arg >= 0) nicStoreArrives(machine, arg);
  else if (arg === NIC_ACT.rx) receiveStep(machine, nic, interrupt);
  else if (arg === NIC_ACT.tx) sendStep(machine, nic);
  else pollRing(machine, NIC_ACT.poll - arg);
}

/** The interrupt's handler has the ring looked at, soon. */
function interrupt(machine: HwPart, ring: number, call: number): void {
  const { nic } = record(machine.nicRings, ring);
  planNic(machine, nic, NIC_ACT.poll - ring, cost("wake"), call);
}

/** Takes all packets that are there, and lets the interrupt through again. */
function pollRing(machine: HwPart, at: number): void {
  const ring = record(machine.nicRings, at);
  let kernel = ring.kernel;
  assert(kernel !== undefined, "the kernel looks at its own rings", at);
  kernel = cleanSent(machine, kernel);
  const before = kernel.rxNext;
  for (let times = 0; times < NIC_DEPTH; times += 1) {
    const slot = kernel.rxNext;
    const desc = readFrame(machine, Pfn(kernel.pfn), descOffset("rx", slot), RX_DESC.size);
    if (!(read(RX_DESC, desc, 0, "status") & RX_STATUS.DD)) break;
    kernel = takePacket(machine, ring, kernel, desc);
  }
  const looked = { ...kernel, isPolling: false };
  machine.nicRings[at] = { ...record(machine.nicRings, at), kernel: looked };
  // The last slot that was emptied stays the driver's: full and empty would look alike.
  const tail = (kernel.rxNext + NIC_DEPTH - 1) % NIC_DEPTH;
  if (kernel.rxNext !== before) storeTail(machine, ring, "RDT", tail);
}

/** A store of the driver to a tail register of a ring. */
function storeTail(
  machine: HwPart,
  { nic, number }: NicRing,
  register: keyof typeof NIC_REGISTER,
  tail: number,
): void {
  const { device } = record(machine.nics, nic);
  const { page, offset } = ringPlace(record(machine.devices, device).version, number);
  const at = page * PAGE + offset + NIC_REGISTER[register];
  postStore(machine, { device, offset: at, queue: -1 }, BigInt(tail));
}

function takePacket(
  machine: HwPart,
  ring: NicRing,
  kernel: KernelRing,
  desc: Uint8Array,
): KernelRing {
  const slot = kernel.rxNext;
  const length = read(RX_DESC, desc, 0, "length");
  const { device } = record(machine.nics, ring.nic);
  const rxNext = (slot + 1) % NIC_DEPTH;
  if (length === 0) {
    fill(machine, kernel, slot);
    return { ...kernel, rxNext };
  }
  const data = readFrame(machine, ...bufferOf(kernel, 1, slot), length);
  emit(machine, "packet.take", device, ring.number, Bytes(length));
  fill(machine, kernel, slot);
  const taken = { ...kernel, rxNext, taken: kernel.taken + 1, bytes: kernel.bytes + length };
  return isPing(data) ? sendBack(machine, ring, taken, data) : taken;
}

/** The frame and the place in it of a slot's buffer. @param first  the page where such buffers begin */
function bufferOf({ pfn }: KernelRing, first: number, slot: number): [Pfn, number] {
  const at = slot * BUFFER;
  return [Pfn(pfn + first + Math.floor(at / PAGE)), at % PAGE];
}

const PING = [0x70, 0x69, 0x6e, 0x67] as const;
/** The second letter is all that differs. */
const O = 0x6f;

function isPing(data: Uint8Array): boolean {
  return PING.every((letter, at) => data[at] === letter);
}

/** The answer is put into a send buffer, where one is free; else there is none. */
function sendBack(
  machine: HwPart,
  ring: NicRing,
  kernel: KernelRing,
  ping: Uint8Array,
): KernelRing {
  const slot = kernel.txNext;
  const txNext = (slot + 1) % NIC_DEPTH;
  if (txNext === kernel.txClean) return kernel;
  const pong = Uint8Array.from(ping);
  pong[1] = O;
  const first = 1 + BUFFER_PAGES;
  writeFrame(machine, ...bufferOf(kernel, first, slot), pong);
  const desc = new Uint8Array(TX_DESC.size);
  write(TX_DESC, desc, 0, "buffer_addr", kernel.iova + first * PAGE + slot * BUFFER);
  write(TX_DESC, desc, 0, "length", pong.length);
  write(TX_DESC, desc, 0, "cmd", TX_CMD.EOP | TX_CMD.RS);
  writeFrame(machine, Pfn(kernel.pfn), descOffset("tx", slot), desc);
  emit(
    machine,
    "packet.post",
    record(machine.nics, ring.nic).device,
    ring.number,
    Bytes(pong.length),
  );
  storeTail(machine, ring, "TDT", txNext);
  return { ...kernel, txNext };
}

/** Send buffers whose packets have left are free again. */
function cleanSent(machine: HwPart, kernel: KernelRing): KernelRing {
  let clean = kernel.txClean;
  while (clean !== kernel.txNext) {
    const desc = readFrame(machine, Pfn(kernel.pfn), descOffset("tx", clean), TX_DESC.size);
    if (!(read(TX_DESC, desc, 0, "status") & TX_STATUS.DD)) break;
    clean = (clean + 1) % NIC_DEPTH;
  }
  return { ...kernel, txClean: clean };
}
