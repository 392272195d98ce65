/** Words set into lines of at most 72 columns. */

import { wrap } from "../diagrams/index.ts";

/** A text that may be quoted in a mail, and again. */
export const WIDTH = 72;

/**
 * One paragraph. A word that is wider than a line has one to itself: an address is not broken.
 * @param mark what the first line begins with; the others are indented as deep
 */
export function fill(text: string, mark = ""): string {
  const width = WIDTH - mark.length;
  const lines = runs(text.split(/\s+/), width).flatMap((some) => broken(some, width));
  const indent = " ".repeat(mark.length);
  return lines.map((line, at) => `${at === 0 ? mark : indent}${line}\n`).join("");
}

/** How much narrower a paragraph may get so that no line of it begins with what a program eats. */
const NARROWER_MAX = 12;

/** Lines of words. "From " at the start of one would split a mailbox; another break avoids it. */
function broken(words: readonly string[], width: number): readonly string[] {
  const text = words.join(" ");
  for (let some = width; some >= width - NARROWER_MAX; some -= 1) {
    const lines = wrap(text, some);
    if (lines && !lines.slice(1).some((line) => line.startsWith("From "))) return lines;
  }
  return wrap(text, width) ?? words;
}

/** The words in runs: those too wide for a line each alone. */
function runs(words: readonly string[], width: number): readonly (readonly string[])[] {
  const made: string[][] = [[]];
  for (const word of words) {
    if (word.length > width) made.push([word], []);
    else made.at(-1)?.push(word);
  }
  return made.filter((some) => some.length > 0);
}

/** A passage as mails quote it: its own lines where it has several. */
export function quotation(text: string): string {
  const lines = text.includes("\n") ? text.split("\n") : fill(text, "  ").trimEnd().split("\n");
  return lines.map((line) => `${`> ${line.replace(/^ {2}/, "")}`.trimEnd()}\n`).join("");
}
