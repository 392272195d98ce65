import fc from "fast-check";
import { expect, test } from "vitest";
import { INVARIANTS } from "../../../engine/check/index.ts";
import { deaf, decode, encode } from "../../../engine/core/index.ts";
import { copyOf, hash, type Machine, stepBy } from "../../../engine/machine.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { Card, LENT, lastOf, type Packet, packetsOf } from "./card.ts";

const BUFFERS = 16;

interface Op {
  readonly op: "packet" | "ping" | "look" | "forward" | "free" | "time";
  readonly n: number;
}

function some(op: Op["op"], weight: number, min: number, max: number) {
  const n = fc.integer({ min, max });
  return { weight, arbitrary: n.map((count): Op => ({ op, n: count })) };
}

/** What happens to a card, in any order: packets, looks of the program, and time. */
const anOp = fc.oneof(
  some("packet", 4, 0, 0),
  some("ping", 2, 0, 0),
  some("look", 3, 1, 9),
  some("forward", 2, 1, 9),
  some("free", 2, 0, 8),
  some("time", 6, 1, 12),
);

const aStory = fc.record({
  ops: fc.array(anOp, { size: "max", maxLength: 60 }),
  picks: fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
});
type Story = typeof aStory extends fc.Arbitrary<infer T> ? T : never;

/** The card beside what was sent to it: what the program has got, and what it has passed on. */
class Play {
  readonly card = new Card({ buffers: BUFFERS });
  readonly sent: string[] = [];
  readonly got: string[] = [];
  pings = 0;
  forwarded = 0;
  last = "";
  held: Packet[] = [];
  readonly #picks: readonly number[];

  constructor(picks: readonly number[]) {
    this.#picks = picks;
  }

  do({ op, n }: Op): void {
    if (op === "packet") {
      this.sent.push(`packet ${this.sent.length}`);
      this.card.send(this.sent.at(-1) as string);
    }
    if (op === "ping") {
      this.pings += 1;
      this.card.ping(`ping ${this.pings}`);
    }
    if (op === "time") this.pass(n);
    if (op === "look") this.look(n);
    if (op === "free") this.free(n);
    if (op === "forward") this.forward(n);
  }

  pass(n: number): void {
    for (let at = 0; at < n; at += 1) this.card.step(this.#picks[at % this.#picks.length] ?? 0);
  }

  look(n: number): number {
    const packets = packetsOf(this.card.slowly(this.#picks, "rx_burst", n));
    expect(packets.length).toBeLessThanOrEqual(n);
    for (const packet of packets) this.got.push(this.card.seen(packet));
    this.held.push(...packets);
    return packets.length;
  }

  free(n: number): void {
    const [packet] = this.held.splice(n % Math.max(1, this.held.length), 1);
    if (packet) expect(this.card.slowly(this.#picks, "pktmbuf_free", packet.at).value).toBe(0);
  }

  forward(n: number): void {
    const wanted = this.held.slice(0, n);
    const texts = wanted.map((packet) => this.card.seen(packet));
    const { value } = this.card.slowly(this.#picks, "tx_burst", wanted as never);
    expect(value).toBeLessThanOrEqual(Math.min(7, wanted.length));
    this.held = this.held.slice(value);
    this.forwarded += value;
    this.last = texts[value - 1] ?? this.last;
  }

  /** Each packet is somewhere, and each buffer of the pool in one place. */
  holds(): void {
    const { machine } = this.card.computer;
    const { rings, wire } = this.counts();
    const all = this.sent.length + this.pings;
    expect(rings + wire).toBe(all);
    const { pool, rxBuffers, txBuffers } = this.card.state();
    const flying = txBuffers.filter((buffer) => buffer >= 0);
    const held = this.held.map(({ at }) => at);
    const places = [...pool, ...rxBuffers, ...flying, ...held];
    expect(places).toHaveLength(BUFFERS);
    expect(new Set(places).size).toBe(BUFFERS);
    for (const [name, invariant] of Object.entries(INVARIANTS)) {
      expect(invariant(machine as never), name).toBeUndefined();
    }
  }

  counts(): { rings: number; wire: number } {
    const { nicRings, nics } = this.card.computer.machine;
    const rings = nicRings.reduce((sum, ring) => sum + ring.received + ring.dropped, 0);
    return { rings, wire: nics[0]?.wire.length ?? 0 };
  }

  /** All that is due, and all packets that are still in the ring. */
  end(): void {
    do {
      this.card.computer.run();
      while (this.held.length > 0) this.free(0);
    } while (this.look(9) > 0);
  }
}

/** `part` with some left out is what the other is: in that order, and none twice. */
function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === part[at]) at += 1;
  return at === part.length;
}

function keepsCount({ ops, picks }: Story): void {
  const play = new Play(picks);
  for (const op of ops) {
    play.do(op);
    play.holds();
  }
  play.end();
  play.holds();
  const { card, got, sent } = play;
  const [lent, kept] = [card.ring(LENT), card.ring(0)];
  expect(isPartOf(got, sent)).toBe(true);
  expect(got.length).toBe(sent.length - lent.dropped);
  expect([lent.sent, lastOf(lent)]).toEqual([play.forwarded, play.last]);
  expect(kept.received + kept.dropped).toBe(play.pings);
  expect(kept.kernel?.taken).toBe(kept.received);
  expect(kept.sent).toBeLessThanOrEqual(kept.received);
}

test(
  "no packet is lost or doubled but for those that are counted, whatever comes when",
  () => {
    check(fc.property(aStory, keepsCount), { share: 0.5 });
  },
  TIMEOUT,
);

/** Where the machine is after so many more steps. */
function after(card: Card, machine: Machine, steps: number): string {
  for (let at = 0; at < steps; at += 1) stepBy(card.computer.ops, machine, deaf());
  return hash(machine);
}

test(
  "a copy, and a machine that was written down and read, go on as the first does",
  () => {
    const property = fc.property(aStory, fc.nat(40), ({ ops, picks }, steps) => {
      const play = new Play(picks);
      for (const op of ops) play.do(op);
      const { card } = play;
      const { machine } = card.computer;
      const [copy, read] = [copyOf(machine), decode<Machine>(encode(machine))];
      expect([hash(copy), hash(read)]).toEqual([hash(machine), hash(machine)]);
      const there = after(card, copy, steps);
      expect([after(card, read, steps), after(card, machine, steps)]).toEqual([there, there]);
    });
    check(property, { share: 0.1 });
  },
  TIMEOUT,
);

test(
  "whatever comes, the end of the program leaves the card as the kernel had it",
  () => {
    const property = fc.property(aStory, fc.nat(12), ({ ops, picks }, steps) => {
      const play = new Play(picks);
      const { frames } = play.card.computer.machine;
      for (const op of ops) play.do(op);
      play.pass(steps);
      play.card.computer.kill(play.card.app);
      const { machine } = play.card.computer;
      expect(play.counts()).toEqual({ rings: play.sent.length + play.pings, wire: 0 });
      expect(play.card.computer.taken()).toBe(3);
      expect(play.card.ring(LENT).queue).toBe(-1);
      expect(Math.max(...frames.pins)).toBe(0);
      for (const [name, invariant] of Object.entries(INVARIANTS)) {
        expect(invariant(machine as never), name).toBeUndefined();
      }
      play.card.ping("ping at last");
      play.card.computer.run();
      expect(lastOf(play.card.ring(0))).toBe("pong at last");
    });
    check(property, { share: 0.2 });
  },
  TIMEOUT,
);
