/** Drawings of a run, for the pages at build time and for the player. */
import {
  type Drawn,
  draw,
  type Part,
  type Picture,
  type View,
  viewsOf,
} from "../../diagrams/index.ts";
import type { Run } from "../../engine/index.ts";

export { type View, viewsOf };
export type Form = "picture" | "text";

/** One drawing, laid out, and which view that is. */
export interface Drawing {
  readonly picture: Picture;
  readonly view: View;
}

/** What to draw: the number of a step, a view of it, the number of the step that it begins with. */
export interface Wanted {
  readonly at: string;
  readonly view: View;
  readonly since?: string | undefined;
}

export const WIDE = 72;
export const NARROW = 40;

/** A page has a heading of its own: it leaves the drawing's title to the mail. */
export const PARTS: readonly Part[] = ["drawing", "legend"];

/**
 * In the view that is wanted; where that says nothing of the step, in the first that does.
 * @returns the drawing, or what is in its way: "needs 62 columns"
 */
export function drawingOf(run: Run, { at, view, since }: Wanted, width: number): Drawing | string {
  const from = since === undefined ? {} : { from: since };
  const wanted = draw(run, { at, view, width, ...from });
  if (wanted.ok || wanted.kind !== "view") return drawnOr(wanted);
  for (const other of viewsOf(run)) {
    const drawn = draw(run, { at, view: other, width, ...from });
    if (drawn.ok || drawn.kind !== "view") return drawnOr(drawn);
  }
  return wanted.message;
}

function drawnOr(drawn: Drawn): Drawing | string {
  return drawn.ok ? drawn : drawn.message;
}
