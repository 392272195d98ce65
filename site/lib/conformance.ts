import table from "../../content/conformance.json" with { type: "json" };
import { type Row, type RowOutcome, readRows, runRows } from "../../engine/check/index.ts";
import { emptyMachine, OPS, stepBy } from "../../engine/index.ts";

/** A row of the table, with what the model makes of it. */
export interface Shown extends Row {
  readonly outcome: RowOutcome;
  /** The outcome that Linux has, in words. */
  readonly words: readonly string[];
}

export interface ShownArea {
  readonly name: string;
  readonly rows: readonly Shown[];
  readonly passed: number;
}

let areas: readonly ShownArea[] | undefined;

/** Runs every row, once for all pages. @returns the areas in the order of the file */
export function conformance(): readonly ShownArea[] {
  areas ??= runAll();
  return areas;
}

function runAll(): readonly ShownArea[] {
  const rows = readRows(table);
  const outcomes = runRows({ ops: OPS, emptyMachine, stepBy }, rows);
  const shown = rows.map((row, at): Shown => {
    return { ...row, outcome: outcomes[at] as RowOutcome, words: wordsOf(row) };
  });
  return [...new Set(rows.map(({ area }) => area))].map((name) => {
    const own = shown.filter(({ area }) => area === name);
    const passed = own.filter(({ outcome }) => outcome.outcome === "passed").length;
    return { name, rows: own, passed };
  });
}

/** An errno, a value, an event: each a line. */
function wordsOf({ then: { errno, result, event } }: Row): string[] {
  const value = typeof result === "string" ? result : JSON.stringify(result, null, 1);
  return [
    ...(errno === undefined ? [] : [`Fails with ${errno === "E" ? "that errno" : errno}.`]),
    ...(result === undefined ? [] : [`Result: ${value?.replace(/\s+/g, " ")}`]),
    ...(event === undefined ? [] : [`Event: ${event}`]),
  ];
}

/** What became of a row, in a word or two. */
export function outcomeWords({ outcome }: RowOutcome): string {
  if (outcome === "passed") return "passed";
  return outcome === "failed" ? "not modelled" : "out of scope";
}
