import { describe, expect, test } from "vitest";
import { copyOf, deaf, decode, encode, hash, type Machine, step } from "../../../engine/index.ts";
import { NAMES, runOf } from "./flows.ts";
import { forwards } from "./hashes.ts";

/** Step k is the same bits from a checkpoint, and from a machine that was written down. */

describe.each(NAMES)("%s", (name) => {
  const run = runOf(name);
  const sums = forwards(run.machineAt(0));
  const last = sums.length - 1;

  test("from a checkpoint, which stays what it was", () => {
    const machine = run.machineAt(0);
    const sink = deaf();
    const checkpoints: Machine[] = [];
    for (let at = 0; at <= last; at += 1) {
      if (at % 16 === 0) checkpoints.push(copyOf(machine));
      step(machine, sink);
    }
    for (const [index, checkpoint] of checkpoints.entries()) {
      const again = copyOf(checkpoint);
      for (let at = 16 * index; at <= Math.min(16 * index + 20, last); at += 1) {
        expect(hash(again), `step ${at}`).toBe(sums[at]);
        step(again, sink);
      }
      expect(hash(checkpoint), "the checkpoint itself").toBe(sums[16 * index]);
    }
  });

  test("from text: written and read back at every step, and going on from there", () => {
    let machine = run.machineAt(0);
    const sink = deaf();
    for (let at = 0; at <= last; at += 1) {
      machine = decode<Machine>(encode(machine));
      expect(hash(machine), `step ${at}`).toBe(sums[at]);
      step(machine, sink);
    }
    expect(machine.story.isOver || machine.end !== undefined).toBe(
      run.machine.story.isOver || run.machine.end !== undefined,
    );
  });
});
