import table from "../../../content/conformance.json" with { type: "json" };
import { type Engine, type Row, readRows } from "../../../engine/check/index.ts";
import { emptyMachine, OPS, stepBy } from "../../../engine/index.ts";

/** The machine room as it is. */
export const ENGINE: Engine = { ops: OPS, emptyMachine, stepBy };

/** All rows, in the order of the file. */
export const ROWS: readonly Row[] = readRows(table);

export function rowOf(id: string): Row {
  const row = ROWS.find((one) => one.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
}
