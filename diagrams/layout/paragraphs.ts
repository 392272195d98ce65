/** Words above and below a drawing: its title, its legend, its numbered notes. */

import { INDENT, type Look, type Sheet } from "./picture.ts";
import { isHazard, measure, tidy, wrap } from "./words.ts";

/**
 * Puts a paragraph at the left edge and moves on below it.
 * @param hang columns that lines after the first are indented by
 * @returns whether its words fit
 */
export function putParagraph(on: Sheet, text: string, look: Look, hang = 0): boolean {
  let x = INDENT;
  let lines = hangingWrap(text, on.width - x, hang);
  if (lines?.some((line, row) => (row === 0 || hang === 0) && isHazard(line))) {
    x += 2; // room for the mark that 7-bit text puts before such a line
    lines = hangingWrap(text, on.width - x, hang);
  }
  if (!lines) return false;
  if (lines.length === 0) return true;
  const label = on.labels.push(lines.join(" ")) - 1;
  for (const [row, line] of lines.entries()) {
    const at = x + (row > 0 ? hang : 0);
    on.items.push({ kind: "text", strong: false, ...look, x: at, y: on.y, text: line, label });
    on.y += 1;
  }
  return true;
}

function hangingWrap(text: string, width: number, hang: number): readonly string[] | undefined {
  const first = wrap(text, width);
  if (!first || first.length < 2 || hang === 0) return first;
  const head = first[0] as string;
  const rest = wrap(tidy(text).slice(head.length + 1), width - hang);
  return rest && [head, ...rest];
}

/** The title, one paragraph, and a blank row below it. */
export function putTitle(on: Sheet, sentences: readonly string[]): boolean {
  const text = tidy(sentences.join(" "));
  if (text === "") return true;
  const look: Look = { part: "title", ink: "text", job: "title" };
  const fits = putParagraph(on, text, look);
  on.y += 1;
  return fits;
}

/** Lines below the drawing, a blank row above the first. */
export function putLegend(on: Sheet, lines: readonly string[]): boolean {
  const some = lines.filter((line) => tidy(line) !== "");
  if (some.length > 0) on.y += 1;
  return some.every((line) =>
    putParagraph(on, line, { part: "legend", ink: "text", job: "legend" }),
  );
}

/** Numbered notes, each hanging under its number, a blank row above the first. */
export function putNotes(on: Sheet, notes: readonly string[]): boolean {
  if (notes.length > 0) on.y += 1;
  const look: Look = { part: "legend", ink: "text", job: "legend" };
  return notes.every((note, index) => {
    const number = `[${index + 1}]`;
    return putParagraph(on, `${number} ${note}`, look, measure(number) + 1);
  });
}
