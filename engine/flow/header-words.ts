import type { Position } from "./ast.ts";
import { type Problem, quote, unknownWord } from "./flow-error.ts";

/** A word of a header line, and where it stands. */
export interface HeaderWord {
  readonly at: Position;
  readonly text: string;
}

/** The words of one header line, read one by one; after a problem nothing more is read. */
export interface HeaderReader {
  readonly words: readonly HeaderWord[];
  /** Behind the last word. */
  readonly end: Position;
  index: number;
  problem?: Problem;
}

export function headerReader(text: string, line: number): HeaderReader {
  const words: HeaderWord[] = [];
  for (const match of text.matchAll(/[^ \t]+/g)) {
    words.push({ at: { line, column: match.index + 1 }, text: match[0] });
  }
  const last = words.at(-1);
  const column = last ? last.at.column + last.text.length : 1;
  return { words, end: { line, column }, index: 0 };
}

/** The next word; an empty one behind the last. */
export function nextWord(reader: HeaderReader): HeaderWord {
  const word = reader.words[reader.index];
  if (word === undefined || reader.problem) return { at: reader.end, text: "" };
  reader.index += 1;
  return word;
}

export function hasMore(reader: HeaderReader): boolean {
  return !reader.problem && reader.index < reader.words.length;
}

/** Notes the first problem. */
export function object(reader: HeaderReader, word: HeaderWord, expected: string): void {
  reader.problem ??= { at: word.at, expected, found: quote(word.text) };
}

/** Takes a word of `known`, or says which is nearest. */
export function nextOf<Known extends string>(
  reader: HeaderReader,
  what: string,
  known: readonly Known[],
): Known {
  return oneOf(reader, nextWord(reader), { what, known });
}

export function oneOf<Known extends string>(
  reader: HeaderReader,
  word: HeaderWord,
  { what, known }: { readonly what: string; readonly known: readonly Known[] },
): Known {
  const found = known.find((candidate) => candidate === word.text);
  if (found !== undefined) return found;
  const expected = known.length === 0 ? what : `${what}: ${known.join(", ")}`;
  reader.problem ??= unknownWord(word.at, word.text, { expected, known });
  return known[0] as Known;
}

/** All words that are left, at least one. */
export function restLike(
  reader: HeaderReader,
  expected: string,
  pattern: RegExp,
): readonly HeaderWord[] {
  const words: HeaderWord[] = [];
  do {
    const word = nextWord(reader);
    if (!pattern.test(word.text)) object(reader, word, expected);
    words.push(word);
  } while (hasMore(reader));
  return words;
}

/** Takes `KEY=VALUE`, KEY one of `keys` and not seen before. The value stands at its own column. */
export function nextAttribute<Key extends string>(
  reader: HeaderReader,
  keys: readonly Key[],
  seen: Set<string>,
): { readonly key: Key; readonly value: HeaderWord } {
  const word = nextWord(reader);
  const [written = ""] = word.text.split("=", 1);
  const key = oneOf(reader, { at: word.at, text: written }, { what: "one of", known: keys });
  const column = word.at.column + written.length + 1;
  const value = { at: { line: word.at.line, column }, text: word.text.slice(written.length + 1) };
  if (value.text === "") object(reader, word, `${key}=VALUE`);
  if (seen.has(key)) object(reader, word, `${key}= once`);
  seen.add(key);
  return { key, value };
}

/** A count from 1 to `max`, in decimal. */
export function countOf(
  reader: HeaderReader,
  word: HeaderWord,
  range: { readonly min: number; readonly max: number },
): number {
  const value = /^(?:0|[1-9]\d{0,6})$/.test(word.text) ? Number(word.text) : -1;
  if (value < range.min || value > range.max) {
    object(reader, word, `a number from ${range.min} to ${range.max}`);
  }
  return value;
}
