/** The names above the lanes: whole in one row, whole in two, shorter, or as few letters. */

import { INDENT, putLines, type Sheet } from "./picture.ts";
import type { Lane } from "./scene.ts";
import { measure, tidy } from "./words.ts";

export interface Heading {
  /** What stands over each lane. */
  readonly names: readonly string[];
  /** The row of each: 0 is the lower one. */
  readonly rows: readonly number[];
  /** How much of a loss this is, for the choice of an arrangement. */
  readonly cost: number;
}

/** Columns of a centred name to the left of its lane. */
export function leftOf(name: string): number {
  return Math.max(0, Math.floor((measure(name) - 1) / 2));
}

/** Columns of a centred name to the right of its lane. */
export function rightOf(name: string): number {
  return Math.max(0, measure(name) - 1 - leftOf(name));
}

/** The best heading whose names stand clear of each other at this pitch. */
export function heading(lanes: readonly Lane[], pitch: number): Heading | undefined {
  const whole = lanes.map((lane) => tidy(lane.name));
  const short = lanes.map((lane, index) => tidy(lane.short ?? (whole[index] as string)));
  const level = lanes.map(() => 0);
  const staggered = lanes.map((_, index) => index % 2);
  const tries: readonly Heading[] = [
    { names: whole, rows: level, cost: 0 },
    { names: short, rows: level, cost: 4 },
    { names: whole, rows: staggered, cost: 5 },
    { names: short, rows: staggered, cost: 7 },
    { names: letters(whole, pitch - 1), rows: level, cost: 12 },
  ];
  return tries.find(({ names, rows }) => standClear(names, rows, pitch));
}

function standClear(names: readonly string[], rows: readonly number[], pitch: number): boolean {
  return names.every((name, index) => {
    const step = rows.indexOf(rows[index] as number, index + 1) - index;
    if (step < 1) return true;
    return rightOf(name) + 1 + leftOf(names[index + step] as string) < step * pitch;
  });
}

/** At most `room` columns each, no two alike. */
function letters(names: readonly string[], room: number): readonly string[] {
  const cut = (name: string, size: number) => {
    const kept = [...name].slice(0, size).join("");
    return measure(kept) <= size ? kept : "";
  };
  const first = names.map((name) => cut(name, room).trim());
  return first.map((name, index) => {
    const isPlain = name.length > 0 && first.indexOf(name) === first.lastIndexOf(name);
    if (isPlain) return name;
    const number = String(index + 1);
    return `${cut(names[index] as string, Math.max(0, room - number.length)).trim()}${number}`;
  });
}

/** Puts the names over their lanes and moves on below them. */
export function putHeading(
  on: Sheet,
  lanes: readonly Lane[],
  head: Heading,
  xOf: (lane: number) => number,
): void {
  const height = Math.max(...head.rows) + 1;
  for (const [index, lane] of lanes.entries()) {
    const name = head.names[index] as string;
    const row = head.rows[index] as number;
    const at = { x: xOf(index) - leftOf(name), y: on.y + height - 1 - row };
    const middle = 2 * xOf(index) + 1;
    putLines(on, at, [name], { part: "drawing", ink: lane.role, job: "name", middle });
    const isLifted = row > 0 && isClearBelow(head, index, xOf);
    if (!isLifted) continue;
    const y = on.y + height - 1;
    on.items.push({
      kind: "mark",
      mark: "stem",
      x: xOf(index),
      y,
      part: "drawing",
      ink: lane.role,
    });
  }
  on.y += height;
}

/** Is there room in the lower row for a line down from the upper one, with a blank beside it? */
function isClearBelow(head: Heading, index: number, xOf: (lane: number) => number): boolean {
  const before = head.names[index - 1];
  const after = head.names[index + 1];
  return (
    before !== undefined &&
    xOf(index - 1) + rightOf(before) + 1 < xOf(index) &&
    (after === undefined || xOf(index + 1) - leftOf(after) - 1 > xOf(index))
  );
}

/** "ker = kernel, eng = engine", or "" where all names are whole. */
export function namesLegend(lanes: readonly Lane[], head: Heading): string {
  return lanes
    .map((lane, index) => [head.names[index] as string, tidy(lane.name)] as const)
    .filter(([name, whole]) => name !== whole)
    .map(([name, whole]) => `${name} = ${whole}`)
    .join(", ");
}

/** The least column of the first lane: names keep clear of the columns of a mark. */
export function leftmost(head: Heading, pitch: number): number {
  return head.names.reduce(
    (most, name, index) => Math.max(most, INDENT + 2 + leftOf(name) - index * pitch),
    INDENT + 2,
  );
}

/** Columns that the names take to the right of the last lane. */
export function overhang(head: Heading, pitch: number): number {
  const last = head.names.length - 1;
  return head.names.reduce(
    (most, name, index) => Math.max(most, rightOf(name) - (last - index) * pitch),
    0,
  );
}
