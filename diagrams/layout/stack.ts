/** Pictures one under the other: two moments of a run, or two futures of it. */

import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Item,
  type Layout,
  layOut,
  type Picture,
  picture,
  putLines,
  type Sheet,
  sheet,
} from "./picture.ts";
import type { View } from "./view-names.ts";
import { measure, wrap } from "./words.ts";

export interface Storey {
  /** What is seen there: "before (@full)". */
  readonly head: string;
  /** Its own title is left out: the stack has one. */
  readonly picture: Picture;
}

export interface Stack {
  readonly view: View;
  /** Sentences. */
  readonly title: readonly string[];
  readonly storeys: readonly Storey[];
  /** Paragraphs below all of them. */
  readonly notes: readonly string[];
}

/** What is shifted and named anew; what stands in it, a layout has settled. */
export function layoutStack(stack: Stack, width: number): Layout {
  return layOut(width, (some) => attempt(stack, some));
}

function attempt({ view, title, storeys, notes }: Stack, width: number): Picture | undefined {
  const on = sheet(width);
  if (!putTitle(on, title)) return undefined;
  for (const [at, { head, picture: storey }] of storeys.entries()) {
    if (at > 0) on.y += 1;
    if (!putHead(on, head)) return undefined;
    put(on, storey);
  }
  if (!putLegend(on, notes)) return undefined;
  const references = Math.max(0, ...storeys.map((storey) => storey.picture.references));
  return picture(on, view, references);
}

/** `== before (@full) ====`, over the full width. */
function putHead(on: Sheet, head: string): boolean {
  const lines = wrap(head, on.width - INDENT - 6);
  if (!lines || lines.length === 0) return false;
  const look = { part: "drawing", ink: "muted" } as const;
  on.items.push({ kind: "rule", x0: INDENT, x1: INDENT + 1, y: on.y, ...look });
  putLines(on, { x: INDENT + 3, y: on.y }, lines, { ...look, ink: "text", job: "section" });
  on.y += lines.length;
  const end = INDENT + 3 + measure(lines.at(-1) as string) + 1;
  on.items.push({ kind: "rule", x0: end, x1: on.width - 1, y: on.y - 1, ...look });
  return true;
}

/** A picture without its title, below what stands on the sheet. */
function put(on: Sheet, { items, labels, height }: Picture): void {
  const kept = items.filter(({ part }) => part !== "title");
  const top = Math.min(height, ...kept.map(topOf));
  const places = new Map<number, number>();
  for (const item of kept) {
    const moved = down(item, on.y - top);
    if (moved.kind !== "text") {
      on.items.push(moved);
      continue;
    }
    const label = places.get(moved.label) ?? on.labels.push(labels[moved.label] ?? "") - 1;
    places.set(moved.label, label);
    on.items.push({ ...moved, label });
  }
  on.y += height - top;
}

/** The first row of it. */
export function topOf(item: Item): number {
  if ("y" in item) return item.y;
  return "ys" in item ? Math.min(...item.ys) : item.y0;
}

/** The same, so many rows further down. */
export function down(item: Item, rows: number): Item {
  switch (item.kind) {
    case "lifeline":
    case "panel":
      return { ...item, y0: item.y0 + rows, y1: item.y1 + rows };
    case "grid":
      return { ...item, ys: item.ys.map((y) => y + rows) };
    case "stroke":
      return {
        ...item,
        y: item.y + rows,
        path: item.path.map((place, at) => (at % 2 === 0 ? place : place + 10 * rows)),
      };
    default:
      return { ...item, y: item.y + rows };
  }
}
