/** Scenes from a run: every drawing of the model starts here. */

export { type Drawn, type DrawOptions, draw, type View, viewsOf } from "./draw.ts";
