/** Scenes from a run: every drawing of the model starts here. */

export { ALL_VIEWS, draw, viewsOf } from "./all-views.ts";
export { type BlocksView, blocksAt } from "./blocks-at.ts";
export { CARD_RING_VIEWS } from "./card-ring-views.ts";
export { type Drawn, type DrawOptions, drawFrom, ladderAt, type NotDrawn } from "./draw.ts";
export { FIRST_VIEWS } from "./first-views.ts";
export { MEMORY_VIEWS } from "./memory-views.ts";
export { MORE_VIEWS } from "./more-views.ts";
export { RING_VIEWS } from "./ring-views.ts";
export {
  type TraceLane,
  type TraceMoment,
  type TraceScene,
  type TraceSource,
  type TraceSpan,
  type TraceWish,
  traceOf,
} from "./trace.ts";
export type { TraceArrow, TraceCounter } from "./trace-links.ts";
export {
  drawFutures,
  drawMoments,
  futureLadder,
  partingWords,
  type Two,
  type TwoWish,
} from "./two.ts";
export type { ViewMaker, ViewTable, Wanted } from "./views.ts";
