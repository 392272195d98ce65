/** Drawings of a run, for the pages at build time and for the player. */
import {
  drawFrom,
  type Part,
  type Picture,
  type View,
  type ViewTable,
} from "../../diagrams/index.ts";
import type { Run } from "../../engine/index.ts";

export type { View };
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

/** The views of a run, the best one first, and those of them that are here to draw from. */
export interface Shelf {
  readonly order: readonly View[];
  readonly table: ViewTable;
}

export const WIDE = 72;
export const NARROW = 40;

/** A page has a heading of its own: it leaves the drawing's title to the mail. */
export const PARTS: readonly Part[] = ["drawing", "legend"];

/**
 * In the view that is wanted; where that says nothing of the step, in the first that does.
 * @returns the drawing, or what is in its way: "needs 62 columns"
 */
export function drawingOf(
  { order, table }: Shelf,
  run: Run,
  { at, view, since, width }: Wanted & { readonly width: number },
): Drawing | string {
  const from = since === undefined ? {} : { from: since };
  let why = "";
  for (const one of [view, ...order]) {
    const drawn = drawFrom(table, run, { at, view: one, width, ...from });
    if (drawn.ok) return drawn;
    if (drawn.kind !== "view") return drawn.message;
    why ||= drawn.message;
  }
  return why;
}
