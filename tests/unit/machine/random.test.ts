import fc from "fast-check";
import { expect, test } from "vitest";
import { printFlow } from "../../../engine/flow/index.ts";
import { formatError, type RunOptions, runFlow } from "../../../engine/index.ts";
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
  const result = runFlow({ text, file: "f.flow" }, LIBRARY, options);
  if (!result.ok) {
    expect(result.errors.length).toBeGreaterThan(0);
    for (const error of result.errors) expect(formatError(error)).not.toContain("\n");
    return;
  }
  const { run } = result;
  expect(run.ok).toBe(run.failures.length === 0 && run.end === undefined);
  expect(stepFaults(run.steps, run.machine.agenda.step)).toEqual([]);
  for (const { file, line } of run.failures) {
    expect(file).toMatch(/\.flow$/);
    expect(line).toBeGreaterThan(0);
  }
}

const somePicks = fc.option(fc.array(fc.nat(2), { maxLength: 30 }), { nil: undefined, freq: 4 });

test(
  "a story with lines moved, dropped and made hostile is answered",
  () =>
    check(
      fc.property(aBadStory, somePicks, (text, picks) => isAnswered(text, picks ? { picks } : {})),
      { share: 2 },
    ),
  TIMEOUT,
);

test(
  "so is anything that the language can say",
  () => check(fc.property(aStory, (story) => isAnswered(printFlow(flowOfStory(story))))),
  TIMEOUT,
);
