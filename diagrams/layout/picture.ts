/**
 * A laid-out picture: whole numbers of character cells, and what stands in them. Column 0 is the
 * left edge of a text; columns 0 and 1 are its indent. Text, SVG and the live view print the same.
 */

import type { Role } from "./scene.ts";
import type { View } from "./view-names.ts";
import { measure, tidy } from "./words.ts";

/** The indent that disarms git, and the width of everything that a drawing may use. */
export const INDENT = 2;

/** Whose colour. `text` is ours, `muted` is scaffolding, `refusal` is what was not allowed. */
export type Ink = Role | "text" | "muted" | "refusal";

/** A page may print the title itself, and take only the drawing and its legend from here. */
export type Part = "title" | "drawing" | "legend";

/** What a text is. */
export type Job = "title" | "name" | "step" | "label" | "section" | "note" | "cell" | "legend";

/** A key to characters stands in texts only; those who can draw say theirs in other words there. */
export type Form = "text" | "drawn";

interface Placed {
  readonly part: Part;
  readonly ink: Ink;
  /** The only form that it stands in; all where absent. */
  readonly form?: Form | undefined;
}

/** Words that start at a cell. `label` is the index of the label that they are a line of. */
export interface TextItem extends Placed {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly job: Job;
  readonly label: number;
  /** Current or changed: heavier. */
  readonly strong: boolean;
  /** Half cells from the left edge to where the middle ought to be, for those who can place it. */
  readonly middle?: number | undefined;
}

/** From the lane at `from` to the lane at `to`; what lies between is crossed. */
export interface ArrowItem extends Placed {
  readonly kind: "arrow";
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly style: "call" | "return";
  readonly end: "reached" | "refused";
}

/**
 * `o` passed, `>` current, `^` an end stands here, `|` acts on its own, `.` idle; `stem` leads down
 * from a name to its lane.
 */
export interface MarkItem extends Placed {
  readonly kind: "mark";
  readonly x: number;
  readonly y: number;
  readonly mark: "o" | ">" | "^" | "|" | "." | "stem";
  /** Half cells from the left edge to where it ought to be, for those who can place it. */
  readonly middle?: number;
}

/** A lane through rows `y0` to `y1`, both included. Text shows it only where something happens. */
export interface LifelineItem extends Placed {
  readonly kind: "lifeline";
  readonly x: number;
  readonly y0: number;
  readonly y1: number;
}

/** A line under or beside words, columns `x0` to `x1`, both included: `====`. */
export interface RuleItem extends Placed {
  readonly kind: "rule";
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
}

/** Lines on cells: uprights at the columns `xs`, levels at the rows `ys`. */
export interface GridItem extends Placed {
  readonly kind: "grid";
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** A ground behind cells, all edges included. Text has none. `frame` has an outline. */
export interface PanelItem extends Placed {
  readonly kind: "panel";
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly look: "current" | "changed" | "frame";
}

/**
 * What else a layout is made of, as it says itself: `spelling` in cells from `x` on, for text
 * (`\\` is a corner from above to the right, a blank leaves the cell alone), and `path`, for those who can draw,
 * its corners in tenths of a cell and of a row: x, y, x, y. An arrow has its head at the last
 * corner, a refused one a cross; a surface is filled; a frame is drawn as its role is. A spelling of
 * box drawing characters is 7-bit in 7-bit text. One of the two may be empty.
 */
export interface StrokeItem extends Placed {
  readonly kind: "stroke";
  readonly x: number;
  readonly y: number;
  readonly spelling: string;
  readonly path: readonly number[];
  readonly look: "line" | "arrow" | "refused" | "surface" | "frame";
}

export type Item =
  | TextItem
  | ArrowItem
  | MarkItem
  | LifelineItem
  | RuleItem
  | GridItem
  | PanelItem
  | StrokeItem;

export interface Picture {
  readonly view: View;
  /** What was asked for, and what is used of it. */
  readonly asked: number;
  readonly width: number;
  readonly height: number;
  readonly items: readonly Item[];
  /** Every label, whole, in the order in which it is read. An export that lacks one is refused. */
  readonly labels: readonly string[];
  /** Numbered notes so far: the next reference is one more. */
  readonly references: number;
}

/** A picture, or the least width at which there is one. */
export type Layout =
  | { readonly ok: true; readonly picture: Picture }
  | { readonly ok: false; readonly needs: number };

/** A picture while it is made: `y` is the next free row. */
export interface Sheet {
  readonly width: number;
  readonly items: Item[];
  readonly labels: string[];
  y: number;
}

export function sheet(width: number): Sheet {
  return { width, items: [], labels: [], y: 0 };
}

/** How a text is to look. */
export interface Look {
  readonly part: Part;
  readonly ink: Ink;
  readonly job: Job;
  readonly strong?: boolean;
  readonly form?: Form | undefined;
  readonly middle?: number;
}

/** Puts one label, on one line. An empty one leaves no trace. */
export function putText(on: Sheet, at: { x: number; y: number }, text: string, look: Look): void {
  putLines(on, at, [tidy(text)], look);
}

/** Puts one label over several lines. */
export function putLines(
  on: Sheet,
  at: { x: number; y: number },
  lines: readonly string[],
  look: Look,
): void {
  const whole = lines.join(" ");
  if (whole === "") return;
  const label = on.labels.push(whole) - 1;
  for (const [row, text] of lines.entries()) {
    const place = { x: at.x, y: at.y + row, text, label };
    on.items.push({ kind: "text", strong: false, ...place, ...look });
  }
}

/** What stands on the sheet, as a picture. */
export function picture(on: Sheet, view: Picture["view"], references = 0): Picture {
  const { items, labels, width: asked, y: height } = on;
  const width = items.reduce((most, item) => Math.max(most, rightEdge(item)), 0);
  return { view, asked, width, height, items, labels, references };
}

/** The first column to the right of it. */
export function rightEdge(item: Item): number {
  switch (item.kind) {
    case "text":
      return item.x + measure(item.text);
    case "arrow":
      return Math.max(item.from, item.to) + 1;
    case "stroke":
      return item.x + item.spelling.length;
    case "grid":
      return Math.max(...item.xs) + 1;
    case "rule":
    case "panel":
      return item.x1 + 1;
    default:
      return item.x + 1;
  }
}

/**
 * The picture at `width`, or the least width that suffices.
 * @param attempt is monotone: what fits at one width fits at every larger one
 * @param least no smaller width is worth trying
 */
export function layOut(
  width: number,
  attempt: (width: number) => Picture | undefined,
  least = 0,
): Layout {
  const made = width < least ? undefined : attempt(width);
  if (made) return { ok: true, picture: made };
  let low = Math.max(width, least - 1);
  let high = low + 1;
  while (high < WIDTH_MAX && !attempt(high)) {
    low = high;
    high += Math.floor(high / 4) + 1;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (attempt(middle)) high = middle;
    else low = middle;
  }
  return { ok: false, needs: high };
}

/** Wider is no picture; a search for a width ends here. */
const WIDTH_MAX = 1 << 16;
