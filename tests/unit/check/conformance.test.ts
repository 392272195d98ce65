import { describe, expect, test } from "vitest";
import { NOT_YET, OUT_OF_SCOPE, readRows, runRows } from "../../../engine/check/index.ts";
import { OPEN_ROWS } from "./open-rows.ts";
import { ENGINE, ROWS } from "./support.ts";

const OUTCOMES = runRows(ENGINE, ROWS);
const FAILED = OUTCOMES.filter(({ outcome }) => outcome === "failed");

test("the table has its 292 rows, each with an outcome", () => {
  expect(ROWS).toHaveLength(292);
  expect(OUTCOMES.map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
});

test("what fails is not modelled yet, and is listed; the list only shrinks", () => {
  expect(FAILED.filter(({ reason }) => reason !== NOT_YET)).toEqual([]);
  expect(FAILED.map(({ id }) => id).sort()).toEqual([...OPEN_ROWS].sort());
});

test("a row out of scope says why, by one of the named reasons", () => {
  const named: readonly string[] = Object.values(OUT_OF_SCOPE);
  const outside = OUTCOMES.filter(({ outcome }) => outcome === "out-of-scope");
  expect(outside.length).toBeLessThan(ROWS.length / 10);
  for (const { reason } of outside) expect(named).toContain(reason);
});

test("every id that an executor stands for is a row", async () => {
  const { AREAS } = await import("../../../engine/check/conformance/areas.ts");
  for (const [area, executors] of Object.entries(AREAS)) {
    const ids = ROWS.filter((row) => row.area === area).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(Object.keys(executors)));
  }
});

describe("a table that is none is named", () => {
  const [row] = ROWS;
  // biome-ignore lint/suspicious/noThenProperty: a row's outcome is called that
  const empty = { ...row, then: {} };
  const BAD = [
    [{ version: 2, rows: [] }, "a table of version 1"],
    [{ version: 1 }, "a table with rows"],
    [{ version: 1, rows: [{ ...row, source: "" }] }, "every row has source"],
    [{ version: 1, rows: [empty] }, "VFIO-SM-001 says no outcome"],
    [{ version: 1, rows: [row, row] }, "VFIO-SM-001 stands twice"],
  ] as const;
  test.each(BAD)("%o", (table, said) => {
    expect(() => readRows(table)).toThrow(said);
  });
});
