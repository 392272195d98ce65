import type { Position } from "./ast.ts";
import { nearest } from "./nearest.ts";

/** What is wrong with a flow file, for a person: where, what was expected, what is there. */
export interface FlowError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly found: string;
  /** `expected …, found …`, always one line. */
  readonly message: string;
  /** The known word that was probably meant. */
  readonly nearest?: string;
}

/** What is wrong, before anybody asks in which file. */
export interface Problem {
  readonly at: Position;
  readonly expected: string;
  /** In words; what stands in the file comes through `quote`. */
  readonly found: string;
  readonly nearest?: string;
}

/** More of a found word than this helps nobody. */
const QUOTED_MAX = 40;

export function flowError(file: string, problem: Problem): FlowError {
  const { at, expected, found } = problem;
  return {
    file,
    line: at.line,
    column: at.column,
    expected,
    found,
    message: `expected ${expected}, found ${found}`,
    ...(problem.nearest === undefined ? {} : { nearest: problem.nearest }),
  };
}

/** One line: `send.flow:3:12: expected a kernel, found "v4.19"; did you mean "v4.18"?` */
export function formatError(error: FlowError): string {
  const hint = error.nearest === undefined ? "" : `; did you mean "${printable(error.nearest)}"?`;
  return `${printable(error.file)}:${error.line}:${error.column}: ${error.message}${hint}`;
}

/** A word of the file as a message shows it: quoted, printable, not too long. */
export function quote(word: string): string {
  if (word === "") return "end of line";
  const start = word.slice(0, QUOTED_MAX);
  return `"${printable(start)}${start.length < word.length ? "..." : ""}"`;
}

/** A problem with one of several words that are known. */
export function unknownWord(
  at: Position,
  found: string,
  { expected, known }: { readonly expected: string; readonly known: readonly string[] },
): Problem {
  const near = nearest(found, known);
  return { at, expected, found: quote(found), ...(near === undefined ? {} : { nearest: near }) };
}

/** One line of 7-bit text: what is not shows as \u{hex}. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
