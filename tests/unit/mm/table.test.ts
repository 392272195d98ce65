import { expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import {
  ENTRIES,
  ENTRY,
  entryOf,
  makeTable,
  placeFor,
  tables,
  walk,
} from "../../../engine/mm/index.ts";

const BLOCK = PAGE * ENTRIES;

test("under a block there is no place for a page: nothing is made, and the block stays", () => {
  const all = tables();
  const root = makeTable(all);
  const block = placeFor(all, root, 3 * BLOCK, 1);
  all.entries[block] = entryOf(7, ENTRY.READ);
  const { made } = all;
  expect(placeFor(all, root, 3 * BLOCK + PAGE)).toBe(-1);
  expect(all.made).toBe(made);
  expect(walk(all, root, 3 * BLOCK + PAGE)).toEqual({
    entry: entryOf(7, ENTRY.READ),
    level: 1,
    place: block,
  });
  expect(placeFor(all, root, 4 * BLOCK)).toBeGreaterThan(block);
});
