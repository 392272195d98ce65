import type { Engine } from "../bench/index.ts";
import { AREAS } from "./areas.ts";
import { type Actual, compare } from "./compare.ts";
import { type Executor, lab } from "./lab.ts";
import type { Row, Then } from "./rows.ts";
import { inScope, kernelOf, OUT_OF_SCOPE, scopeOf } from "./scope.ts";

/** What became of one row. */
export interface RowOutcome {
  readonly id: string;
  readonly area: string;
  readonly outcome: "passed" | "failed" | "out-of-scope";
  /** Why it failed, or why it is out of scope. */
  readonly reason?: string;
  /** Which part of a row that passed was not run, and why. */
  readonly butFor?: string;
}

/** The reason of a row in scope that nobody wrote an executor for. It counts as failed. */
export const NOT_YET = "not modelled yet";

/** Runs rows against the engine, in their order. @returns one outcome for each */
export function runRows(engine: Engine, rows: readonly Row[]): readonly RowOutcome[] {
  return rows.map((row) => runRow(engine, row, AREAS[row.area]?.[row.id]));
}

/** Runs one row by its executor. What an assert says is a failure too: the state cannot be built. */
export function runRow(engine: Engine, row: Row, executor: Executor | undefined): RowOutcome {
  const { id, area } = row;
  const scope = scopeOf(row);
  if (scope) return { id, area, outcome: "out-of-scope", reason: OUT_OF_SCOPE[scope] };
  if (!executor) return { id, area, outcome: "failed", reason: NOT_YET };
  const { outcome, reason: missing } = inScope(row);
  const reason = differenceOf(engine, row, outcome, executor);
  if (reason !== undefined) return { id, area, outcome: "failed", reason };
  return { id, area, outcome: "passed", ...(missing === undefined ? {} : { butFor: missing }) };
}

function differenceOf(
  engine: Engine,
  row: Row,
  outcome: Then,
  executor: Executor,
): string | undefined {
  let actual: Actual | readonly Actual[];
  try {
    actual = executor(lab(engine, kernelOf(row)));
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  const all: readonly Actual[] = Array.isArray(actual) ? actual : [actual as Actual];
  if (all.length === 0) return "the executor shows nothing";
  for (const [index, one] of all.entries()) {
    const difference = compare(outcome, one);
    if (difference === undefined) continue;
    return all.length === 1 ? difference : `case ${index + 1}: ${difference}`;
  }
  return undefined;
}
