import type { Problem } from "./flow-error.ts";

/** A flow longer than this is refused: it is no story. In UTF-16 units, and in lines. */
export const TEXT_MAX = 1_000_000;
export const LINES_MAX = 10_000;

/** C0 and C1 controls but the tab, unpaired surrogates, what breaks or turns a line round. */
const UNFIT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\u{d800}-\u{dfff}]/u;

/** The lines of a file: a byte order mark is dropped, and CR LF ends a line as LF does. */
export function linesOf(text: string): readonly string[] | Problem {
  const start = { line: 1, column: 1 };
  if (text.length > TEXT_MAX) {
    const found = `${text.length}`;
    return { at: start, expected: `at most ${TEXT_MAX} characters`, found };
  }
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const lines = body.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > LINES_MAX) {
    const at = { line: LINES_MAX + 1, column: 1 };
    return { at, expected: `at most ${LINES_MAX} lines`, found: `${lines.length}` };
  }
  return lines;
}

/** The first character of a line that no flow may hold. */
export function unfit(line: string, number: number): Problem | undefined {
  const column = line.search(UNFIT);
  if (column < 0) return undefined;
  const code = line.codePointAt(column) ?? 0;
  return {
    at: { line: number, column: column + 1 },
    expected: "text",
    found: `the character U+${code.toString(16).toUpperCase().padStart(4, "0")}`,
  };
}

/** A line without the remark at its end. `##` begins one at the start or after a blank. */
export function splitComment(line: string): { readonly text: string; readonly comment?: string } {
  const match = /(?:^|[ \t])##/.exec(line);
  if (!match) return { text: line };
  const start = match.index + match[0].length;
  return { text: line.slice(0, match.index), comment: commentText(line.slice(start)) };
}

/** What a comment says: one blank after `##` and the blanks at the end are not part of it. */
export function commentText(afterMark: string): string {
  return (afterMark.startsWith(" ") ? afterMark.slice(1) : afterMark).replace(/[ \t]+$/, "");
}

/** Words with one blank between them. */
export function squeezed(text: string): string {
  return text
    .split(/[ \t]+/)
    .filter((word) => word !== "")
    .join(" ");
}
