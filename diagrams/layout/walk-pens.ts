/** What both ways to set a walk put on the sheet: entries, ends, and what leads from one to the next. */

import { INDENT, type Ink, type Look, putLines, putText, type Sheet } from "./picture.ts";
import type { WalkEnd, WalkEntry } from "./walk-scene.ts";
import { isHazard, measure, tidy, wrap } from "./words.ts";

/** An arrow takes three columns, and a blank on its right. */
export const HOOK = 4;
/** Blanks between an entry and what it says. */
export const SAYS_GAP = 2;
export const BITS = "bits";
export const INDEX = "index";

export function inked(ink: Ink, job: Look["job"] = "label"): Look {
  return { part: "drawing", ink, job };
}

/** Behind the names, which may not begin as what a program eats. */
export function nameColumn(names: readonly string[]): number {
  const words = names.flatMap((name) => tidy(name).split(" "));
  return words.some((word) => isHazard(word)) ? INDENT + 2 : INDENT;
}

/** An entry and what it says, and moves on below it. */
export function putEntry(on: Sheet, { name, says = "", role }: WalkEntry, x: number): boolean {
  putText(on, { x, y: on.y }, name, inked(role, "name"));
  const saysX = x + measure(tidy(name)) + SAYS_GAP;
  const lines = wrap(says, on.width - saysX);
  if (!lines) return false;
  putLines(on, { x: saysX, y: on.y }, lines, inked("text"));
  on.y += Math.max(1, lines.length);
  return true;
}

export function linesOf(end: WalkEnd | undefined): readonly string[] {
  return (end?.lines ?? []).filter((line) => tidy(line) !== "");
}

export function inkOf({ kind }: WalkEnd): Ink {
  return kind === "refused" ? "refusal" : "memory";
}

export function putEnd(on: Sheet, end: WalkEnd, x: number): boolean {
  for (const [at, line] of linesOf(end).entries()) {
    const lines = wrap(line, on.width - x);
    if (!lines) return false;
    putLines(
      on,
      { x, y: on.y },
      lines,
      inked(at === 0 ? inkOf(end) : "text", at === 0 ? "name" : "label"),
    );
    on.y += lines.length;
  }
  return true;
}

interface Span {
  readonly x0: number;
  /** Where the head is. */
  readonly x1: number;
}

/** `--->` to the right, in the row where the pen is. */
export function putArrow(on: Sheet, { x0, x1 }: Span, ink: Ink): void {
  const { y } = on;
  on.items.push({
    kind: "stroke",
    look: "arrow",
    x: x0,
    y,
    spelling: `${"-".repeat(x1 - x0)}>`,
    path: [10 * x0, 10 * y + 5, 10 * x1 + 10, 10 * y + 5],
    part: "drawing",
    ink,
  });
}

/** `+--->`, down from the row above and to the right. */
export function putHook(on: Sheet, { x0, x1 }: Span, ink: Ink, isRefused = false): void {
  const { y } = on;
  on.items.push({
    kind: "stroke",
    look: isRefused ? "refused" : "arrow",
    x: x0,
    y,
    spelling: `\\${"-".repeat(x1 - x0 - 1)}${isRefused ? "X" : ">"}`,
    path: [
      10 * x0 + 5,
      10 * y,
      10 * x0 + 5,
      10 * y + 5,
      10 * x1 + (isRefused ? 5 : 10),
      10 * y + 5,
    ],
    part: "drawing",
    ink,
  });
}
