import { expect, test } from "vitest";
import { runRows } from "../../engine/check/index.ts";
import { OPEN_ROWS } from "../unit/check/open-rows.ts";
import { ENGINE, ROWS } from "../unit/check/support.ts";

/** One test a row, so that a mutant is tried on the rows that reach it and on no other. */
test.each(ROWS.filter(({ id }) => !OPEN_ROWS.includes(id)))("$id", (row) => {
  expect(runRows(ENGINE, [row]).filter(({ outcome }) => outcome === "failed")).toEqual([]);
});
