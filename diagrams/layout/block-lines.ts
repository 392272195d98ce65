/** Frames and lines as cells: where two meet they join, where they only cross the upright goes on. */

import type { Frame, Port, Rule } from "./block-rows.ts";
import { INDENT, type Ink, type Item, type Sheet } from "./picture.ts";
import type { Role } from "./scene.ts";

const [UP, RIGHT, DOWN, LEFT] = [1, 2, 4, 8];
const UPRIGHT = UP | DOWN;
const LEVEL = LEFT | RIGHT;
/** By the directions that lines leave in. */
const JOINTS = " ╵╶└╷│┌├╴┘─┴┐┤┬┼";
/** The level lines of a frame by its role; the IOMMU's has a gap after each dash. */
const LEVELS: Readonly<Record<Role, string>> = {
  process: "─",
  kernel: "═",
  device: "━",
  iommu: "╌",
  memory: "─",
};

interface Cell {
  ways: number;
  sign: string;
  ink: Ink;
}

export interface Pen {
  /** By row, then by column. */
  readonly rows: (Cell | undefined)[][];
  readonly paths: Item[];
}

export function pen(): Pen {
  return { rows: [], paths: [] };
}

function rowAt({ rows }: Pen, y: number): (Cell | undefined)[] {
  while (rows.length <= y) rows.push([]);
  return rows[y] as (Cell | undefined)[];
}

/** Adds to what is there: lines that meet here join. */
function join(on: Pen, { x, y }: Port, ways: number, look: { sign?: string; ink: Ink }): void {
  const row = rowAt(on, y);
  const cell = row[x];
  const sign = look.sign ?? cell?.sign ?? "";
  row[x] = { ways: (cell?.ways ?? 0) | ways, sign, ink: look.ink };
}

/** @param isOpen the next frame's upper line is its lower one */
export function drawFrame(on: Pen, frame: Frame, isOpen: boolean): void {
  const { left, right, top, bottom, role, gap } = frame;
  const hasGap = gap.from <= gap.to;
  for (const y of [top, bottom]) {
    for (let x = left; x <= right; x += 1) {
      if (y === top && hasGap && gap.from <= x && x <= gap.to) {
        rowAt(on, y)[x] = undefined; // the words of a title stand in the line that it shares
        continue;
      }
      const ways = (x > left ? LEFT : 0) | (x < right ? RIGHT : 0);
      const upright = x === left || x === right ? (y === top ? DOWN : UP) : 0;
      const isBlank = role === "iommu" && upright === 0 && (x - left) % 2 === 0;
      if (isBlank) rowAt(on, y)[x] = undefined;
      else join(on, { x, y }, ways | upright, { sign: LEVELS[role], ink: role });
    }
  }
  for (let y = top + 1; y < bottom; y += 1) {
    for (const x of [left, right]) join(on, { x, y }, UPRIGHT, { ink: role });
  }
  for (const inset of role === "kernel" ? [0, 3] : [0]) outline(on, frame, { isOpen, inset });
}

/** The frame for those who can draw, as far inside as `inset` tenths of a cell. */
function outline(
  on: Pen,
  { left, right, top, bottom, role, gap }: Frame,
  { isOpen, inset }: { readonly isOpen: boolean; readonly inset: number },
): void {
  const across = inset / 2.5; // a row is as high as two and a half cells are wide
  const [x0, x1] = [10 * left + 5 + inset, 10 * right + 5 - inset];
  const [y0, y1] = [10 * top + 5 + across, 10 * bottom + 5 - (isOpen ? 0 : across)];
  const hasGap = gap.from <= gap.to;
  const [from, to] = hasGap ? [10 * gap.from + 3, 10 * gap.to + 7] : [x0, x0];
  const corners = [to, y0, x1, y0, x1, y1];
  const look = { look: "frame", ink: role } as const;
  on.paths.push(path(top, isOpen ? corners : [...corners, x0, y1], look));
  on.paths.push(path(top, hasGap ? [from, y0, x0, y0, x0, y1] : [x0, y0, x0, y1], look));
}

export function drawRule(on: Pen, { left, right, y, role }: Rule): void {
  for (let x = left; x <= right; x += 1) {
    const ways = (x > left ? LEFT : 0) | (x < right ? RIGHT : 0);
    join(on, { x, y }, ways, { ink: role });
  }
  const points = [10 * left + 5, 10 * y + 5, 10 * right + 5, 10 * y + 5];
  on.paths.push(path(y, points, { look: "line", ink: role }));
}

/** A level line from a border to a track, without what stands at its ends; it passes under uprights. */
function drawLevel(on: Pen, { x, y }: Port, to: number, ink: Ink): void {
  for (let at = x + 1; at < to; at += 1) {
    if (!rowAt(on, y)[at]) join(on, { x: at, y }, LEVEL, { ink });
  }
}

export interface Line {
  /** Where its edges leave, and where it arrives. */
  readonly exits: readonly Port[];
  readonly entry: Port;
  readonly track: number;
  readonly ink: Ink;
}

/** The uprights of all lines come first: levels pass under them. */
export function drawUprights(on: Pen, { exits, entry, track, ink }: Line): void {
  const ys = [entry.y, ...exits.map(({ y }) => y)];
  const [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  for (let y = y0; y <= y1; y += 1) {
    const ways = (y > y0 ? UP : 0) | (y < y1 ? DOWN : 0) | (ys.includes(y) ? LEFT : 0);
    join(on, { x: track, y }, ways, { ink });
  }
}

export function drawLevels(on: Pen, { exits, entry, track, ink }: Line): void {
  for (const exit of exits) {
    drawLevel(on, exit, track, ink);
    const points = [exit.x, exit.y, track, exit.y, track, entry.y].map((cell) => 10 * cell + 5);
    const end = [10 * entry.x + 6, 10 * entry.y + 5];
    on.paths.push(path(exit.y, [...points, ...end], { look: "arrow", ink }));
  }
  join(on, { x: entry.x + 1, y: entry.y }, 0, { sign: "<", ink });
  drawLevel(on, { x: entry.x + 1, y: entry.y }, track, ink);
}

/** A short line that leads nowhere. */
export function drawStop(on: Pen, { x, y }: Port, to: number): void {
  drawLevel(on, { x, y }, to, "refusal");
  join(on, { x: to, y }, 0, { sign: "X", ink: "refusal" });
  const points = [x, y, to, y].map((cell) => 10 * cell + 5);
  on.paths.push(path(y, points, { look: "refused", ink: "refusal" }));
}

function path(
  y: number,
  points: readonly number[],
  { look, ink }: { readonly look: "frame" | "line" | "arrow" | "refused"; readonly ink: Ink },
): Item {
  return { kind: "stroke", look, x: INDENT, y, spelling: "", path: points, part: "drawing", ink };
}

/** Puts everything drawn on the sheet, `y` rows down: signs for text, corners for who can draw. */
export function putLines(on: Sheet, from: Pen, y: number): void {
  for (const item of from.paths) {
    if (item.kind !== "stroke") continue;
    const moved = item.path.map((at, index) => (index % 2 === 0 ? at : at + 10 * y));
    on.items.push({ ...item, y: item.y + y, path: moved });
  }
  for (const [row, cells] of from.rows.entries()) {
    let run: { x: number; spelling: string; ink: Ink } | undefined;
    const close = () => {
      if (run) on.items.push({ ...STROKE, ...run, y: row + y });
    };
    for (const [x, cell] of cells.entries()) {
      if (!cell) continue;
      if (run?.ink !== cell.ink) {
        close();
        run = { x, spelling: "", ink: cell.ink };
      }
      run.spelling = run.spelling.padEnd(x - run.x) + signOf(x, cell);
    }
    close();
  }
}

const STROKE = { kind: "stroke", look: "line", path: [], part: "drawing" } as const;

/** The upright at the left edge has a sign of its own: text may not begin a line with a bar. */
function signOf(x: number, { ways, sign }: Cell): string {
  if (ways === 0) return sign;
  if (ways === UPRIGHT) return x === INDENT ? "!" : "│";
  if (ways === LEVEL) return sign === "" ? "─" : sign;
  return JOINTS[ways] as string;
}
