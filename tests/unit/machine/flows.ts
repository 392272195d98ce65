import { readdirSync, readFileSync } from "node:fs";
import { type Run, runFlow } from "../../../engine/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);

/** The texts of all flows, by name: whatever lies in the folder. */
export const LIBRARY: ReadonlyMap<string, string> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".flow"))
    .sort()
    .map((file) => [file.replace(/\.flow$/, ""), readFileSync(new URL(file, FOLDER), "utf8")]),
);

export const NAMES: readonly string[] = [...LIBRARY.keys()];

/** A run of a flow that can be read; whether its expectations hold is not asked here. */
export function runOf(name: string, picks: readonly number[] = []): Run {
  const text = LIBRARY.get(name);
  if (text === undefined) throw new Error(`no flow ${name}`);
  const result = runFlow({ text, file: `${name}.flow` }, LIBRARY, { picks });
  if (!result.ok) throw new Error(result.errors.map((error) => JSON.stringify(error)).join("\n"));
  return result.run;
}
