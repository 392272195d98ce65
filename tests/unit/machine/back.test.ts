import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hash } from "../../../engine/index.ts";
import { NAMES, runOf } from "./flows.ts";
import { forwards } from "./hashes.ts";

/**
 * Back is forward again: step k is the same bits however it is reached. For every flow and every
 * machine step: forwards, by going back, in another process; `checkpoint.test.ts` has the rest.
 */

test("there are flows to try", () => {
  expect(NAMES).toEqual(expect.arrayContaining(["send-request", "fork-cow", "gup-dontneed"]));
});

/** Machine steps that one flow's way back may take. */
const REPLAYED_MAX = 15_000;

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

  test("in another process", () => {
    expect(inAnotherProcess(name)).toEqual(sums);
  });
});
