/** The ring, as a part of its own: a page fetches it for the stories that are about a ring. */

import { layoutRings } from "../layout/index.ts";
import { usedQueues } from "./queue.ts";
import { ringOf } from "./ring.ts";
import { placeOf, type ViewTable } from "./views.ts";

export const RING_VIEWS: ViewTable = {
  rings: {
    has: (run) => usedQueues(run).length > 0,
    layout: (run, { step, width }) => {
      const [before, machine] = [run.machineAt(step.before), run.machineAt(step.after)];
      const ring = ringOf({ run, step, before, machine });
      return ring ? layoutRings(ring, width) : `no ring to show at ${placeOf(step)}`;
    },
  },
};
