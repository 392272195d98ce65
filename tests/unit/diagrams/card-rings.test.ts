/** Which of a card's two rings is drawn at a step, and what stands in it. */

import { expect, test } from "vitest";
import { cardRingOr } from "../../../diagrams/scene/card-ring.ts";
import { runOf } from "./runs.ts";

/** Slots in order, by the first letter of their state; a point is free. */
function ringAt(flow: string, at: string): { readonly note: string; readonly slots: string } {
  const run = runOf(flow);
  const step = run.steps.find(({ label, number }) => label === at || number === at);
  if (!step) throw new Error(`${flow} has no step ${at}`);
  const ring = cardRingOr({
    run,
    step,
    before: run.machineAt(step.before),
    machine: run.machineAt(step.after),
  });
  if (!ring) throw new Error(`${flow}@${at} has no ring`);
  const slots = ring.cells.map(({ state, label }) =>
    state === "free" ? "." : `${state.slice(0, 1)}${label}`,
  );
  return { note: ring.notes[0] ?? "", slots: slots.join(" ") };
}

const RECEIVE = "Receive ring 3. Buffers for the card, 7; packets that nobody has taken, 0.";
const toSend = (ring: number, packets: number, sent: number) =>
  `Send ring ${ring}. Packets for the card, ${packets}; sent, and not taken back, ${sent}.`;

test.each([
  ["lend-a-ring", "filled", RECEIVE, "b b b b b b b ."],
  ["lend-a-ring", "nothing", RECEIVE, "b b b b b b b ."],
  ["lend-a-ring", "in", RECEIVE.replace("7;", "6;").replace("0.", "1."), "p5 b b b b b b ."],
  ["lend-a-ring", "received", RECEIVE, ". b b b b b b b"],
  ["lend-a-ring", "send", toSend(3, 1, 0), "b6 . . . . . . ."],
  ["lend-a-ring", "answered", toSend(3, 0, 1), "s6 . . . . . . ."],
  ["lend-a-ring", "pong", toSend(0, 0, 1), ". s6 . . . . . ."],
  ["ring-sends-much", "flood", toSend(3, 7, 0), "b1500 p1500 p1500 p1500 p1500 p1500 p1500 ."],
  ["ring-sends-much", "5", toSend(3, 6, 1), "s1500 b1500 p1500 p1500 p1500 p1500 p1500 ."],
  ["ring-sends-much", "all", toSend(3, 0, 7), "s1500 s1500 s1500 s1500 s1500 s1500 s1500 ."],
])("%s@%s", (flow, at, note, slots) => {
  expect(ringAt(flow, at)).toEqual({ note, slots });
});
