/** Cells that are printed once. Words never give way to a line: that is told, not painted over. */

import type { ArrowItem, GridItem, Item, MarkItem } from "../layout/index.ts";
import { rightEdge } from "../layout/index.ts";
import type { Charset } from "./charset.ts";

export interface Canvas {
  readonly rows: string[][];
  /** Cells that two things wanted: "3:17 'a' over '|'". */
  readonly clashes: string[];
}

export function canvas(): Canvas {
  return { rows: [], clashes: [] };
}

/** Prints the items; `spell` gives the characters of a text. */
export function print(
  on: Canvas,
  items: readonly Item[],
  glyphs: Charset,
  spell: (text: string) => string,
): void {
  for (const item of items) if (item.kind !== "text") printShape(on, item, glyphs);
  for (const item of items) {
    if (item.kind !== "text") continue;
    for (const [index, glyph] of [...spell(item.text)].entries()) {
      put(on, item.x + index, item.y, glyph, "");
    }
  }
}

function printShape(on: Canvas, item: Item, glyphs: Charset): void {
  switch (item.kind) {
    case "arrow":
      printArrow(on, item, glyphs);
      break;
    case "mark":
      printMark(on, item, glyphs);
      break;
    case "rule":
      for (let x = item.x0; x < rightEdge(item); x += 1) put(on, x, item.y, glyphs.rule, "");
      break;
    case "grid":
      printGrid(on, item, glyphs);
      break;
    case "stroke":
      for (const [index, sign] of [...item.spelling].entries()) {
        if (sign !== " ") put(on, item.x + index, item.y, glyphs.signs[sign] ?? sign, "");
      }
      break;
    default:
      break; // lifelines and panels are for pictures: text shows what happens, where it happens
  }
}

/** `over` lists the glyphs that may stand here already. */
function put(on: Canvas, x: number, y: number, glyph: string, over: string): void {
  while (on.rows.length <= y) on.rows.push([]);
  const row = on.rows[y] as string[];
  while (row.length <= x) row.push(" ");
  const there = row[x] as string;
  if (there !== " " && there !== glyph && !over.includes(there)) {
    on.clashes.push(`${y + 1}:${x + 1} '${glyph}' over '${there}'`);
  }
  row[x] = glyph;
}

function printArrow(on: Canvas, arrow: ArrowItem, glyphs: Charset): void {
  const { from, to, y, style, end } = arrow;
  const step = from < to ? 1 : -1;
  const head = from < to ? glyphs.arrowRight : glyphs.arrowLeft;
  const length = Math.abs(to - from);
  put(on, from, y, glyphs.upright, "");
  for (let at = 1; at < length - 1; at += 1) {
    const isGap = style === "return" && at % 2 === 0;
    if (isGap) continue;
    put(on, from + step * at, y, style === "return" ? glyphs.dash : glyphs.level, "");
  }
  put(on, to - step, y, head, "");
  put(on, to, y, end === "refused" ? glyphs.refused : glyphs.upright, glyphs.upright);
}

function printMark(on: Canvas, { mark, x, y }: MarkItem, glyphs: Charset): void {
  const glyph = {
    o: glyphs.passed,
    ">": glyphs.current,
    stem: glyphs.upright,
    "^": glyphs.pointer,
    "|": glyphs.upright,
    ".": glyphs.idle,
  }[mark];
  put(on, x, y, glyph, mark === "o" ? glyphs.level + glyphs.dash + glyphs.upright : "");
}

function printGrid(on: Canvas, { xs, ys }: GridItem, glyphs: Charset): void {
  const [left = 0, right = 0] = [xs[0], xs.at(-1)];
  const [top = 0, bottom = 0] = [ys[0], ys.at(-1)];
  for (let y = top; y <= bottom; y += 1) {
    const isLevel = ys.includes(y);
    for (let x = left; x <= right; x += 1) {
      const isUpright = xs.includes(x);
      if (isLevel && isUpright) {
        const joint =
          (y > top ? 1 : 0) | (x < right ? 2 : 0) | (y < bottom ? 4 : 0) | (x > left ? 8 : 0);
        put(on, x, y, glyphs.joints[joint] as string, "");
      } else if (isLevel) put(on, x, y, glyphs.level, "");
      else if (isUpright) put(on, x, y, glyphs.upright, "");
    }
  }
}
