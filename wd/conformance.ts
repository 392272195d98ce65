import { type Row, type RowOutcome, readRows, runRows } from "../engine/check/index.ts";
import { emptyMachine, OPS, stepBy } from "../engine/index.ts";
import { projectText } from "./content.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad } from "./stop.ts";

const COLUMNS = ["passed", "failed", "out of scope"] as const;

/** Runs rows of the conformance table. Exit code 1 where one that is in scope does not pass. */
export async function run({ option }: Asked, io: Io): Promise<number> {
  const rows = readRows(JSON.parse(projectText("content/conformance.json")));
  const areas = [...new Set(rows.map(({ area }) => area))];
  const area = option("--area");
  if (area !== undefined && !areas.includes(area)) {
    throw bad(`--area: expected one of ${areas.join(" ")}, found "${area}"`, {
      word: area,
      known: areas,
    });
  }
  const wanted = rows.filter((row) => area === undefined || row.area === area);
  const outcomes = runRows({ ops: OPS, emptyMachine, stepBy }, wanted);
  const told = outcomes.map(({ butFor: _part, ...row }) => row);
  if (option("--json") === undefined) print(wanted, outcomes, io);
  else io.out(`${JSON.stringify({ version: 1, rows: told }, null, 2)}\n`);
  return outcomes.some(({ outcome }) => outcome === "failed") ? 1 : 0;
}

/** A line an area, then the rows that do not pass, with their reasons. */
function print(rows: readonly Row[], outcomes: readonly RowOutcome[], io: Io): void {
  const areas = [...new Set(rows.map(({ area }) => area))];
  const lines = areas.map((area) =>
    counted(
      area,
      outcomes.filter((one) => one.area === area),
    ),
  );
  const all = areas.length > 1 ? [counted("all", outcomes)] : [];
  const table = [["area", ...COLUMNS], ...lines, ...all];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((line) => line[at]?.length ?? 0)));
  for (const line of table) {
    const cells = line.map((cell, at) =>
      at === 0 ? cell.padEnd(widths?.[at] ?? 0) : cell.padStart(widths?.[at] ?? 0),
    );
    io.out(`${cells.join("  ")}\n`);
  }
  const parts = outcomes.filter(({ butFor }) => butFor !== undefined);
  if (parts.length > 0) io.out("\npassed, but for\n");
  for (const { id, butFor } of parts) io.out(`  ${id}  ${butFor}\n`);
  list("failed", "failed", outcomes, io);
  list("out-of-scope", "out of scope", outcomes, io);
}

function counted(name: string, outcomes: readonly RowOutcome[]): string[] {
  const count = (wanted: RowOutcome["outcome"]) =>
    String(outcomes.filter(({ outcome }) => outcome === wanted).length);
  return [name, count("passed"), count("failed"), count("out-of-scope")];
}

function list(
  wanted: RowOutcome["outcome"],
  words: string,
  outcomes: readonly RowOutcome[],
  io: Io,
): void {
  const rows = outcomes.filter(({ outcome }) => outcome === wanted);
  if (rows.length === 0) return;
  io.out(`\n${words}\n`);
  for (const { id, reason = "" } of rows) io.out(`  ${id}  ${reason}\n`);
}
