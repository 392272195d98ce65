import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode, hash, type Machine, runFlow } from "../../../engine/index.ts";
import { check, RUNS } from "../core/fuzz.ts";
import { play } from "./play.ts";
import { aPlot } from "./plot.ts";

/** Where FUZZ_RUNS is large: a second for ten stories, on a busy machine. */
const TIMEOUT = 60_000 + 100 * RUNS;

test(
  "whatever processes call, nothing breaks, and nothing is left when they are gone",
  () =>
    check(
      fc.property(aPlot, (plot) => {
        expect(play(plot).lines.length).toBeGreaterThan(0);
      }),
    ),
  TIMEOUT,
);

test(
  "a story is the same one when it is read as a flow, and when it is gone back in",
  () =>
    check(
      fc.property(aPlot, fc.nat(99), (plot, percent) => {
        const teller = play(plot);
        const flow = { text: teller.flow(), file: "chaos.flow" };
        const at = Math.floor((teller.picks.length * percent) / 100);
        let then = "";
        const onStep = (machine: Machine): void => {
          if (machine.agenda.step === at) then = hash(machine);
        };
        const read = runFlow(flow, new Map(), { picks: teller.picks, onStep });
        expect(read.ok).toBe(true);
        if (!read.ok) return;
        expect(hash(read.run.machine)).toBe(hash(teller.machine));
        if (at > 0) expect(hash(read.run.machineAt(at))).toBe(then);
      }),
      { share: 0.05 },
    ),
  TIMEOUT,
);

test(
  "one that was written down in the middle, and read back, goes on to the same end",
  () =>
    check(
      fc.property(aPlot, fc.nat(99), (plot, percent) => {
        const middle = Math.floor((plot.turns.length * percent) / 100);
        const written = play(plot, (teller, at) => {
          if (at === middle) teller.become(decode<Machine>(encode(teller.machine)));
        });
        expect(hash(written.machine)).toBe(hash(play(plot).machine));
      }),
      { share: 0.05 },
    ),
  TIMEOUT,
);
