import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXCEPTIONS, INVARIANTS, type InvariantName } from "../../../engine/check/index.ts";
import { type Machine, runFlow } from "../../../engine/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);
const FLOWS = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".flow"))
  .map((file) => file.slice(0, -".flow".length))
  .sort();
const TEXTS = new Map(
  FLOWS.map((name) => [name, readFileSync(new URL(`${name}.flow`, FOLDER), "utf8")]),
);
const NAMES = Object.keys(INVARIANTS) as readonly InvariantName[];

/** The statement that the story waits for, or that it told last: its label, or its line. */
function stepOf({ story, script }: Machine): string {
  const entry = script[story.entry >= 0 ? story.entry : Math.max(0, story.cursor - 1)];
  const item = entry?.item;
  if (!item || !("at" in item)) return "?";
  return "label" in item && item.label !== undefined ? `@${item.label}` : `line ${item.at.line}`;
}

/** Runs a flow. @returns "invariant at step: what" for the first time that each is broken */
function broken(name: string): Map<InvariantName, { step: string; said: string }> {
  const found = new Map<InvariantName, { step: string; said: string }>();
  const onStep = (machine: Machine): void => {
    for (const invariant of NAMES) {
      if (found.has(invariant)) continue;
      const said = INVARIANTS[invariant](machine);
      if (said !== undefined) found.set(invariant, { step: stepOf(machine), said });
    }
  };
  const text = TEXTS.get(name) ?? "";
  const result = runFlow({ text, file: `${name}.flow` }, TEXTS, { onStep, invariants: INVARIANTS });
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return found;
}

describe("after every step of a story all invariants hold, but for the listed exceptions", () => {
  test.each(FLOWS)("%s", (name) => {
    const seen = [...broken(name)].map(([invariant, { step, said }]) => {
      return `${invariant} at ${step} (${said})`;
    });
    const listed = EXCEPTIONS.filter(({ flow }) => flow === name);
    expect(seen.map((one) => one.replace(/ \(.*/, "")).sort(), seen.join("\n")).toEqual(
      listed.map(({ invariant, step }) => `${invariant} at ${step}`).sort(),
    );
  });
});

test("an exception is one of a flow that there is, and says why", () => {
  for (const { flow, why } of EXCEPTIONS) {
    expect(FLOWS).toContain(flow);
    expect(why.length).toBeGreaterThan(10);
  }
});
