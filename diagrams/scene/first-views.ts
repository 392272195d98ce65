/** The views that every page has at its first touch. */

import type { Run } from "../../engine/index.ts";
import { type Ladder, layoutMemory, layoutRings, layoutSequence } from "../layout/index.ts";
import { addressesOf, isSharing } from "./addresses.ts";
import { boardOf } from "./board.ts";
import { ladderOf } from "./ladder.ts";
import { momentsOf } from "./moments.ts";
import { usedQueues } from "./queue.ts";
import { ringOf } from "./ring.ts";
import { placeOf, type ViewTable, type Wanted } from "./views.ts";

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
  memory: {
    has: (run) => isSharing(run) && addressesOf(run).length > 0,
    layout: (run, { step, from, width }) => {
      const board = boardOf({ run, moments: momentsOf(run, step, from) });
      return board ? layoutMemory(board, width) : `no page to show at ${placeOf(step)}`;
    },
  },
  rings: {
    has: (run) => usedQueues(run).length > 0,
    layout: (run, { step, width }) => {
      const [before, machine] = [run.machineAt(step.before), run.machineAt(step.after)];
      const ring = ringOf({ run, step, before, machine });
      return ring ? layoutRings(ring, width) : `no ring to show at ${placeOf(step)}`;
    },
  },
};
