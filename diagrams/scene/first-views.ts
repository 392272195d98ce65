/** The view that every story has, and that every page has at its first touch: the ladder. */

import type { Run } from "../../engine/index.ts";
import { type Ladder, layoutSequence } from "../layout/index.ts";
import { ladderOf } from "./ladder.ts";
import type { ViewTable, Wanted } from "./views.ts";

/** So many messages of a ladder are good to read; in few columns each takes two lines. */
const ROWS_WIDE = 30;
const ROWS_NARROW = 20;
/** From so many columns on a message has a line of its own. */
const WIDE = 72;

export function ladder(run: Run, { step, from, detail, width }: Wanted): Ladder {
  const machine = run.machineAt(step.after);
  const rows = width < WIDE ? ROWS_NARROW : ROWS_WIDE;
  return ladderOf({ run, machine, step, from, detail, rows });
}

export const FIRST_VIEWS: ViewTable = {
  sequence: {
    has: () => true,
    layout: (run, wanted) => layoutSequence(ladder(run, wanted), wanted.width),
  },
};
