/**
 * Columns for moments: the same time for each column, but for stretches in which nothing begins or
 * ends. Where one of those would leave no room for the rest it is folded into two columns.
 */

import { roundUp } from "./scale.ts";

/** Columns of a fold. */
export const FOLD = 2;
/** More folds than this and nobody finds their way. */
const FOLDS_MAX = 6;
/** A stretch is folded that is longer than this share of what is left of the time: one part in. */
const SHARE = 3;

/** A stretch of time that was folded. */
export interface Fold {
  readonly start: number;
  readonly end: number;
  /** Its first column. */
  readonly column: number;
}

export interface TimeAxis {
  /** Picoseconds in a column. */
  readonly unit: number;
  /** In use. */
  readonly columns: number;
  readonly folds: readonly Fold[];
  /** Where a moment stands, in tenths of a column from the first. */
  readonly tenths: (time: number) => number;
  /** Moments with a round number: where they stand, and when they are. */
  readonly ticks: readonly { readonly column: number; readonly time: number }[];
}

/**
 * @param moments  when something begins or ends, in picoseconds
 * @param columns  that there are
 * @param tickColumns  two ticks are at least so far apart
 */
export function timeAxis(
  moments: readonly number[],
  columns: number,
  tickColumns: number,
): TimeAxis {
  const times = [...new Set(moments)].sort((left, right) => left - right);
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  const gaps = foldedGaps(times);
  const folded = gaps.reduce((sum, { start, end }) => sum + end - start, 0);
  const room = Math.max(1, columns - (FOLD + 1) * gaps.length);
  const unit = roundUp(Math.ceil(Math.max(1, last - first - folded) / room));
  const folds: Fold[] = [];
  for (const { start, end } of gaps) folds.push({ start, end, column: columnOf(start) });

  function columnOf(time: number): number {
    return Math.ceil(tenths(time) / 10);
  }
  function tenths(time: number): number {
    const fold = folds.findLast((some) => some.end <= time);
    const [base, from] = fold ? [fold.column + FOLD, fold.end] : [0, first];
    const inside = folds.find((some) => some.start < time && time < some.end);
    if (inside) return 10 * inside.column + 10;
    return 10 * base + Math.floor((10 * (time - from)) / unit);
  }

  return {
    unit,
    columns: Math.max(1, columnOf(last)),
    folds,
    tenths,
    ticks: ticksOf({ first, last, folds }, roundUp(unit * tickColumns, true), tenths),
  };
}

interface Gap {
  readonly start: number;
  readonly end: number;
}

/** The longest stretches, while one of them takes much of what is left. In the order of time. */
function foldedGaps(times: readonly number[]): readonly Gap[] {
  const all = times.slice(1).map((end, at) => ({ start: times[at] as number, end }));
  const byLength = [...all].sort((a, b) => b.end - b.start - (a.end - a.start));
  let left = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const folded: Gap[] = [];
  for (const gap of byLength) {
    const length = gap.end - gap.start;
    const isLast = folded.length + 1 >= all.length;
    if (isLast || folded.length === FOLDS_MAX || length * SHARE < left * 2) break;
    folded.push(gap);
    left -= length;
  }
  return folded.sort((a, b) => a.start - b.start);
}

function ticksOf(
  { first, last, folds }: { first: number; last: number; folds: readonly Fold[] },
  step: number,
  tenths: (time: number) => number,
): TimeAxis["ticks"] {
  const starts = [first, ...folds.map(({ end }) => end)];
  const ends = [...folds.map(({ start }) => start), last];
  return starts.flatMap((start, block) => {
    const end = ends[block] ?? last;
    const found: { column: number; time: number }[] = [];
    for (let time = Math.ceil(start / step) * step; time <= end; time += step) {
      found.push({ column: Math.floor(tenths(time) / 10), time });
    }
    return found;
  });
}
