/** The page board, as a part of its own: a page fetches it for the stories that are about memory. */

import { layoutMemory } from "../layout/index.ts";
import { addressesOf, isSharing } from "./addresses.ts";
import { boardOf } from "./board.ts";
import { momentsOf } from "./moments.ts";
import { placeOf, type ViewTable } from "./views.ts";

export const MEMORY_VIEWS: ViewTable = {
  memory: {
    has: (run) => isSharing(run) && addressesOf(run).length > 0,
    layout: (run, { step, from, width }) => {
      const board = boardOf({ run, moments: momentsOf(run, step, from) });
      return board ? layoutMemory(board, width) : `no page to show at ${placeOf(step)}`;
    },
  },
};
