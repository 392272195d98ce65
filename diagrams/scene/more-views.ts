/**
 * The views that a page fetches when a reader chooses one of them. A view is one row: nothing that
 * FIRST_VIEWS needs may come in by this file.
 */

import {
  layoutBlocks,
  layoutChart,
  layoutStateTable,
  layoutTimeline,
  layoutWalk,
} from "../layout/index.ts";
import { blocksOf, hasBlocks } from "./blocks-view.ts";
import { chartOf } from "./chart.ts";
import { ownRequests } from "./run-spans.ts";
import { hasStates, statesOf, stateTableOf } from "./states-view.ts";
import { timelineOf } from "./timeline.ts";
import { placeOf, type ViewTable } from "./views.ts";
import { walkOf } from "./walk.ts";
import { hasWalk } from "./walk-subject.ts";

export const MORE_VIEWS: ViewTable = {
  blocks: {
    has: hasBlocks,
    layout: (run, { step, width }) => {
      const blocks = blocksOf(run, step, width);
      return blocks ? layoutBlocks(blocks, width) : `no blocks to show at ${placeOf(step)}`;
    },
  },
  walk: {
    has: hasWalk,
    layout: (run, { step, width }) => {
      const walk = walkOf(run, step);
      return walk ? layoutWalk(walk, width) : `no walk to show at ${placeOf(step)}`;
    },
  },
  states: {
    has: hasStates,
    layout: (run, { step, width }) => {
      const table = stateTableOf(run, step);
      if (table) return layoutStateTable(table, width);
      const states = statesOf(run, step);
      return states
        ? layoutBlocks(states, width, "states")
        : `no states to show at ${placeOf(step)}`;
    },
  },
  timeline: {
    has: (run) => ownRequests(run).length > 0,
    layout: (run, { step, from, width }) => {
      const timeline = timelineOf(run, step, from);
      return timeline ? layoutTimeline(timeline, width) : `no time has passed at ${placeOf(step)}`;
    },
  },
  chart: {
    has: (run) => ownRequests(run).length > 0,
    layout: (run, { step, width }) => {
      const chart = chartOf(run, step);
      return chart ? layoutChart(chart, width) : `nothing to count at ${placeOf(step)}`;
    },
  },
};
