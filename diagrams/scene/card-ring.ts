/** A ring of a network card at a step, of receive or of send: what is the card's, and what is done. */

import {
  DMA_WHAT,
  descOffset,
  KIND_NAMES,
  type Machine,
  type Run,
  RX_DESC,
  readField,
  readFrame,
  record,
  type Step,
  TX_DESC,
} from "../../engine/index.ts";
import type { Ring, RingCell } from "../layout/index.ts";
import { deviceName } from "./cast.ts";
import { queueOf } from "./queue.ts";
import { momentWords, type RingWish, ringOf } from "./ring.ts";
import { titleOf } from "./title.ts";

type CardRing = Machine["nicRings"][number];

/** The ring of a card that a queue is; undefined where it is none, or has gone back. */
function cardRingOf(machine: Machine, queue: number): CardRing | undefined {
  return queue < 0 ? undefined : machine.nicRings.find((ring) => ring.queue === queue);
}

/** Events of a driver at a slot of a ring. Their first number is the queue. */
const LOOKS: ReadonlySet<string> = new Set(["ring.submit", "ring.reap", "ring.poll"]);

/**
 * Of a queue's two rings, is the last packet up to a step in that of send? A call that looks for
 * packets fills the ring of receive, tx_burst that of send. The card reads what goes, and writes what
 * has come; its looks at descriptors tell nothing.
 */
function isSending({ events, machine }: Run, step: Step, queue: number): boolean {
  let sends = false;
  for (let at = 0; at < events.count && (events.step[at] as number) <= step.after; at += 1) {
    const kind = KIND_NAMES[events.kind[at] as number];
    const [first, , what = 0, ofDma] = events.args.subarray(4 * at, 4 * at + 4);
    if (kind && LOOKS.has(kind) && first === queue) {
      sends = machine.calls[events.span[at] as number]?.call === "tx_burst";
    } else if (kind?.startsWith("dma.") && ofDma === queue && DMA_WHAT[what] === "packet") {
      sends = kind === "dma.read";
    }
  }
  return sends;
}

const FREE = "free";

/** Who is at the program's end of a ring, and what that one keeps in mind. */
function driverOf(machine: Machine, { queue, kernel }: CardRing) {
  if (kernel) return { name: "kernel", by: "kernel", mind: kernel } as const;
  const user = machine.userQueues.find((one) => one.queue === queue);
  if (user?.state.kind !== "nic") return undefined;
  const { name } = record(machine.tasks, user.pid);
  return { name, by: "process", mind: user.state } as const;
}

function between(from: number, to: number, slots: number): number[] {
  return Array.from({ length: (to - from + slots) % slots }, (_, at) => (from + at) % slots);
}

/** Slots that are not free, from one place up to another, in one state. */
type Part = readonly [from: number, to: number, state: string];

/** One of the two rings. `ends` begins with the card's own. */
interface Side {
  readonly parts: readonly Part[];
  readonly busy: number | undefined;
  readonly ends: Ring["ends"];
}

/** Who is at a ring, the card by its name. */
interface At {
  readonly nic: Machine["nics"][number];
  readonly card: string;
  readonly driver: NonNullable<ReturnType<typeof driverOf>>;
}

/** "buffer" for the card, "busy" while it fills it, "packet" for the driver. */
function receiving({ queue, rxHead, rxTail }: CardRing, { nic, card, driver }: At): Side {
  const { name, by, mind } = driver;
  return {
    parts: [
      [mind.rxNext, rxHead, "packet"],
      [rxHead, rxTail, "buffer"],
    ],
    busy: nic.rx?.queue === queue ? nic.rx.slot : undefined,
    ends: [
      { role: "consumer", name: "RDH", value: rxHead, who: `${card} fills buffers` },
      { role: "producer", name: "RDT", value: rxTail, who: `${name} adds buffers`, by },
      { role: "consumer", name: "rx_next", value: mind.rxNext, who: `${name} takes packets`, by },
    ],
  };
}

/** "stored" before the card is told, "packet" then, "busy" while it is read, "sent" until it is taken back. */
function sending({ queue, txHead, txTail }: CardRing, { nic, card, driver }: At): Side {
  const { name, by, mind } = driver;
  const back = `${name} takes buffers back`;
  return {
    parts: [
      [mind.txClean, txHead, "sent"],
      [txHead, txTail, "packet"],
      [txTail, mind.txNext, "stored"],
    ],
    busy: nic.tx?.queue === queue ? nic.tx.slot : undefined,
    ends: [
      { role: "consumer", name: "TDH", value: txHead, who: `${card} sends packets` },
      { role: "producer", name: "TDT", value: txTail, who: `${name} adds packets`, by },
      { role: "consumer", name: "tx_clean", value: mind.txClean, who: back, by },
    ],
  };
}

/** @returns nothing where nobody drives the ring yet */
function sideOf(machine: Machine, ring: CardRing, isSend: boolean): Side | undefined {
  const driver = driverOf(machine, ring);
  if (!driver) return undefined;
  const nic = record(machine.nics, ring.nic);
  const at = { nic, card: deviceName(machine, nic.device), driver };
  return isSend ? sending(ring, at) : receiving(ring, at);
}

/** Bytes of the packet in a slot, as its descriptor says. */
function lengthAt(machine: Machine, { queue }: CardRing, slot: number, isSend: boolean): string {
  const pfn = machine.queues.pfn[queue] as Parameters<typeof readFrame>[1];
  const desc = readFrame(machine, pfn, descOffset(isSend ? "tx" : "rx", slot), RX_DESC.size);
  return String(readField(isSend ? TX_DESC : RX_DESC, desc, 0, "length"));
}

function states(side: Side | undefined, slots: number): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [from, to, state] of side?.parts ?? []) {
    for (const slot of between(from, to, slots)) found.set(slot, state);
  }
  if (side?.busy !== undefined) found.set(side.busy, "busy");
  return found;
}

/**
 * The ring of a story with a card in it, also where a step is about another device's.
 *
 * @returns nothing where there is none yet, or nobody drives it
 */
export function cardRingOr(wish: RingWish): Ring | undefined {
  const { run, step, before, machine } = wish;
  const queue = queueOf(run, step) ?? -1;
  const ring = cardRingOf(machine, queue);
  if (!ring) return ringOf(wish);
  const isSend = isSending(run, step, queue);
  const title = [...titleOf(run), momentWords(run, step)];
  const side = sideOf(machine, ring, isSend);
  if (!side) return undefined;
  const slots = machine.queues.depth[ring.queue] as number;
  const now = states(side, slots);
  const earlier = cardRingOf(before, ring.queue);
  const was = earlier ? states(sideOf(before, earlier, isSend), slots) : now;
  const cells = between(0, slots, slots + 1).map((slot): RingCell => {
    const [state, old] = [now.get(slot) ?? FREE, was.get(slot) ?? FREE];
    const hasLength = isSend ? state !== FREE : state === "packet";
    const label = hasLength ? lengthAt(machine, ring, slot, isSend) : "";
    return { slot, state, label, ...(state === old ? {} : { changed: true, was: old }) };
  });
  const count = (state: string) => cells.filter((cell) => cell.state === state).length;
  const notes = isSend ? sendNotes : receiveNotes;
  return { title, slots, cells, holds: "bytes", ends: side.ends, notes: notes(ring.number, count) };
}

type Count = (state: string) => number;

function receiveNotes(number: number, count: Count): string[] {
  const [buffers, packets] = [count("buffer"), count("packet")];
  return [
    `Receive ring ${number}. Buffers for the card, ${buffers}; packets that nobody has taken, ${packets}.`,
    ...(buffers === 0 ? ["The card has no buffer, so the next packet is lost."] : []),
  ];
}

function sendNotes(number: number, count: Count): string[] {
  const [packets, busy, sent] = [count("packet"), count("busy"), count("sent")];
  const stored = count("stored");
  return [
    `Send ring ${number}. Packets for the card, ${packets + busy}; sent, and not taken back, ${sent}.`,
    ...(stored > 0 ? [`The card has not been told of ${stored}.`] : []),
    ...(count(FREE) === 1 && sent === 0 ? ["The ring is full: one slot stays empty."] : []),
  ];
}
