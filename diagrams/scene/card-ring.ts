/** The receive ring of a network card at a step: what the card may fill, and what it has filled. */

import { type Machine, RX_DESC, readField, readFrame, record } from "../../engine/index.ts";
import type { Ring, RingCell } from "../layout/index.ts";
import { deviceName } from "./cast.ts";

type CardRing = Machine["nicRings"][number];

/** The ring of a card that a queue is; undefined where it is none, or has gone back. */
export function cardRingOf(machine: Machine, queue: number): CardRing | undefined {
  return queue < 0 ? undefined : machine.nicRings.find((ring) => ring.queue === queue);
}

const FREE = "free";

/** Who fills the ring with buffers and empties it, and where that one looks next. */
function driverOf(machine: Machine, { queue, kernel }: CardRing) {
  if (kernel) return { name: "kernel", by: "kernel", next: kernel.rxNext } as const;
  const user = machine.userQueues.find((one) => one.queue === queue);
  if (user?.state.kind !== "nic") return undefined;
  const { name } = record(machine.tasks, user.pid);
  return { name, by: "process", next: user.state.rxNext } as const;
}

function between(from: number, to: number, slots: number): number[] {
  return Array.from({ length: (to - from + slots) % slots }, (_, at) => (from + at) % slots);
}

/** By slot: "buffer" for the card, "busy" while it fills it, "packet" for the driver; others are free. */
function states(machine: Machine, ring: CardRing, slots: number): ReadonlyMap<number, string> {
  const { rxHead, rxTail } = ring;
  const next = driverOf(machine, ring)?.next ?? rxHead;
  const found = new Map<number, string>();
  for (const slot of between(next, rxHead, slots)) found.set(slot, "packet");
  for (const slot of between(rxHead, rxTail, slots)) found.set(slot, "buffer");
  const { rx } = record(machine.nics, ring.nic);
  if (rx?.queue === ring.queue) found.set(rx.slot, "busy");
  return found;
}

/** Bytes of the packet in a slot, as its descriptor says. */
function lengthAt(machine: Machine, { queue }: CardRing, slot: number): string {
  const pfn = machine.queues.pfn[queue] as Parameters<typeof readFrame>[1];
  const desc = readFrame(machine, pfn, slot * RX_DESC.size, RX_DESC.size);
  return String(readField(RX_DESC, desc, 0, "length"));
}

/** @returns nothing where nobody drives the ring yet */
export function cardRing(
  machine: Machine,
  before: Machine,
  ring: CardRing,
  title: readonly string[],
): Ring | undefined {
  const driver = driverOf(machine, ring);
  if (!driver) return undefined;
  const { name, by, next } = driver;
  const slots = machine.queues.depth[ring.queue] as number;
  const now = states(machine, ring, slots);
  const earlier = cardRingOf(before, ring.queue);
  const was = earlier ? states(before, earlier, slots) : now;
  const cells = between(0, slots, slots + 1).map((slot): RingCell => {
    const [state, old] = [now.get(slot) ?? FREE, was.get(slot) ?? FREE];
    const label = state === "packet" ? lengthAt(machine, ring, slot) : "";
    return { slot, state, label, ...(state === old ? {} : { changed: true, was: old }) };
  });
  const count = (state: string) => cells.filter((cell) => cell.state === state).length;
  const [buffers, packets] = [count("buffer"), count("packet")];
  const card = deviceName(machine, record(machine.nics, ring.nic).device);
  return {
    title,
    slots,
    cells,
    holds: "bytes",
    ends: [
      { role: "consumer", name: "RDH", value: ring.rxHead, who: `${card} fills buffers` },
      { role: "producer", name: "RDT", value: ring.rxTail, who: `${name} adds buffers`, by },
      { role: "consumer", name: "rx_next", value: next, who: `${name} takes packets`, by },
    ],
    notes: [
      `Receive ring ${ring.number}. Buffers for the card, ${buffers}; packets that nobody has taken, ${packets}.`,
      ...(buffers === 0 ? ["The card has no buffer, so the next packet is lost."] : []),
    ],
  };
}
