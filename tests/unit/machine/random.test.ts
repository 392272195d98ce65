import fc from "fast-check";
import { expect, test } from "vitest";
import { printFlow } from "../../../engine/flow/index.ts";
import {
  type FlowError,
  formatError,
  type Run,
  type RunOptions,
  runFlow,
} from "../../../engine/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { aStory, flowOfStory } from "../flow/arbitrary-flow.ts";
import { stepFaults } from "../trace/step-faults.ts";
import { aBadStory } from "./arbitrary-story.ts";
import { LIBRARY } from "./flows.ts";

/**
 * Whatever a flow says, running it gives a result: errors of one line, or a run with its failures.
 * It never throws, and it comes to an end.
 */
function isAnswered(text: string, options: RunOptions = {}): void {
  let rest = text;
  // Lines that are refused are taken out, until what is left runs.
  for (let round = 0; round < 8; round += 1) {
    const result = runFlow({ text: rest, file: "f.flow" }, LIBRARY, options);
    if (result.ok) {
      isRun(result.run);
      return;
    }
    rest = withoutErrors(rest, result.errors);
  }
}

function withoutErrors(text: string, errors: readonly FlowError[]): string {
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(formatError(error)).not.toContain("\n");
  const wrong = new Set(errors.map(({ line }) => line));
  return text
    .split("\n")
    .filter((_line, at) => !wrong.has(at + 1))
    .join("\n");
}

function isRun(run: Run): void {
  expect(run.ok).toBe(run.failures.length === 0 && run.end === undefined);
  expect(stepFaults(run.steps, run.machine.agenda.step)).toEqual([]);
  for (const { file, line } of run.failures) {
    expect(file).toMatch(/\.flow$/);
    expect(line).toBeGreaterThan(0);
  }
}

/** A run that ends inside a call that another call made: no pick of that place is there. */
const CUT_OFF = `title T
kernel v4.18
framework uacce-v3
device hisi_zip-0 kind=zip hw=v1

app: drv_open(0, "hisi_qm_v1") = 0
`;

const somePicks = fc.option(fc.array(fc.nat(2), { maxLength: 30 }), { nil: undefined, freq: 4 });

test(
  "a story with lines moved, dropped and made hostile is answered",
  () =>
    check(
      fc.property(aBadStory, somePicks, (text, picks) => isAnswered(text, picks ? { picks } : {})),
      { share: 2, examples: [[CUT_OFF, [0, 0, 0, 1]]] },
    ),
  TIMEOUT,
);

test(
  "so is anything that the language can say",
  () => check(fc.property(aStory, (story) => isAnswered(printFlow(flowOfStory(story))))),
  TIMEOUT,
);
