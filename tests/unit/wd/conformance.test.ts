import { expect, test } from "vitest";
import { OPEN_ROWS } from "../check/open-rows.ts";
import { ROWS } from "../check/support.ts";
import { wd } from "./shell.ts";

test("a line an area, and the rows that do not pass with their reasons", async () => {
  const { exit, out, err } = await wd(["conformance", "--area", "PGTABLE"]);
  expect([exit, err]).toEqual([0, ""]);
  expect(out).toMatch(/^area +passed +failed +out of scope\nPGTABLE +17 +0 +1\n/);
  expect(out).toContain(
    "\nout of scope\n  PGTABLE-004  granules of 16K and 64K are not modelled\n",
  );
});

test("--json has an outcome for every row of the table, and exit code 1 while one fails", async () => {
  const { exit, out } = await wd(["conformance", "--json"]);
  const { version, rows } = JSON.parse(out);
  expect([version, rows.length]).toEqual([1, 292]);
  expect(rows.map(({ id }: { id: string }) => id)).toEqual(ROWS.map(({ id }) => id));
  const failed = rows.filter(({ outcome }: { outcome: string }) => outcome === "failed");
  expect(failed).toHaveLength(OPEN_ROWS.length);
  expect(exit).toBe(OPEN_ROWS.length > 0 ? 1 : 0);
  for (const { outcome, reason } of rows) {
    expect(["passed", "failed", "out-of-scope"]).toContain(outcome);
    expect(reason === undefined).toBe(outcome === "passed");
  }
});

test("an area that is none is bad usage", async () => {
  const { exit, err } = await wd(["conformance", "--area", "VFIO-S"]);
  expect(exit).toBe(2);
  expect(err).toContain('did you mean "VFIO-SM"?');
});
