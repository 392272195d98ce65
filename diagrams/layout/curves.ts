/**
 * Curves: a letter a series at each of its points, values to the left, places below.
 *
 *   us
 *   40 +           a
 *      .      a
 *   20 +  a         b
 *    0 +
 *      +----+----+----+
 */

import { INDENT, putLines, putText, rightEdge, type Sheet } from "./picture.ts";
import { roundUp } from "./scale.ts";
import type { Role } from "./scene.ts";
import { isHazard, measure, tidy, widest } from "./words.ts";

export interface Series {
  readonly name: string;
  readonly role?: Role;
  /** One a place, whole numbers, 0 or more; nothing where there is no point. */
  readonly values: readonly (number | undefined)[];
}

export interface Curves {
  readonly kind: "curves";
  readonly title: readonly string[];
  /** What stands below: "processes", and each place, all equally far apart. */
  readonly x: { readonly name: string; readonly places: readonly string[] };
  /** What stands left: "us", and a value in words. */
  readonly y: { readonly name: string; readonly words: (value: number) => string };
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

/** Values that are named, at least, and the rows between two of them. */
const TICKS = 4;
const TICK_ROWS = 3;
/** Two places are so far apart at least. */
const PITCH_MIN = 3;

/** Where things stand. */
interface Plot {
  readonly axisX: number;
  readonly top: number;
  readonly rows: number;
  readonly pitch: number;
  /** The value of the top row. */
  readonly most: number;
}

/** @returns lines of the legend, nothing where it does not fit */
export function putCurves(on: Sheet, chart: Curves): readonly string[] | undefined {
  const values = chart.series.flatMap((series) => series.values.map((value) => value ?? 0));
  const largest = values.reduce((most, value) => Math.max(most, value), 1);
  const step = roundUp(Math.ceil(largest / TICKS));
  const ticks = Math.ceil(largest / step);
  const words = Array.from({ length: ticks + 1 }, (_, at) => tidy(chart.y.words(at * step)));
  const names = [...words, tidy(chart.y.name)];
  const wordsX = names.some((name) => isHazard(name)) ? INDENT + 2 : INDENT;
  const axisX = wordsX + widest(words) + 1;
  const count = Math.max(1, chart.x.places.length);
  const pitch = Math.min(10, Math.floor((on.width - axisX - 2) / count));
  if (pitch < PITCH_MIN || wordsX + measure(tidy(chart.y.name)) > on.width) return undefined;
  putText(on, { x: wordsX, y: on.y }, chart.y.name, muted("name"));
  on.y += 1;
  const rows = ticks * TICK_ROWS;
  const plot: Plot = { axisX, top: on.y, rows, pitch, most: ticks * step };
  putAxis(on, plot, count, words);
  const isShared = putPoints(on, plot, chart);
  on.y = plot.top + rows + 2;
  if (!putPlaces(on, plot, chart)) return undefined;
  if (on.items.some((item) => rightEdge(item) > on.width)) return undefined;
  return [
    ...chart.series.map(({ name }, at) => `${letterOf(at)} = ${tidy(name)}`),
    isShared ? "* = several of them" : "",
  ];
}

function muted(job: "name" | "cell") {
  return { part: "drawing", ink: "muted", job } as const;
}

function letterOf(at: number): string {
  return String.fromCharCode((at < 26 ? 97 : 65) + (at % 26));
}

function putAxis(on: Sheet, plot: Plot, count: number, words: readonly string[]): void {
  const { axisX, top, rows, pitch } = plot;
  const look = { kind: "stroke", look: "line", part: "drawing", ink: "muted" } as const;
  for (let row = 0; row <= rows; row += 1) {
    const isTick = row % TICK_ROWS === 0;
    const text = words[words.length - 1 - row / TICK_ROWS];
    if (isTick && text !== undefined) {
      putText(on, { x: axisX - 1 - measure(text), y: top + row }, text, muted("cell"));
    }
    const tick = isTick
      ? [10 * axisX, 10 * (top + row) + 5, 10 * axisX + 5, 10 * (top + row) + 5]
      : [];
    const at = { x: axisX, y: top + row };
    on.items.push({ ...look, ...at, spelling: isTick ? "+" : ".", path: tick });
  }
  const spelling = `+${`${"-".repeat(pitch - 1)}+`.repeat(count)}`;
  const [left, right] = [10 * axisX + 5, 10 * (axisX + spelling.length)];
  const [high, low] = [10 * top + 5, 10 * (top + rows + 1) + 5];
  on.items.push({
    ...look,
    x: axisX,
    y: top + rows + 1,
    spelling,
    path: [left, high, left, low, right, low],
  });
}

/** The letters, dots between them, and a line for those who can draw. @returns whether two meet */
function putPoints(on: Sheet, plot: Plot, { series }: Curves): boolean {
  const { axisX, top, rows, pitch, most } = plot;
  const cells = new Map<string, { x: number; y: number; text: string; ink: Role | "text" }>();
  const dots = new Map<string, { x: number; y: number }>();
  let isShared = false;
  for (const [at, { values, role }] of series.entries()) {
    const ink = role ?? "text";
    const path: number[] = [];
    let before: { x: number; y: number } | undefined;
    for (const [place, value] of values.entries()) {
      if (value === undefined) continue;
      const x = axisX + (place + 1) * pitch;
      const tenths = Math.floor((10 * rows * (most - value)) / most + 0.5);
      const y = top + Math.floor((tenths + 5) / 10);
      path.push(10 * x + 5, 10 * top + 5 + tenths);
      const there = cells.get(`${x} ${y}`);
      isShared ||= there !== undefined;
      cells.set(`${x} ${y}`, { x, y, text: there ? "*" : letterOf(at), ink: there ? "text" : ink });
      for (let column = 2; before && before.x + column < x - 1; column += 2) {
        const share = column / (x - before.x);
        const dot = {
          x: before.x + column,
          y: Math.floor(before.y + (y - before.y) * share + 0.5),
        };
        dots.set(`${dot.x} ${dot.y}`, dot);
      }
      before = { x, y };
    }
    const line = { x: axisX, y: top, spelling: "", path };
    on.items.push({ kind: "stroke", look: "line", ...line, part: "drawing", ink });
  }
  for (const { x, y, text, ink } of cells.values()) {
    putText(on, { x, y }, text, {
      part: "drawing",
      ink,
      job: "cell",
      strong: true,
      middle: 2 * x + 1,
    });
  }
  for (const { x, y } of dots.values()) {
    const at = { x, y, spelling: ".", path: [] };
    if (!cells.has(`${x} ${y}`)) {
      on.items.push({ kind: "stroke", look: "line", ...at, part: "drawing", ink: "muted" });
    }
  }
  return isShared;
}

/** As many places as stand clear, the first and the last among them, and what they are. */
function putPlaces(on: Sheet, { axisX, pitch }: Plot, { x: { name, places } }: Curves): boolean {
  const last = places.length - 1;
  const xOf = (at: number) => {
    const text = tidy(places[at] ?? "");
    const x = axisX + (at + 1) * pitch - Math.floor((measure(text) - 1) / 2);
    return Math.max(INDENT + 2, Math.min(x, on.width - measure(text)));
  };
  const endOf = (at: number) => xOf(at) + measure(tidy(places[at] ?? ""));
  const every = places.findIndex((_, step) => {
    if (step === 0) return false;
    const shown = places.flatMap((_, at) => ((last - at) % step === 0 ? [at] : []));
    return shown.every(
      (at, index) => index === 0 || endOf(shown[index - 1] ?? 0) + 1 <= xOf(at) - 1,
    );
  });
  for (const [at, place] of places.entries()) {
    const isShown = every > 0 ? (last - at) % every === 0 : at === last;
    if (!isShown) continue;
    if (measure(tidy(place)) > on.width - INDENT - 2) return false;
    putText(on, { x: xOf(at), y: on.y }, place, muted("cell"));
  }
  on.y += 1;
  const words = tidy(name);
  const room = on.width - INDENT - 2;
  if (measure(words) > room) return false;
  const x = Math.max(INDENT + 2, Math.min(axisX + 1, on.width - measure(words)));
  putLines(on, { x, y: on.y }, words === "" ? [] : [words], muted("name"));
  if (words !== "") on.y += 1;
  return true;
}
