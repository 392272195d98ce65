/**
 * The page board: rows are viewers, columns are frames, cells hold rights. Two viewers agree when
 * they stand in one column. Moments stand side by side under one head; where that is too wide they
 * stand one under the other, and a wide moment is cut between two frames.
 *
 *               before        after
 *               page 7        page 7      page 9
 *   parent      r-            . *         rw *
 *   engine      rw            rw          .
 */

import { putLegend, putNotes, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Ink,
  type Layout,
  layOut,
  type Picture,
  picture,
  putText,
  type Sheet,
  sheet,
} from "./picture.ts";
import type { Board, BoardCell } from "./scene.ts";
import { isHazard, measure, tidy, widest } from "./words.ts";

/** Columns between two frames, and what more there is between two moments. */
const GAP = 2;
const MOMENT_GAP = 2;

/** Some frames of one moment, in their places. */
interface Block {
  readonly moment: number;
  readonly first: number;
  /** Column and width of each frame. */
  readonly xs: readonly number[];
  readonly sizes: readonly number[];
  readonly right: number;
}

export function layoutMemory(board: Board, width: number): Layout {
  return layOut(width, (some) => attempt(board, some));
}

function attempt(board: Board, width: number): Picture | undefined {
  const names = board.rows.map((row) => tidy(row.name));
  const nameX = names.some((name) => isHazard(name)) ? INDENT + 2 : INDENT;
  const cellX = nameX + widest(names) + GAP;
  const bands = arrange(board, cellX, width);
  if (!bands) return undefined;
  const on = sheet(width);
  if (!putTitle(on, board.title)) return undefined;
  for (const [index, band] of bands.entries()) {
    if (index > 0) on.y += 1;
    putBand(on, board, band, nameX);
  }
  const isFitting = putLegend(on, legend(board)) && putNotes(on, board.notes);
  return isFitting ? picture(on, "memory", board.notes.length) : undefined;
}

/** Blocks that stand side by side, band under band. */
function arrange(
  board: Board,
  x: number,
  width: number,
): readonly (readonly Block[])[] | undefined {
  for (const isEven of [true, false]) {
    const blocks: Block[] = [];
    let at = x;
    for (const moment of board.moments.keys()) {
      const block = blockOf(board, moment, at, isEven);
      blocks.push(block);
      at = block.right + GAP + MOMENT_GAP;
    }
    if (blocks.every((block) => block.right <= width)) return [blocks];
  }
  const stacked: Block[] = [];
  for (const [moment, { columns }] of board.moments.entries()) {
    const whole = blockOf(board, moment, x, false);
    if (whole.right <= width) {
      stacked.push(whole);
      continue;
    }
    for (let first = 0; first < columns.length; ) {
      let count = columns.length - first;
      while (count > 1 && blockOf(board, moment, x, false, first, count).right > width) count -= 1;
      const block = blockOf(board, moment, x, false, first, count);
      if (block.right > width) return undefined;
      stacked.push(block);
      first += count;
    }
  }
  return stacked.every((block) => block.right <= width)
    ? stacked.map((block) => [block])
    : undefined;
}

/** @param isEven all frames of the board as wide as the widest */
function blockOf(
  board: Board,
  moment: number,
  x: number,
  isEven: boolean,
  first = 0,
  count = board.moments[moment]?.columns.length ?? 0,
): Block {
  const widths = board.moments.map((_, index) => columnWidths(board, index));
  const most = Math.max(0, ...widths.flat());
  const own = (widths[moment] ?? []).slice(first, first + count);
  const sizes = own.map((size) => (isEven ? most : size));
  const xs: number[] = [];
  let at = x;
  for (const size of sizes) {
    xs.push(at);
    at += size + GAP;
  }
  const right = Math.max(at - GAP, x + spanWidth(board, moment, first));
  return { moment, first, xs, sizes, right };
}

/** How wide each frame of a moment has to be. */
function columnWidths(board: Board, moment: number): readonly number[] {
  const columns = board.moments[moment]?.columns ?? [];
  return columns.map(({ frame, content, changed }, column) =>
    widest([
      tidy(frame),
      marked({ text: content, changed }),
      ...board.rows.flatMap((row) => {
        const cells = row.cells[moment] ?? [];
        const cell = cells[column];
        return cell && !isSpanning(cells, columns.length) ? [marked(cell)] : [];
      }),
    ]),
  );
}

/** Columns of what speaks of the moment as a whole: its head, and cells that stand for all frames. */
function spanWidth(board: Board, moment: number, first: number): number {
  const columns = board.moments[moment]?.columns.length ?? 0;
  const spans = board.rows.flatMap((row) => {
    const cells = row.cells[moment] ?? [];
    return first === 0 && isSpanning(cells, columns) ? cells.map(marked) : [];
  });
  return widest([tidy(board.moments[moment]?.head ?? ""), ...spans]);
}

function isSpanning(cells: readonly BoardCell[], columns: number): boolean {
  return cells.length === 1 && columns !== 1;
}

/** "rw *", "NO * [1]" */
function marked({ text, changed, note }: BoardCell): string {
  return [tidy(text), changed ? "*" : "", note === undefined ? "" : `[${note}]`]
    .filter((part) => part !== "")
    .join(" ");
}

function putBand(on: Sheet, board: Board, band: readonly Block[], nameX: number): void {
  const top = on.y;
  for (const block of band) putHeads(on, board, block, top);
  on.y += 3;
  let framesEnd = on.y;
  for (const row of board.rows) {
    putText(on, { x: nameX, y: on.y }, row.name, { part: "drawing", ink: row.role, job: "name" });
    for (const block of band) putCells(on, board, block, row.cells[block.moment] ?? [], row.role);
    on.y += 1;
    const isOfFrames = band.some(({ moment }) => {
      const columns = board.moments[moment]?.columns.length ?? 0;
      return !isSpanning(row.cells[moment] ?? [], columns);
    });
    if (isOfFrames) framesEnd = on.y;
  }
  for (const block of band) {
    for (const [index, x] of block.xs.entries()) {
      const x1 = x + (block.sizes[index] as number) - 1;
      const box = { x0: x, y0: top + 1, x1, y1: framesEnd - 1 };
      on.items.push({ kind: "panel", look: "frame", ...box, part: "drawing", ink: "memory" });
    }
  }
}

function putHeads(on: Sheet, board: Board, block: Block, top: number): void {
  const moment = board.moments[block.moment];
  if (!moment) return;
  const x = block.xs[0] ?? INDENT;
  putText(on, { x, y: top }, moment.head, { part: "drawing", ink: "text", job: "name" });
  for (const [index, at] of block.xs.entries()) {
    const column = moment.columns[block.first + index];
    if (!column) continue;
    const { frame, content, changed } = column;
    putText(on, { x: at, y: top + 1 }, frame, { part: "drawing", ink: "memory", job: "name" });
    putCell(on, at, top + 2, { text: content, changed }, "text");
  }
}

function putCells(
  on: Sheet,
  board: Board,
  block: Block,
  cells: readonly BoardCell[],
  role: Ink,
): void {
  const columns = board.moments[block.moment]?.columns.length ?? 0;
  if (isSpanning(cells, columns)) {
    const cell = cells[0];
    if (cell && block.first === 0) putCell(on, block.xs[0] ?? INDENT, on.y, cell, "text");
    return;
  }
  for (const [index, x] of block.xs.entries()) {
    const cell = cells[block.first + index];
    if (cell) putCell(on, x, on.y, cell, role);
  }
}

function putCell(on: Sheet, x: number, y: number, cell: BoardCell, role: Ink): void {
  const isNone = tidy(cell.text) === "." || tidy(cell.text) === "";
  const ink = isNone && !cell.changed ? "muted" : role;
  const strong = cell.changed;
  putText(on, { x, y }, marked(cell), { part: "drawing", ink, job: "cell", strong });
  if (!strong) return;
  const box = { x0: x, y0: y, x1: x + measure(marked(cell)) - 1, y1: y };
  on.items.push({ kind: "panel", look: "changed", ...box, part: "drawing", ink: role });
}

function legend(board: Board): readonly string[] {
  const cells = board.rows.flatMap((row) => row.cells.flat());
  const isChanged =
    board.moments.some((moment) => moment.columns.some((column) => column.changed)) ||
    cells.some((cell) => cell.changed);
  const since = board.moments.length === 2 ? "between the two steps" : "since the moment before";
  return [
    isChanged ? `* = ${board.changed ?? `changed ${since}`}` : "",
    cells.some(({ text }) => text === ".") ? ". = no entry" : "",
    ...(board.words ?? []),
  ];
}
