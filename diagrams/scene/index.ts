/** Scenes from a run: every drawing of the model starts here. */

export { ALL_VIEWS, draw, viewsOf } from "./all-views.ts";
export { type Drawn, type DrawOptions, drawFrom, ladderAt, type NotDrawn } from "./draw.ts";
export { FIRST_VIEWS } from "./first-views.ts";
export { MEMORY_VIEWS } from "./memory-views.ts";
export { MORE_VIEWS } from "./more-views.ts";
export { RING_VIEWS } from "./ring-views.ts";
export type { ViewMaker, ViewTable, Wanted } from "./views.ts";
