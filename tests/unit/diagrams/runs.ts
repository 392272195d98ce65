/** The flows of content/flows/, run once for all tests of a file. */

import { readdirSync, readFileSync } from "node:fs";
import { allSteps, formatError, type Run, runFlow, type Step } from "../../../engine/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);

/** The texts of the flows, by name. */
export const LIBRARY: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".flow"))
    .sort()
    .map((file) => [file.replace(/\.flow$/, ""), readFileSync(new URL(file, FOLDER), "utf8")]),
);

const RUNS = new Map<string, Run>();

/** The run of a flow, or of a text that may stand on the flows. */
export function runOf(name: string, text = LIBRARY.get(name) ?? ""): Run {
  const known = RUNS.get(name);
  if (known) return known;
  const result = runFlow({ text, file: `${name}.flow` }, LIBRARY);
  if (!result.ok) throw new Error(result.errors.map(formatError).join("\n"));
  RUNS.set(name, result.run);
  return result.run;
}

/** The steps that the flow shows, by its own order. */
export function keySteps(run: Run): readonly Step[] {
  const all = allSteps(run.steps);
  return run.flow.header.show.flatMap((label) => all.filter((step) => step.label === label));
}

/** Why a flow gives no run; nothing where it gives one. */
export function brokenBy(name: string): string | undefined {
  try {
    runOf(name);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** The flows that run. That all of them do is a test of its own, in scene.test.ts. */
export const NAMES = [...LIBRARY.keys()].filter((name) => brokenBy(name) === undefined);
