/** The ring, as a part of its own: a page fetches it for the stories that are about a ring. */

import type { Run } from "../../engine/index.ts";
import { layoutRings, type Ring } from "../layout/index.ts";
import { usedQueues } from "./queue.ts";
import { type RingWish, ringOf } from "./ring.ts";
import { placeOf, type ViewTable } from "./views.ts";

/** @param ringAt  what draws the ring; few stories have a card, and theirs comes apart */
export function ringViews(ringAt: (wish: RingWish) => Ring | undefined): ViewTable {
  return {
    rings: {
      has: (run: Run) => usedQueues(run).length > 0,
      layout: (run, { step, width }) => {
        const [before, machine] = [run.machineAt(step.before), run.machineAt(step.after)];
        const ring = ringAt({ run, step, before, machine });
        return ring ? layoutRings(ring, width) : `no ring to show at ${placeOf(step)}`;
      },
    },
  };
}

/** For stories without a network card. */
export const RING_VIEWS = ringViews(ringOf);
