/** Drawings of a run, for the pages at build time and for the player. */
import { type Part, type Picture, toAscii } from "../../diagrams/index.ts";
import { draw, type Run, views } from "./engine-stub.ts";

export type View = "sequence" | "rings" | "memory";
export type Form = "picture" | "text";

/** One drawing: the text, and the layout that it was printed from. */
export interface Drawing {
  readonly text: string;
  readonly picture: Picture;
}

/** What to draw: a step, a view of it, since which step. */
export interface Wanted {
  readonly at: string;
  readonly view: View;
  readonly since?: string | undefined;
}

export const WIDE = 72;
export const NARROW = 40;

/** A page has a heading of its own: it leaves the drawing's title to the mail. */
export const PARTS: readonly Part[] = ["drawing", "legend"];

export function viewsOf(run: Run): readonly View[] {
  return views(run);
}

/** The drawing, or what is in its way: "needs 62 columns". */
export function drawingOf(run: Run, wanted: Wanted, width: number): Drawing | string {
  const drawn = draw(run, { ...request(wanted), width });
  if (!drawn.ok) return drawn.message;
  const text = toAscii(drawn.picture, { parts: PARTS });
  return text.ok ? { text: text.text, picture: drawn.picture } : text.message;
}

function request({ at, view, since }: Wanted) {
  const depth = at.split(".").length;
  const detail = depth === 1 ? "story" : depth === 2 ? "calls" : "kernel";
  return { at, view, detail, ...(since === undefined ? {} : { from: since }) } as const;
}

/** What Copy for mail gives: the whole drawing in 72 columns, and where to find it. */
export function mailOf(
  run: Run,
  { use: _, link, ...wanted }: Wanted & { readonly use: "mail" | "commit"; readonly link?: string },
): string {
  const drawn = draw(run, { ...request(wanted), width: WIDE });
  if (!drawn.ok) return drawn.message;
  const text = toAscii(drawn.picture);
  return text.ok ? `${text.text}\n  [1] ${link ?? ""}\n` : text.message;
}
