/** Drawings of a run, for the pages at build time and for the player. */
import {
  type Drawn,
  draw,
  type Part,
  type Picture,
  toAscii,
  type View,
  viewsOf,
} from "../../diagrams/index.ts";
import type { Run } from "../../engine/index.ts";

export { type View, viewsOf };
export type Form = "picture" | "text";

/** One drawing: the text, the layout that it was printed from, and which view that is. */
export interface Drawing {
  readonly text: string;
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

/** The drawing, or what is in its way: "needs 62 columns". */
export function drawingOf(run: Run, wanted: Wanted, width: number): Drawing | string {
  const drawn = drawStep(run, wanted, width);
  if (!drawn.ok) return drawn.message;
  const text = toAscii(drawn.picture, { parts: PARTS });
  return text.ok ? { text: text.text, picture: drawn.picture, view: drawn.view } : text.message;
}

/** The whole drawing, its title too, as it goes into a mail; or what is in its way. */
export function wholeOf(run: Run, wanted: Wanted): Pick<Drawing, "picture" | "view"> | string {
  const drawn = drawStep(run, wanted, WIDE);
  return drawn.ok ? drawn : drawn.message;
}

/** In the view that is wanted; where that says nothing of the step, in the first that does. */
function drawStep(run: Run, { at, view, since }: Wanted, width: number): Drawn {
  const from = since === undefined ? {} : { from: since };
  const wanted = draw(run, { at, view, width, ...from });
  if (wanted.ok || wanted.kind !== "view") return wanted;
  for (const other of viewsOf(run)) {
    const drawn = draw(run, { at, view: other, width, ...from });
    if (drawn.ok || drawn.kind !== "view") return drawn;
  }
  return wanted;
}
