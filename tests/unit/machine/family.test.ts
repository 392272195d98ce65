/** A story needs the drivers of its framework, and no others: a page that has fetched them alone sees the same. */

import { expect, test } from "vitest";
import { encode } from "../../../engine/core/index.ts";
import { BENCH } from "../../../engine/family-bench.ts";
import { FAMILIES, hash, OPS, playBy, type Run, readFlow } from "../../../engine/index.ts";
import { LIBRARY, NAMES } from "../diagrams/runs.ts";

/** The state at each story step, and what was said on the way. */
function whole(run: Run) {
  const states = run.steps.map(({ after }) => hash(run.machineAt(after)));
  const { kind, step, args, count } = run.events;
  const said = [kind.subarray(0, count), step.subarray(0, count), args.subarray(0, 4 * count)];
  return { ok: run.ok, end: run.end, steps: run.steps, states, said: encode(said) };
}

test.each(NAMES)("%s runs on the drivers of its framework as on all", (name) => {
  const read = readFlow({ text: LIBRARY.get(name) ?? "", file: `${name}.flow` }, LIBRARY);
  if (!read.ok) throw new Error(name);
  const family = FAMILIES[read.told.cast.main.header.framework];
  if (!family) throw new Error(`${name} has a framework without drivers`);
  const alone = whole(playBy(family, read.told));
  expect(alone).toEqual(whole(playBy({ ...family, ops: OPS }, read.told)));
  expect(alone.ok).toBe(true);
});

test("what two families have under one name is one thing, and together they are OPS", () => {
  const families = [...new Set(Object.values(FAMILIES)), BENCH];
  for (const table of ["file", "routines", "device", "mdev", "engines"] as const) {
    const rows = families.flatMap(({ ops }) => Object.entries(ops[table] ?? {}));
    const found = new Map<string, unknown>(rows);
    for (const [name, row] of rows) expect(found.get(name), name).toBe(row);
    for (const { ops } of families) expect(OPS[table]).toMatchObject(ops[table] ?? {});
  }
});
