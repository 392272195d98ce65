/** Scenes from a run: every drawing of the model starts here. */

export { type Drawn, type DrawOptions, draw, ladderAt, type NotDrawn } from "./draw.ts";
export { type View, viewsOf } from "./views.ts";
