/**
 * A ring: a column a slot, a row a property, and a row for each end, named by its role. `^` stands
 * under the slot that the end touches next. Over 16 slots each run of slots in one state is one
 * column, headed by its range; where slots do not fit side by side they go on in a second band.
 */

import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Layout,
  layOut,
  type Picture,
  picture,
  putLines,
  putText,
  type Sheet,
  sheet,
} from "./picture.ts";
import { coded, foldedColumns, type RingColumn, slotColumns, slotOf } from "./ring-columns.ts";
import type { Ring, RingCell, RingEnd } from "./scene.ts";
import { isHazard, measure, tidy, widest, wrap } from "./words.ts";

/** Rings up to this size show each slot. */
const SLOTS_SHOWN = 16;

/** More letters to look up than this are worse than a second band. */
const CODES_MAX = 4;

/** How the columns are set. */
interface Setting {
  readonly columns: readonly RingColumn[];
  readonly isFolded: boolean;
  /** Columns between two uprights. */
  readonly inner: number;
  /** How many columns stand in one band. */
  readonly perBand: number;
  readonly gridX: number;
  readonly nameX: number;
  readonly code: readonly string[];
}

export function layoutRings(ring: Ring, width: number): Layout {
  for (const { slot } of ring.cells) {
    if (slot >= 0 && slot < ring.slots) continue;
    throw new Error(`no slot ${slot} in a ring of ${ring.slots}`);
  }
  return layOut(width, (some) => attempt(ring, some));
}

function attempt(ring: Ring, width: number): Picture | undefined {
  const names = ["slot", "state", tidy(ring.holds ?? "request")];
  const nameX = names.some((name) => isHazard(name)) ? INDENT + 2 : INDENT;
  const gridX = nameX + widest([...names, ...ring.ends.map((end) => end.role)]) + 1;
  const set = setting(ring, width, { nameX, gridX });
  if (!set) return undefined;
  const on = sheet(width);
  if (!putTitle(on, ring.title)) return undefined;
  for (let first = 0; first < set.columns.length; first += set.perBand) {
    if (first > 0) on.y += 1;
    if (!putBand(on, ring, set, first)) return undefined;
  }
  const isChanged = ring.cells.some((cell) => cell.changed);
  const changed = [isChanged ? ["* = changed", ...wasWords(ring.cells)].join(", ") : ""];
  const legend = [set.code.join(", "), ...changed, ...ring.notes];
  return putLegend(on, legend) ? picture(on, "rings") : undefined;
}

/** "slot 3 was REQ", "slots 4..9 were free": three neighbours or more that were alike are told at once. */
function wasWords(cells: readonly RingCell[]): readonly string[] {
  const runs: { readonly slots: number[]; readonly was: string }[] = [];
  for (const { slot, changed, was = "" } of cells) {
    const words = changed ? tidy(was) : "";
    const last = runs.at(-1);
    if (words === "") continue;
    if (last?.was === words && last.slots.at(-1) === slot - 1) last.slots.push(slot);
    else runs.push({ slots: [slot], was: words });
  }
  return runs.flatMap(({ slots, was }) =>
    slots.length > 2
      ? `slots ${slots[0]}..${slots.at(-1)} were ${was}`
      : slots.map((slot) => `slot ${slot} was ${was}`),
  );
}

/** The best way to set the columns: with air, tight, in letters, in two or more bands. */
function setting(
  ring: Ring,
  width: number,
  at: { readonly nameX: number; readonly gridX: number },
): Setting | undefined {
  const isFolded = ring.slots > SLOTS_SHOWN;
  const columns = isFolded ? foldedColumns(ring) : slotColumns(ring);
  const letters = isFolded ? undefined : coded(columns);
  const room = width - at.gridX - 1;
  const wide = innerWidth(columns, isFolded);
  const base = { ...at, isFolded, columns, code: [], perBand: columns.length };
  const count = columns.length;
  const airs = isFolded ? [0] : [2, 0];
  for (const air of airs) {
    if (count * (wide + air + 1) <= room) return { ...base, inner: wide + air };
  }
  if (letters) {
    const inner = Math.max(2, innerWidth(letters.columns, false));
    const isOne = letters.legend.length <= CODES_MAX && count * (inner + 1) <= room;
    if (isOne) return { ...base, columns: letters.columns, code: letters.legend, inner };
  }
  for (const air of airs) {
    const most = Math.floor(room / (wide + air + 1));
    if (most < 1) continue;
    const bands = Math.ceil(count / most);
    return { ...base, inner: wide + air, perBand: Math.ceil(count / bands) };
  }
  return undefined;
}

function innerWidth(columns: readonly RingColumn[], isFolded: boolean): number {
  const air = isFolded ? 2 : 0;
  return air + widest(columns.flatMap(({ head, state, holds }) => [head, state, holds]));
}

function putBand(on: Sheet, ring: Ring, set: Setting, first: number): boolean {
  const columns = set.columns.slice(first, first + set.perBand);
  const holdsAny = set.columns.some((column) => column.holds !== "");
  const top = on.y + 1;
  const rows = holdsAny ? 2 : 1;
  const name = (text: string, y: number) =>
    putText(on, { x: set.nameX, y }, text, { part: "drawing", ink: "muted", job: "name" });
  name("slot", on.y);
  for (const [index, column] of columns.entries()) {
    putIn(on, set, index, on.y, column.head, false);
    putIn(on, set, index, top + 1, column.state, column.changed);
    if (holdsAny) putIn(on, set, index, top + 2, column.holds, column.changed);
    if (!column.changed) continue;
    const x0 = set.gridX + 1 + index * (set.inner + 1);
    const box = { x0, y0: top + 1, x1: x0 + set.inner - 1, y1: top + rows };
    on.items.push({ kind: "panel", look: "changed", ...box, part: "drawing", ink: "memory" });
  }
  name("state", top + 1);
  if (holdsAny) name(ring.holds ?? "request", top + 2);
  const xs = [...columns.keys(), columns.length].map(
    (index) => set.gridX + index * (set.inner + 1),
  );
  const ys = [top, top + rows + 1];
  on.items.push({ kind: "grid", xs, ys, part: "drawing", ink: "memory" });
  on.y = top + rows + 2;
  return ring.ends.every((end) => putEnd(on, ring, set, columns, end));
}

/** Puts words into a cell: centred, or at the left where columns are ranges. */
function putIn(
  on: Sheet,
  set: Setting,
  index: number,
  y: number,
  text: string,
  strong: boolean,
): void {
  const left = set.gridX + 1 + index * (set.inner + 1);
  const x = set.isFolded ? left + 1 : left + Math.floor((set.inner - measure(text)) / 2);
  const isFree = text === "free" || text === "";
  const ink = isFree ? "muted" : "text";
  const middle = set.isFolded ? {} : { middle: 2 * left + set.inner };
  putText(on, { x, y }, text, { part: "drawing", ink, job: "cell", strong, ...middle });
}

/**
 * Puts the mark of one end, if it stands in this band, its name to the right or else to the left; on
 * several lines where neither has room for one.
 */
function putEnd(
  on: Sheet,
  ring: Ring,
  set: Setting,
  columns: readonly RingColumn[],
  end: RingEnd,
): boolean {
  const slot = slotOf(ring, end);
  const index = columns.findIndex(({ from, to }) => from <= slot && slot <= to);
  if (index < 0) return true;
  const ink = end.by ?? (end.role === "consumer" ? "device" : "process");
  const left = set.gridX + 1 + index * (set.inner + 1);
  const x = set.isFolded ? left + 1 : left + Math.floor((set.inner - 1) / 2);
  const text = [`${tidy(end.name)} = ${end.value}`, tidy(end.who ?? "")].filter(Boolean).join(", ");
  const roomLeft = x - 1 - (set.nameX + measure(end.role) + 1);
  const roomRight = on.width - (x + 2);
  const isLeft = measure(text) > roomRight && roomLeft > roomRight;
  const lines = wrap(text, isLeft ? roomLeft : roomRight);
  if (!lines) return false;
  const { y } = on;
  putText(on, { x: set.nameX, y }, end.role, { part: "drawing", ink, job: "name" });
  const middle = set.isFolded ? {} : { middle: 2 * left + set.inner };
  on.items.push({ kind: "mark", mark: "^", x, y, part: "drawing", ink, ...middle });
  const at = { x: isLeft ? x - 1 - widest(lines) : x + 2, y };
  putLines(on, at, lines, { part: "drawing", ink, job: "label" });
  on.y += lines.length;
  return true;
}
