/** A view is a row of a table. Whoever draws names the table, and what stands in it is drawn. */

import { expect, test } from "vitest";
import {
  ALL_VIEWS,
  draw,
  drawFrom,
  FIRST_VIEWS,
  layoutRings,
  MEMORY_VIEWS,
  MORE_VIEWS,
  RING_VIEWS,
  toAscii,
  VIEWS,
  type ViewMaker,
  viewsOf,
} from "../../../diagrams/index.ts";
import { NAMES, runOf } from "./runs.ts";

const run = runOf("send-request");

/** A view that says at which step it was asked, and from which on. It says nothing of step 1. */
const ASKED: ViewMaker = {
  has: ({ flow }) => flow.header.framework === "spimdev",
  layout: (_, { step, from, width }) => {
    if (step.number === "1") return "nothing to show at step 1";
    const title = [`at ${step.number}, from ${from?.number}`];
    return layoutRings({ title, slots: 2, cells: [], ends: [], notes: [] }, width);
  },
};
const TABLE = { blocks: ASKED };

function said(options: Parameters<typeof drawFrom>[2], of = run): string {
  const drawn = drawFrom(TABLE, of, options);
  const text = drawn.ok ? toAscii(drawn.picture) : drawn;
  return text.ok ? (text.text.trim().split("\n")[0] ?? "") : text.message;
}

test("what stands in the table is drawn, with the step, the slice and the width asked for", () => {
  expect(said({ at: "@done", view: "blocks", from: "@send" })).toBe("at 7, from 5");
  expect(said({ at: "1", view: "blocks" })).toBe("nothing to show at step 1");
  expect(said({ at: "@done", view: "blocks", width: 4 })).toMatch(/^needs \d+ columns$/);
});

test("what does not stand there, or says nothing of the run, is refused by what there is", () => {
  expect(said({ at: "@done", view: "sequence" })).toBe(
    "no view sequence of this run; there is blocks",
  );
  const plain = runOf("send-request-ioctl");
  expect(said({ at: "1", view: "blocks" }, plain)).toMatch(/^no view blocks of this run/);
  expect(draw(run, { at: "@done", view: "nothing" as "blocks" })).toMatchObject({ kind: "view" });
});

test("no view stands in two tables, and none has a name that nobody offers", () => {
  const tables = [FIRST_VIEWS, MEMORY_VIEWS, RING_VIEWS, MORE_VIEWS];
  const names = tables.flatMap((table) => Object.keys(table));
  // `space` has no tab: the build and wd draw it, no player does.
  const all = Object.keys(ALL_VIEWS).filter((view) => view !== "space");
  expect(names.toSorted()).toEqual(all.toSorted());
  expect(VIEWS).toEqual(expect.arrayContaining(names));
});

test.each(NAMES)("%s offers each view that says something of it, once", (name) => {
  const views = viewsOf(runOf(name));
  const has = VIEWS.filter((view) => view !== "space" && ALL_VIEWS[view]?.has(runOf(name)));
  expect(views.toSorted()).toEqual(has.toSorted());
  expect(views.slice(1)).toEqual(has.filter((view) => view !== views[0]));
});
