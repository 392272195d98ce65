import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { copyOf, deaf, decode, encode, hash, type Machine, step } from "../../../engine/index.ts";
import { NAMES, runOf } from "./flows.ts";
import { forwards } from "./hashes.ts";

/**
 * Back is forward again: step k is the same bits however it is reached. For every flow and every
 * machine step: forwards, by going back, from a checkpoint, in another process, from text.
 */

test("there are flows to try", () => {
  expect(NAMES).toEqual(expect.arrayContaining(["send-request", "fork-cow", "gup-dontneed"]));
});

/** Machine steps that one flow's way back may take. */
const REPLAYED_MAX = 30_000;

/** Another program, started once: it has no state of this one. */
let elsewhere: Record<string, string[]> | undefined;

function inAnotherProcess(name: string): string[] | undefined {
  if (!elsewhere) {
    const program = fileURLToPath(new URL("hashes.ts", import.meta.url));
    const args = ["--disable-warning=ExperimentalWarning", program];
    const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
    elsewhere = JSON.parse(printed) as Record<string, string[]>;
  }
  return elsewhere[name];
}

describe.each(NAMES)("%s", (name) => {
  const run = runOf(name);
  const sums = forwards(run.machineAt(0));
  const last = sums.length - 1;

  test("forwards: what the run itself did, and every step changes something", () => {
    expect(hash(run.machine)).toBe(sums[last]);
    expect(run.machine.agenda.step).toBe(last);
    expect(new Set(sums).size).toBe(sums.length);
  });

  test("going back, from the last step to the first", () => {
    // Each goes from the start: of a long run not every step, so that the sum stays bounded.
    const stride = Math.ceil((last * last) / 2 / REPLAYED_MAX);
    for (let at = last; at >= 0; at -= stride) {
      expect(hash(run.machineAt(at)), `step ${at}`).toBe(sums[at]);
    }
  });

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

  test("in another process", () => {
    expect(inAnotherProcess(name)).toEqual(sums);
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
