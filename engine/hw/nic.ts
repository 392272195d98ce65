import {
  Bytes,
  closeCall,
  cost,
  DMA_WHAT,
  emit,
  ns,
  openCall,
  record,
  type Span,
} from "../core/index.ts";
import { dmaRead, dmaWrite, piece, WAITS } from "./dma.ts";
import { ringStore } from "./nic-pages.ts";
import {
  NIC_ACT,
  type NicRing,
  nicOf,
  PACKET_MAX,
  planNic,
  type RxJob,
  type TxJob,
} from "./nic-part.ts";
import { NIC_DEPTH, RX_DESC, RX_ERROR, RX_STATUS, TX_DESC, TX_STATUS } from "./nic-registers.ts";
import { deviceActor, type HwPart } from "./part.ts";
import { read, write } from "./register.ts";

/**
 * What the card does by itself, one access of at most a page a step. It has two halves that work
 * side by side: one puts packets into memory in the order of their arrival, one sends, and asks the
 * rings in turn, so that each gets its share of the wire and none is asked twice before another.
 *
 *   receive:  rules --> fetch --> write ... --> done      or dropped, where the ring has no buffer
 *   send:     fetch --> read ... --> send --> done
 */

const WHAT = {
  descriptor: DMA_WHAT.indexOf("descriptor"),
  packet: DMA_WHAT.indexOf("packet"),
  status: DMA_WHAT.indexOf("status"),
} as const;

/** What the card says to the kernel's driver: a ring that it keeps has a packet. */
export type Interrupt = (machine: HwPart, ring: number, call: number) => void;

/** The ring that a packet goes to: by a rule, else one of the kernel's, spread by the port. */
function ringFor(machine: HwPart, nic: number, port: number): number {
  const { rules, firstLent, firstRing } = record(machine.nics, nic);
  const rule = rules.find((one) => one.port === port);
  return firstRing + (rule ? rule.ring : Math.max(0, port) % firstLent);
}

function put(machine: HwPart, ring: number, change: Partial<NicRing>): NicRing {
  const now = { ...record(machine.nicRings, ring), ...change };
  machine.nicRings[ring] = now;
  return now;
}

/** A packet is lost: its ring has no buffer, or went back, or its buffer could not be written. */
function drop(machine: HwPart, ring: number, size: number): void {
  const { nic, number, dropped } = record(machine.nicRings, ring);
  emit(machine, "packet.drop", record(machine.nics, nic).device, number, Bytes(size));
  put(machine, ring, { dropped: dropped + 1 });
}

/** One step of the receiving half: of the oldest packet on the wire. */
export function receiveStep(machine: HwPart, nic: number, interrupt: Interrupt): void {
  const { rx, wire, device } = record(machine.nics, nic);
  const [packet] = wire;
  if (!packet) return;
  const ring = rx?.ring ?? ringFor(machine, nic, packet.port);
  const { queue, rxHead, rxTail } = record(machine.nicRings, ring);
  const isGone = rx ? rx.queue !== queue : queue < 0 || rxHead === rxTail;
  if (isGone) {
    drop(machine, ring, packet.data.length);
    nextPacket(machine, nic, ns(0));
  } else if (!rx) {
    const begun = { at: 0, moved: 0, isFaulty: false } as const;
    const job = { ring, queue, slot: rxHead, stage: "fetch", ...begun } as const;
    goOn(machine, nic, fetchBuffer(machine, device, job));
  } else if (rx.stage === "write") {
    goOn(machine, nic, writePiece(machine, device, rx, packet.data));
  } else report(machine, nic, rx, interrupt);
}

type Half<Job> = readonly [job: Job, span: Span];

function goOn(machine: HwPart, nic: number, [rx, span]: Half<RxJob>): void {
  const before = record(machine.nics, nic);
  machine.nics[nic] = { ...before, rx };
  planNic(machine, nic, NIC_ACT.rx, span, before.wire[0]?.call ?? -1);
}

/** The packet is in memory, or lost: on with the next. */
function nextPacket(machine: HwPart, nic: number, span: Span): void {
  const { rx: _rx, ...before } = record(machine.nics, nic);
  const wire = before.wire.slice(1);
  machine.nics[nic] = { ...before, wire };
  if (wire[0]) planNic(machine, nic, NIC_ACT.rx, span, wire[0].call);
}

/** Where the descriptor of a job is, for an access. */
function descAt(machine: HwPart, { queue, slot }: RxJob | TxJob, base: "sq" | "cq") {
  return { queue, iova: (machine.queues[base][queue] as number) + slot * RX_DESC.size };
}

function fetchBuffer(machine: HwPart, device: number, job: RxJob): Half<RxJob> {
  const at = descAt(machine, job, "sq");
  const got = dmaRead(machine, { device, ...at, size: RX_DESC.size, what: WHAT.descriptor });
  if (!got || got === WAITS) return [{ ...job, stage: "done", isFaulty: true }, cost("dma")];
  return [{ ...job, stage: "write", at: read(RX_DESC, got.bytes, 0, "buffer_addr") }, got.span];
}

function writePiece(machine: HwPart, device: number, job: RxJob, data: Uint8Array): Half<RxJob> {
  const { queue } = job;
  const iova = job.at + job.moved;
  const size = piece(iova, data.length - job.moved);
  const bytes = data.subarray(job.moved, job.moved + size);
  const took = dmaWrite(machine, { device, queue, iova, size, what: WHAT.packet }, bytes);
  if (took === undefined || took === WAITS)
    return [{ ...job, stage: "done", isFaulty: true }, cost("dma")];
  const moved = job.moved + size;
  return [{ ...job, moved, stage: moved < data.length ? "write" : "done" }, took];
}

/** The descriptor is written back, and the ring's head moves. A packet that found no memory is lost. */
function report(machine: HwPart, nic: number, job: RxJob, interrupt: Interrupt): void {
  const { device, wire } = record(machine.nics, nic);
  const at = descAt(machine, job, "sq");
  const bytes = new Uint8Array(RX_DESC.size);
  write(RX_DESC, bytes, 0, "length", job.isFaulty ? 0 : job.moved);
  write(RX_DESC, bytes, 0, "status", RX_STATUS.DD | RX_STATUS.EOP);
  write(RX_DESC, bytes, 0, "errors", job.isFaulty ? RX_ERROR.RXE : 0);
  const { length } = RX_DESC.fields;
  const half = bytes.subarray(length.at);
  const iova = at.iova + length.at;
  const took = dmaWrite(
    machine,
    { device, queue: at.queue, iova, size: half.length, what: WHAT.status },
    half,
  );
  const { received } = record(machine.nicRings, job.ring);
  if (job.isFaulty) drop(machine, job.ring, wire[0]?.data.length ?? 0);
  const isIn = job.isFaulty ? 0 : 1;
  const head = { rxHead: (job.slot + 1) % NIC_DEPTH, received: received + isIn };
  const { kernel } = put(machine, job.ring, head);
  if (kernel && !kernel.isPolling) {
    emit(machine, "irq.raise", device, at.queue);
    put(machine, job.ring, { kernel: { ...kernel, isPolling: true } });
    interrupt(machine, job.ring, wire[0]?.call ?? -1);
  }
  nextPacket(machine, nic, spent(took));
}

/** A refused access takes its time too. */
function spent(took: Span | typeof WAITS | undefined): Span {
  return took === undefined || took === WAITS ? cost("dma") : took;
}

/** A ring with something to send, the one after the last that sent first; -1 for none. */
function nextToSend(machine: HwPart, nic: number): number {
  const { firstRing, device, lastSent } = record(machine.nics, nic);
  const { queueCount } = record(machine.devices, device);
  for (let turn = 1; turn <= queueCount; turn += 1) {
    const at = firstRing + ((lastSent + turn) % queueCount);
    const { queue, txHead, txTail } = record(machine.nicRings, at);
    if (queue >= 0 && txHead !== txTail) return at;
  }
  return -1;
}

/** Sets the sending half to work where it is idle. */
export function startSending(machine: HwPart, nic: number, span = ns(0)): void {
  const before = record(machine.nics, nic);
  if (before.tx) return;
  const ring = nextToSend(machine, nic);
  if (ring < 0) return;
  const { number, queue, txHead } = record(machine.nicRings, ring);
  const idle = { at: 0, length: 0, data: new Uint8Array(0), isFaulty: false };
  const tx = { ring, queue, slot: txHead, call: -1, stage: "fetch", ...idle } as const;
  machine.nics[nic] = { ...before, tx, lastSent: number };
  planNic(machine, nic, NIC_ACT.tx, span, machine.agenda.span);
}

/** One step of the sending half. */
export function sendStep(machine: HwPart, nic: number): void {
  const { tx, device } = record(machine.nics, nic);
  if (!tx) return;
  const isGone = record(machine.nicRings, tx.ring).queue !== tx.queue;
  if (isGone || tx.stage === "done") {
    finishSending(machine, nic, tx, isGone);
    return;
  }
  const [job, span] = SENDING[tx.stage](machine, device, tx);
  machine.nics[nic] = { ...record(machine.nics, nic), tx: job };
  planNic(machine, nic, NIC_ACT.tx, span, job.call);
}

type Sending = (machine: HwPart, device: number, job: TxJob) => Half<TxJob>;

const SENDING: Readonly<Record<Exclude<TxJob["stage"], "done">, Sending>> = {
  fetch: (machine, device, job) => {
    const { queue, iova } = descAt(machine, job, "cq");
    const { kernel } = record(machine.nicRings, job.ring);
    const call = openCall(machine, {
      call: "packet",
      kind: "request",
      actor: deviceActor(machine, device),
      // What the kernel answers belongs to what it was asked; a program's packet stands alone.
      parent: kernel ? machine.agenda.span : -1,
      statement: -1,
      args: [queue, job.slot],
    });
    const size = TX_DESC.size;
    const got = dmaRead(machine, { device, queue, iova, size, what: WHAT.descriptor });
    if (!got || got === WAITS)
      return [{ ...job, call, stage: "done", isFaulty: true }, cost("dma")];
    const at = read(TX_DESC, got.bytes, 0, "buffer_addr");
    const length = read(TX_DESC, got.bytes, 0, "length");
    const isFaulty = length === 0 || length > PACKET_MAX;
    return [{ ...job, call, at, length, isFaulty, stage: isFaulty ? "done" : "read" }, got.span];
  },
  read: (machine, device, job) => {
    const { queue } = job;
    const iova = job.at + job.data.length;
    const size = piece(iova, job.length - job.data.length);
    const got = dmaRead(machine, { device, queue, iova, size, what: WHAT.packet });
    if (!got || got === WAITS) return [{ ...job, stage: "done", isFaulty: true }, cost("dma")];
    const data = Uint8Array.of(...job.data, ...got.bytes);
    return [{ ...job, data, stage: data.length < job.length ? "read" : "send" }, got.span];
  },
  send: (machine, device, job) => {
    const { number, sent } = record(machine.nicRings, job.ring);
    emit(machine, "packet.leave", device, number, Bytes(job.length));
    put(machine, job.ring, { sent: sent + 1, last: job.data });
    return [{ ...job, stage: "done" }, ns(0)];
  },
};

/** The descriptor says that it is done, sent or not. Where its ring is gone there is none. */
function finishSending(machine: HwPart, nic: number, job: TxJob, isGone: boolean): void {
  const { device } = record(machine.nics, nic);
  let span = ns(0);
  if (!isGone) {
    const { queue, iova } = descAt(machine, job, "cq");
    const { at } = TX_DESC.fields.status;
    const access = { device, queue, iova: iova + at, size: 1, what: WHAT.status };
    span = spent(dmaWrite(machine, access, Uint8Array.of(TX_STATUS.DD)));
    put(machine, job.ring, { txHead: (job.slot + 1) % NIC_DEPTH });
  }
  if (job.call >= 0) closeCall(machine, job.call, { value: job.isFaulty || isGone ? -1 : 0 });
  const { tx: _tx, ...idle } = record(machine.nics, nic);
  machine.nics[nic] = idle;
  startSending(machine, nic, span);
}

/**
 * A store to a tail register arrives: the card may use the slots before it. A register that no ring
 * has is nobody's, and a ring that is not in use takes no tail. Whose ring it is nobody asks.
 */
export function nicStoreArrives(machine: HwPart, arg: number): void {
  const { id: device } = record(machine.actors, machine.agenda.actor);
  const nic = nicOf(machine, device);
  const found = ringStore(machine, device, arg);
  if (!found) return;
  const ring = record(machine.nics, nic).firstRing + found.number;
  if (record(machine.nicRings, ring).queue < 0) return;
  const tail = found.value % NIC_DEPTH;
  if (found.register === "RDT") put(machine, ring, { rxTail: tail });
  else {
    put(machine, ring, { txTail: tail });
    startSending(machine, nic);
  }
}
