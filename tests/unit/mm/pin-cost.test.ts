import { expect, test } from "vitest";
import { cost } from "../../../engine/core/index.ts";
import { pinPage } from "../../../engine/mm/index.ts";
import { bench, good, page, put, spaceOf } from "./bench.ts";

/** What a pin owes: a page that nobody touched is dearer than one that is there. */

// biome-ignore format: one case a line
const PINS = [
  ["a page that is there, to be written",          true,  true,  "pin"],
  ["a page that is there, to be read",             true,  false, "pin"],
  ["a page that nobody touched, to be written",    false, true,  "cold"],
  ["a page that nobody touched, to be read: zero", false, false, "cold"],
] as const;

test.each(PINS)("%s", (_what, isThere, isWrite, owed) => {
  const machine = bench();
  const mm = spaceOf(machine, 1);
  if (isThere) expect(put(machine, mm, page(0), 1)).toBe("ok");
  machine.agenda.owed = 7;
  good(pinPage(machine, mm, page(0), isWrite));
  expect(machine.agenda.owed).toBe(7 + cost(owed));
});
