import { ACTION, Bytes, emit, ns, plan, record, type Span } from "../core/index.ts";
import { deviceActor, type HwPart } from "./part.ts";

/**
 * A network card: pairs of rings, of which the kernel's driver keeps some and lends others.
 *
 *   network --> [wire] --rules--> ring 0   kernel's     filled and emptied by its driver
 *                                 ring 1   kernel's
 *                                 ring 2   lent         filled and emptied by a program
 */
export interface Nic {
  /** A place in `machine.devices`. */
  readonly device: number;
  /** Rings of this number and above are for lending; those below the kernel keeps. */
  readonly firstLent: number;
  /** The place of its ring 0 in `machine.nicRings`. */
  readonly firstRing: number;
  /** Which port leads to which ring. Whoever may set them decides who sees which packets. */
  readonly rules: readonly NicRule[];
  /** Packets that have arrived and are not in memory yet, oldest first. */
  readonly wire: readonly Packet[];
  readonly rx?: RxJob;
  readonly tx?: TxJob;
  /** The ring that last sent: the next one is asked first. */
  readonly lastSent: number;
}

/** Packets to one port go to one ring. */
export interface NicRule {
  readonly port: number;
  readonly ring: number;
}

/** One packet on its way in. */
export interface Packet {
  /** The port that it is for; NO_PORT for a ping, which has none. */
  readonly port: number;
  readonly data: Uint8Array;
  /** The row of `machine.calls` that tells of it. */
  readonly call: number;
}

export const NO_PORT = -1;

/** The packet that the card is putting into memory. */
export interface RxJob {
  /** A place in `machine.nicRings`, and the queue that it was when this began. */
  readonly ring: number;
  readonly queue: number;
  readonly slot: number;
  readonly stage: "fetch" | "write" | "done";
  /** The buffer that the descriptor names, and how much of the packet is in it. */
  readonly at: number;
  readonly moved: number;
  readonly isFaulty: boolean;
}

/** The packet that the card is taking out of memory. */
export interface TxJob {
  readonly ring: number;
  readonly queue: number;
  readonly slot: number;
  readonly call: number;
  readonly stage: "fetch" | "read" | "send" | "done";
  readonly at: number;
  readonly length: number;
  readonly data: Uint8Array;
  readonly isFaulty: boolean;
}

/**
 * A pair of rings as the card knows it. The card owns the slots from head up to tail, without it;
 * the driver owns the others. A value.
 */
export interface NicRing {
  readonly nic: number;
  /** Its number on the card. */
  readonly number: number;
  /** Its row of `machine.queues`; -1 where the ring is not in use. */
  readonly queue: number;
  readonly rxHead: number;
  readonly rxTail: number;
  readonly txHead: number;
  readonly txTail: number;
  /** Packets so far: put into memory, thrown away, sent. They stay where the ring goes back. */
  readonly received: number;
  readonly dropped: number;
  readonly sent: number;
  /** The last packet that it sent. */
  readonly last: Uint8Array;
  /** What the kernel's driver knows of its own ring; nothing for a lent one. */
  readonly kernel?: KernelRing;
}

/** The kernel driver's own record of a ring it keeps. */
export interface KernelRing {
  /** Its memory: the page of the rings, then the buffers. */
  readonly pfn: number;
  readonly iova: number;
  readonly rxNext: number;
  readonly txNext: number;
  readonly txClean: number;
  /** It was interrupted, and its interrupt is off until it has looked. */
  readonly isPolling: boolean;
  /** Packets that were handed on, and bytes in them. */
  readonly taken: number;
  readonly bytes: number;
}

/** Rings of a card where the header does not say; a page of registers has place for no more. */
export const NIC_RINGS = { usual: 4, most: 64, lent: 1 } as const;

/** Bytes of the longest packet: an Ethernet frame. */
export const PACKET_MAX = 1_518;

/** What an action of the card is about, where it is no doorbell. */
export const NIC_ACT = { rx: -1, tx: -2, poll: -3 } as const;

/** The card behind a device. -1 where it is none. */
export function nicOf(machine: HwPart, device: number): number {
  return machine.nics.findIndex((nic) => nic.device === device);
}

/** Files the card's next action. */
export function planNic(machine: HwPart, nic: number, what: number, delay: Span, call: number) {
  const { device } = record(machine.nics, nic);
  plan(machine.agenda, delay, ACTION.nic, deviceActor(machine, device), what, call);
}

/**
 * A packet arrives from the network, for the running call. The card has it, memory has not.
 *
 * @param port  what the rules look at; NO_PORT for a ping
 * @param data  1 to PACKET_MAX bytes. Leaves out: headers, checksums, the time on the wire.
 */
export function arrive(machine: HwPart, nic: number, port: number, data: Uint8Array): void {
  const before = record(machine.nics, nic);
  const call = machine.agenda.span;
  emit(machine, "packet.arrive", before.device, Bytes(data.length));
  machine.nics[nic] = { ...before, wire: [...before.wire, { port, data, call }] };
  if (before.wire.length === 0) planNic(machine, nic, NIC_ACT.rx, ns(0), call);
}
