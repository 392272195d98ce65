import type { Position } from "./ast.ts";
import { type Problem, quote, unknownWord } from "./flow-error.ts";
import { shown, type Token } from "./token.ts";

/** Brackets inside brackets, and terms in a row, go no deeper. */
export const DEPTH_MAX = 32;

/**
 * A place in the words of one statement. After the first problem it stands at the end for good, so
 * that whoever reads on meets the end of the line and stops; the problem tells, the rest is
 * thrown away.
 */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly names: ReadonlySet<string>;
  index: number;
  depth: number;
  problem?: Problem;
}

export function cursorOf(tokens: readonly Token[], names: ReadonlySet<string>): Cursor {
  return { tokens, names, index: 0, depth: 0 };
}

/** The word here, or further on. Past the last there is the end. */
export function peek(cursor: Cursor, ahead = 0): Token {
  return (cursor.tokens[cursor.index + ahead] ?? cursor.tokens.at(-1)) as Token;
}

export function next(cursor: Cursor): Token {
  const token = peek(cursor);
  if (token.kind !== "end") cursor.index += 1;
  return token;
}

export function isSign(cursor: Cursor, sign: string, ahead = 0): boolean {
  const token = peek(cursor, ahead);
  return token.kind === "sign" && token.text === sign;
}

export function isWord(cursor: Cursor, word: string, ahead = 0): boolean {
  const token = peek(cursor, ahead);
  return token.kind === "word" && token.text === word;
}

/** Moves over `sign` if it stands here. */
export function skip(cursor: Cursor, sign: string): boolean {
  const isHere = isSign(cursor, sign);
  if (isHere) cursor.index += 1;
  return isHere;
}

/** Says that something else should stand here, and ends the reading. */
export function fail(cursor: Cursor, expected: string): void {
  const token = peek(cursor);
  report(cursor, { at: token.at, expected, found: shown(token) });
}

export function report(cursor: Cursor, problem: Problem): void {
  cursor.problem ??= problem;
  cursor.index = cursor.tokens.length - 1;
}

export function need(cursor: Cursor, sign: string, expected = quote(sign)): void {
  if (!skip(cursor, sign)) fail(cursor, expected);
}

/** Takes a word of `known`, or names the nearest. */
export function needOneOf<Known extends string>(
  cursor: Cursor,
  expected: string,
  known: readonly Known[],
): Known {
  const token = peek(cursor);
  const found = known.find((word) => token.kind === "word" && token.text === word);
  if (found !== undefined) {
    cursor.index += 1;
    return found;
  }
  if (token.kind === "word") report(cursor, unknownWord(token.at, token.text, { expected, known }));
  else fail(cursor, expected);
  return known[0] as Known;
}

/** Runs `inner` one level deeper. @returns `instead` where that is too deep */
export function deeper<T>(cursor: Cursor, instead: T, inner: () => T): T {
  if (isTooDeep(cursor, 1)) return instead;
  cursor.depth += 1;
  const result = inner();
  cursor.depth -= 1;
  return result;
}

/** True, and a problem, where `more` levels from here would pass the limit. */
export function isTooDeep(cursor: Cursor, more: number): boolean {
  if (cursor.depth + more <= DEPTH_MAX) return false;
  const at: Position = peek(cursor).at;
  report(cursor, { at, expected: `at most ${DEPTH_MAX} levels`, found: "one more" });
  return true;
}
