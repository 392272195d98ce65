/**
 * Who was at work when: a row a span, its words and how long it took to the left, a bar over
 * simulated time to the right. Each actor has its rows together, in the order in which they begin.
 *
 *                        took  0         2 us      4 us
 *                              +---------+---------+---
 *   app
 *    5 wd_send          20 ns  .
 *   engine
 *    6 request        4.19 us    #####################
 */

import { putScaledLegend, type ScaleWords, scaleWords } from "./forms.ts";
import { stepWidth, whole, wholeWidth } from "./ladder-words.ts";
import { putTitle } from "./paragraphs.ts";
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
import { barPath, timeWords } from "./scale.ts";
import type { Role } from "./scene.ts";
import { FOLD, type TimeAxis, timeAxis } from "./time-axis.ts";
import { isHazard, measure, tidy, widest, wrap } from "./words.ts";

/** Something that took time. */
export interface TimeSpan {
  /** "5", "5.2"; "" for none. */
  readonly step: string;
  readonly label: string;
  /** In picoseconds; the same twice for what took none. */
  readonly start: number;
  readonly end: number;
  /** This is the step that is looked at. */
  readonly current?: boolean;
}

export interface TimeLane {
  readonly name: string;
  readonly role: Role;
  readonly spans: readonly TimeSpan[];
}

export interface Timeline {
  readonly title: readonly string[];
  readonly lanes: readonly TimeLane[];
  /** Paragraphs below. */
  readonly notes: readonly string[];
}

/** Bars beside their words have this much room, below them that. */
const BARS_BESIDE = 24;
const BARS_BELOW = 16;
/** Two moments with a name are so far apart. */
const TICK_COLUMNS = 9;
const TOOK = "took";

/** Where things stand. */
interface Place {
  /** One past the column of whole numbers, and of all steps. */
  readonly wholeEnd: number;
  readonly stepEnd: number;
  readonly labelX: number;
  readonly labelWidth: number;
  /** One past the column of what a span took. */
  readonly tookEnd: number;
  readonly barX: number;
  readonly isBelow: boolean;
}

export function layoutTimeline(timeline: Timeline, width: number): Layout {
  return layOut(width, (some) => attempt(timeline, some));
}

function attempt(timeline: Timeline, width: number): Picture | undefined {
  const place = placeOf(timeline, width);
  if (!place) return undefined;
  const on = sheet(width);
  if (!putTitle(on, timeline.title)) return undefined;
  const spans = timeline.lanes.flatMap((lane) => lane.spans);
  const moments = spans.flatMap(({ start, end }) => [start, end]);
  const axis = timeAxis(moments, width - place.barX - 1, TICK_COLUMNS);
  if (spans.length > 0) putAxis(on, place, axis);
  for (const lane of timeline.lanes) {
    const lines = wrap(lane.name, width - INDENT - 2);
    if (!lines) return undefined;
    const x = lines.some((line) => isHazard(line)) ? INDENT + 2 : INDENT;
    putLines(on, { x, y: on.y }, lines, { part: "drawing", ink: lane.role, job: "name" });
    on.y += lines.length;
    for (const span of lane.spans) putSpan(on, span, lane.role, { ...place, axis });
  }
  const scale = scaleOf(spans, axis);
  return putScaledLegend(on, scale, timeline.notes) ? picture(on, "timeline") : undefined;
}

/** Words beside the bars where there is room for both, else above them. */
function placeOf({ lanes }: Timeline, width: number): Place | undefined {
  const spans = lanes.flatMap((lane) => lane.spans);
  const steps = spans.map(({ step }) => tidy(step));
  const isMarked = spans.some(({ current }) => current);
  const firstX = steps.some((step) => isHazard(step)) ? INDENT + 2 : INDENT;
  const wholeEnd = firstX + wholeWidth(spans);
  const stepEnd = firstX + stepWidth(spans);
  const labelX = stepEnd + (isMarked ? 2 : 1);
  const labels = spans.map(({ label }) => tidy(label));
  const took = Math.max(measure(TOOK), widest(spans.map(tookWords)));
  const room = width - labelX - took - 4 - BARS_BESIDE;
  const beside = labels.map((label) => wrap(label, Math.max(0, room)));
  const extra = beside.reduce((sum, lines) => sum + Math.max(0, (lines?.length ?? 0) - 1), 0);
  if (room > 0 && !beside.includes(undefined) && extra <= spans.length / 2) {
    const labelWidth = widest(beside.flatMap((lines) => lines ?? []));
    const tookEnd = labelX + labelWidth + 2 + took;
    return { wholeEnd, stepEnd, labelX, labelWidth, tookEnd, barX: tookEnd + 2, isBelow: false };
  }
  const labelWidth = width - labelX;
  if (labels.some((label) => !wrap(label, labelWidth))) return undefined;
  const tookEnd = INDENT + 2 + took;
  const barX = tookEnd + 2;
  return barX + BARS_BELOW < width
    ? { wholeEnd, stepEnd, labelX, labelWidth, tookEnd, barX, isBelow: true }
    : undefined;
}

function tookWords({ start, end }: TimeSpan): string {
  return end === start ? "0 ns" : timeWords(end - start);
}

/** The names of some moments, and the line that they stand over. */
function putAxis(on: Sheet, { barX, tookEnd }: Place, axis: TimeAxis): void {
  const muted = { part: "drawing", ink: "muted", job: "name" } as const;
  putText(on, { x: tookEnd - measure(TOOK), y: on.y }, TOOK, muted);
  let free = barX;
  for (const { column, time } of axis.ticks) {
    const words = timeWords(time);
    const x = barX + column;
    if (x < free || x + words.length > on.width) continue;
    putText(on, { x, y: on.y }, words, muted);
    free = x + words.length + 1;
  }
  const ticks = new Set(axis.ticks.map(({ column }) => column));
  const sign = (column: number) => {
    if (foldAt(axis, column)) return "~";
    return ticks.has(column) ? "+" : "-";
  };
  const y = on.y + 1;
  const spelling = Array.from({ length: axis.columns + 1 }, (_, column) => sign(column)).join("");
  const level = 10 * y + 5;
  const marks = [...ticks]
    .sort((a, b) => a - b)
    .flatMap((column) => {
      const x = 10 * (barX + column);
      return [x, level, x, level - 4, x, level];
    });
  const end = 10 * (barX + axis.columns);
  const path = [10 * barX, level, ...marks, end, level];
  const look = { kind: "stroke", look: "line", part: "drawing", ink: "muted" } as const;
  on.items.push({ ...look, x: barX, y, spelling, path });
  for (const { column } of axis.folds) putWave(on, barX + column, y);
  on.y += 2;
}

function foldAt(axis: TimeAxis, column: number) {
  return axis.folds.find((fold) => fold.column <= column && column < fold.column + FOLD);
}

function putSpan(
  on: Sheet,
  span: TimeSpan,
  role: Role,
  at: Place & { readonly axis: TimeAxis },
): void {
  const strong = span.current === true;
  const look = { part: "drawing", ink: "text", strong } as const;
  const step = tidy(span.step);
  putText(on, { x: at.wholeEnd - measure(whole(step)), y: on.y }, step, { ...look, job: "step" });
  if (strong) {
    const mark = { kind: "mark", mark: ">", x: at.stepEnd, y: on.y } as const;
    on.items.push({ ...mark, part: "drawing", ink: role });
  }
  const lines = wrap(span.label, at.labelWidth) ?? [];
  putLines(on, { x: at.labelX, y: on.y }, lines, { ...look, job: "label" });
  const top = on.y;
  on.y += Math.max(1, lines.length);
  const y = at.isBelow ? on.y : top;
  if (at.isBelow) on.y += 1;
  const took = tookWords(span);
  putText(on, { x: at.tookEnd - measure(took), y }, took, { ...look, job: "cell" });
  putBar(on, span, role, { ...at, y });
}

/** A bar, with a wave where time is folded. What is shorter than half a column is a dot. */
function putBar(
  on: Sheet,
  { start, end }: TimeSpan,
  role: Role,
  { axis, barX, y }: { readonly axis: TimeAxis; readonly barX: number; readonly y: number },
): void {
  const [from, to] = [axis.tenths(start), axis.tenths(end)];
  const first = Math.floor(from / 10);
  const count = Math.max(1, Math.floor((to + 5) / 10) - first);
  const isDot = to - from < 5;
  const columns = Array.from({ length: count }, (_, at) => first + at);
  const spelling = columns.map((column) => (foldAt(axis, column) ? "~" : "#")).join("");
  on.items.push({
    kind: "stroke",
    look: "surface",
    x: barX + first,
    y,
    spelling: isDot ? "." : spelling,
    path: barPath(10 * barX + from, 10 * barX + Math.max(to, from + 1), y),
    part: "drawing",
    ink: role,
  });
  for (const { column } of axis.folds) {
    if (10 * column < from || 10 * (column + FOLD) > to) continue;
    putWave(on, barX + column, y);
  }
}

/** For those who can draw: a stroke across what is folded. */
function putWave(on: Sheet, column: number, y: number): void {
  const x = 10 * column;
  const wave = { x: column, y, spelling: "", path: [x + 4, 10 * y, x + 16, 10 * y + 10] };
  on.items.push({ kind: "stroke", look: "line", ...wave, part: "drawing", ink: "text" });
}

function scaleOf(spans: readonly TimeSpan[], axis: TimeAxis): ScaleWords | undefined {
  if (spans.length === 0) return undefined;
  const hasDots = spans.some(({ start, end }) => axis.tenths(end) - axis.tenths(start) < 5);
  const less = hasDots ? "; . is less than half of that" : "";
  const folds = axis.folds.map((fold) => timeWords(fold.end - fold.start)).join(" and ");
  const still = folds === "" ? "" : ` is ${folds} in which nothing begins or ends`;
  const wave = (sign: string) => still && `; ${sign}${still}`;
  const unit = timeWords(axis.unit);
  return scaleWords(unit, less + wave("~~"), wave("\\"));
}
