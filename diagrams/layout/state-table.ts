/**
 * What each call comes to in each state. A state machine that answers most calls in most states is
 * shorter so than as boxes and lines, and the errnos of one call stand side by side.
 *
 *    1  closed
 *    2> open
 *
 *   call         in 1   in 2>
 *   open group   2      EBUSY
 *   close group  .      1
 *
 * Where the states do not fit side by side, the rest of them stand below.
 */

import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Ink,
  type Layout,
  layOut,
  type Picture,
  picture,
  putLines,
  putText,
  type Sheet,
  sheet,
} from "./picture.ts";
import { isHazard, measure, tidy, widest, wrap } from "./words.ts";

/** What one call comes to in one state. */
export interface StateCell {
  /** The errno; else the place of the state that it leads to. */
  readonly came: string | number;
  /** The step on screen is this call in this state. */
  readonly changed?: boolean;
}

export interface StateTable {
  /** Sentences. */
  readonly title: readonly string[];
  readonly states: readonly { readonly name: string; readonly current?: boolean }[];
  /** A cell for each state; none where there is nothing to make the call with. */
  readonly calls: readonly {
    readonly name: string;
    readonly cells: readonly (StateCell | undefined)[];
  }[];
  /** Paragraphs below. */
  readonly notes: readonly string[];
}

const GAP = 2;
/** Between two states, where that saves a band. */
const TIGHT = 1;
/** A name of a call is broken rather than take more than this share of the columns. */
const NAMES_SHARE = 0.4;

/** Some states, side by side. */
interface Band {
  readonly columns: readonly {
    readonly state: number;
    readonly x: number;
    readonly size: number;
  }[];
}

export function layoutStateTable(table: StateTable, width: number): Layout {
  return layOut(width, (some) => attempt(table, some));
}

function attempt(table: StateTable, width: number): Picture | undefined {
  const on = sheet(width);
  if (!putTitle(on, table.title)) return undefined;
  if (!putStates(on, table)) return undefined;
  const names = table.calls.map(({ name }) => tidy(name));
  const words = widest(names.flatMap((name) => name.split(" ")));
  const share = Math.max(words, Math.floor(width * NAMES_SHARE));
  const size = Math.max(measure(HEAD), Math.min(widest(names), share));
  const hasHazard = names.some((name) => wrap(name, size)?.some((line) => isHazard(line)));
  const nameX = INDENT + (hasHazard ? 2 : 0);
  const [wide, tight] = [GAP, TIGHT].map((gap) =>
    bandsOf(table, { left: nameX + size + gap, gap, width }),
  );
  if (!wide || !tight) return undefined;
  const bands = tight.length < wide.length ? tight : wide;
  for (const band of bands) {
    on.y += 1;
    if (!putBand(on, table, { band, nameX, size })) return undefined;
  }
  return putLegend(on, [...legend(table), ...table.notes]) ? picture(on, "states") : undefined;
}

const HEAD = "call";

/** Number and name of each; `>` marks the current one. */
function putStates(on: Sheet, { states }: StateTable): boolean {
  const digits = measure(String(states.length));
  const x = INDENT + digits + GAP;
  for (const [at, { name, current }] of states.entries()) {
    const lines = wrap(name, on.width - x);
    if (!lines) return false;
    const number = String(at + 1);
    const strong = current === true;
    const look = { part: "drawing", strong } as const;
    const place = { x: INDENT + digits - number.length, y: on.y };
    putText(on, place, number, { ...look, ink: "muted", job: "step" });
    putLines(on, { x, y: on.y }, lines, { ...look, ink: "kernel", job: "name" });
    if (strong) {
      on.items.push({ kind: "mark", mark: ">", x: x - GAP, y: on.y, part: "drawing", ink: "text" });
      const box = { x0: INDENT, x1: x + widest(lines) - 1, y0: on.y, y1: on.y };
      on.items.push({ kind: "panel", look: "current", ...box, part: "drawing", ink: "kernel" });
    }
    on.y += Math.max(1, lines.length);
  }
  return true;
}

/** The states in which some call is made, as many side by side as there is room for. */
function bandsOf(
  table: StateTable,
  { left, gap, width }: { readonly left: number; readonly gap: number; readonly width: number },
): readonly Band[] | undefined {
  const bands: Band["columns"][number][][] = [];
  let x = width + 1;
  for (const state of table.states.keys()) {
    const cells = table.calls.map(({ cells: own }) => own[state]);
    if (cells.every((cell) => cell === undefined)) continue;
    const size = widest([headOf(table, state), ...cells.map((cell) => wordsOf(cell, state))]);
    if (left + size > width) return undefined;
    if (x + size > width) {
      bands.push([]);
      x = left;
    }
    bands.at(-1)?.push({ state, x, size });
    x += size + gap;
  }
  return bands.map((columns) => ({ columns }));
}

function headOf({ states }: StateTable, state: number): string {
  return `in ${state + 1}${states[state]?.current ? ">" : ""}`;
}

/** "3", "stays", "EBUSY *" */
function wordsOf(cell: StateCell | undefined, state: number): string {
  if (!cell) return ".";
  const to = cell.came === state ? "stays" : String(Number(cell.came) + 1);
  const came = typeof cell.came === "number" ? to : tidy(cell.came);
  return `${came}${cell.changed ? " *" : ""}`;
}

function putBand(
  on: Sheet,
  table: StateTable,
  { band, nameX, size }: { readonly band: Band; readonly nameX: number; readonly size: number },
): boolean {
  const top = on.y;
  const head = { part: "drawing", ink: "muted", job: "name" } as const;
  putText(on, { x: nameX, y: top }, HEAD, head);
  for (const { state, x } of band.columns) {
    const strong = table.states[state]?.current === true;
    putText(on, { x, y: top }, headOf(table, state), { ...head, strong });
  }
  on.y += 1;
  for (const { name, cells } of table.calls) {
    if (band.columns.every(({ state }) => cells[state] === undefined)) continue;
    const lines = wrap(name, size);
    if (!lines) return false;
    putLines(on, { x: nameX, y: on.y }, lines, { part: "drawing", ink: "text", job: "label" });
    for (const { state, x } of band.columns) {
      putCell(on, { x, y: on.y }, cells[state], wordsOf(cells[state], state));
    }
    on.y += Math.max(1, lines.length);
  }
  const current = band.columns.find(({ state }) => table.states[state]?.current);
  if (current) {
    const box = { x0: current.x, x1: current.x + current.size - 1, y0: top, y1: on.y - 1 };
    on.items.push({ kind: "panel", look: "current", ...box, part: "drawing", ink: "kernel" });
  }
  return true;
}

function putCell(
  on: Sheet,
  at: { readonly x: number; readonly y: number },
  cell: StateCell | undefined,
  words: string,
): void {
  const strong = cell?.changed === true;
  const ink = inkOf(cell);
  putText(on, at, words, { part: "drawing", ink, job: "cell", strong });
  if (!strong) return;
  const box = { x0: at.x, x1: at.x + measure(words) - 1, y0: at.y, y1: at.y };
  on.items.push({ kind: "panel", look: "changed", ...box, part: "drawing", ink });
}

function inkOf(cell: StateCell | undefined): Ink {
  if (!cell) return "muted";
  return typeof cell.came === "number" ? "kernel" : "refusal";
}

function legend({ states, calls }: StateTable): readonly string[] {
  const cells = calls.flatMap((call) => call.cells);
  const isBare = cells.includes(undefined);
  const isKept = calls.some((call) => call.cells.some((cell, state) => cell?.came === state));
  const stays = isKept ? '"stays" that it leads to no other, ' : "";
  const leads = `A number is the state that a call leads to, ${stays}an errno is a refusal`;
  const marks = [
    cells.some((cell) => cell?.changed) ? "* is this step" : "",
    states.some(({ current }) => current) ? "> is the state that it is in" : "",
  ].filter((words) => words !== "");
  return [
    `${leads}${isBare ? ", and a dot is where there is nothing to make the call with" : ""}.`,
    cells.some((cell) => cell?.came === "BUG") ? "BUG is a crash of the kernel." : "",
    marks.length > 0 ? `Marked ${marks.join(", ")}.` : "",
  ];
}
