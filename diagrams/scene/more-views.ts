/**
 * The views that a page fetches when a reader chooses one of them. A view is one row: nothing that
 * FIRST_VIEWS needs may come in by this file.
 */

import { layoutWalk } from "../layout/index.ts";
import { placeOf, type ViewTable } from "./views.ts";
import { walkOf } from "./walk.ts";
import { hasWalk } from "./walk-subject.ts";

export const MORE_VIEWS: ViewTable = {
  walk: {
    has: hasWalk,
    layout: (run, { step, width }) => {
      const walk = walkOf(run, step);
      return walk ? layoutWalk(walk, width) : `no walk to show at ${placeOf(step)}`;
    },
  },
};
