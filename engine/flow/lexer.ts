import type { Position } from "./ast.ts";
import { type Problem, quote } from "./flow-error.ts";
import { commentText } from "./source.ts";
import { declaredAt, KERNEL_WORD, type Token, WORD } from "./token.ts";

/** More words than this are no statement. */
export const WORDS_MAX = 10_000;

/** What `tokens` reads: the lines of a file, where to begin, the names the header declared. */
export interface Reading {
  readonly lines: readonly string[];
  /** Index of the first line, from 0. */
  readonly first: number;
  readonly names: ReadonlySet<string>;
}

/** A statement in words. `next` is the index of the line after it. */
export interface Words {
  readonly tokens: readonly Token[];
  readonly next: number;
  readonly problem?: Problem;
}

const BLANKS = /[ \t]+/y;
const NUMBER = /\d\w*/y;
const LABEL = /@([A-Za-z][\w-]*)/y;
const UNFINISHED = /<unfinished \.\.\.>/y;
const RESUMED = /<\.\.\. ([A-Za-z_]\w*) resumed>/y;
const SIGN = /==|!=|<=|>=|[-()[\]{},:=<>|+.?]/y;
const ESCAPE = /\\(?:["\\ntr]|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{1,6}\})/y;
const PLAIN = /[^"\\]+/y;
const ESCAPES = `an escape: \\" \\\\ \\n \\t \\r \\xNN \\u{HEX}`;
const LETTERS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

const ANYTHING = "a word, a number, a string or a sign";
/** What a lonely character lacks. */
const NEEDS: Readonly<Record<string, string>> = {
  "@": "a label: @ and a letter",
  "#": "## before a remark",
  "!": "!= or nothing",
  "'": 'a string in "',
};

/** A line that goes on with an open bracket is indented, or begins with what closes it. */
const CONTINUES = /^(?:[ \t]+[^ \t]|[)\]}])/;

interface State extends Reading {
  readonly tokens: Token[];
  index: number;
  column: number;
  /** Brackets open at this point. */
  open: number;
  problem?: Problem;
}

/** Takes a statement apart: one line, and the lines after it while a bracket is open. */
export function tokens(reading: Reading): Words {
  const state: State = { ...reading, tokens: [], index: reading.first, column: 0, open: 0 };
  for (;;) {
    readLine(state);
    const next = state.lines[state.index + 1];
    const goesOn = state.open > 0 && !state.problem && next !== undefined;
    if (!goesOn || !CONTINUES.test(next)) break;
    state.index += 1;
    state.column = 0;
  }
  state.tokens.push({ kind: "end", at: here(state), text: "" });
  const { problem } = state;
  return { tokens: state.tokens, next: state.index + 1, ...(problem ? { problem } : {}) };
}

function readLine(state: State): void {
  const line = state.lines[state.index] as string;
  while (state.column < line.length && !state.problem) {
    if (take(state, BLANKS) === undefined) readToken(state, line);
  }
}

function here(state: State): Position {
  return { line: state.index + 1, column: state.column + 1 };
}

/** Moves over what `pattern` matches here. */
function take(state: State, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = state.column;
  const match = pattern.exec(state.lines[state.index] as string);
  if (match) state.column += match[0].length;
  return match ?? undefined;
}

function readToken(state: State, line: string): void {
  const at = here(state);
  if (state.tokens.length === WORDS_MAX) {
    const expected = `at most ${WORDS_MAX} words in a statement`;
    state.problem = { at, expected, found: "one more" };
  } else if (line.startsWith("##", state.column)) readComment(state, line);
  else if (line[state.column] === '"') readString(state, line);
  else {
    const token = readPlain(state, line);
    if (token) state.tokens.push({ ...token, at });
    else {
      const char = String.fromCodePoint(line.codePointAt(state.column) ?? 0);
      state.problem = { at, expected: NEEDS[char] ?? ANYTHING, found: quote(char) };
    }
  }
}

function plain(kind: Token["kind"], text: string): Omit<Token, "at"> {
  return { kind, text };
}

/** What is neither comment nor string. */
function readPlain(state: State, line: string): Omit<Token, "at"> | undefined {
  const word = readWord(state, line);
  if (word !== undefined) return plain("word", word);
  const number = take(state, NUMBER)?.[0];
  if (number !== undefined) return plain("number", number);
  const label = take(state, LABEL)?.[1];
  if (label !== undefined) return plain("label", label);
  if (take(state, UNFINISHED)) {
    state.open = Math.max(0, state.open - 1); // strace leaves the bracket open
    return plain("unfinished", "");
  }
  const resumed = take(state, RESUMED)?.[1];
  if (resumed !== undefined) return plain("resumed", resumed);
  const sign = take(state, SIGN)?.[0];
  if (sign === undefined) return undefined;
  if ("([{".includes(sign)) state.open += 1;
  if (")]}".includes(sign)) state.open = Math.max(0, state.open - 1);
  return plain("sign", sign);
}

/** A declared name is one word, whatever is in it; but not after a dot, where a member stands. */
function readWord(state: State, line: string): string | undefined {
  const isMember = state.tokens.at(-1)?.text === "." && state.tokens.at(-1)?.kind === "sign";
  const declared = isMember ? undefined : declaredAt(line, state.column, state.names);
  if (declared !== undefined) {
    state.column += declared.length;
    return declared;
  }
  return (isMember ? undefined : take(state, KERNEL_WORD)?.[0]) ?? take(state, WORD)?.[0];
}

function readComment(state: State, line: string): void {
  const at = here(state);
  if (state.open > 0) {
    state.problem = { at, expected: "comments only after the last bracket", found: quote("##") };
    return;
  }
  const text = commentText(line.slice(state.column + 2));
  state.column = line.length;
  state.tokens.push({ kind: "comment", at, text });
}

function readString(state: State, line: string): void {
  const at = here(state);
  const parts: string[] = [];
  state.column += 1;
  for (;;) {
    const words = take(state, PLAIN)?.[0];
    if (words !== undefined) parts.push(words);
    const char = line[state.column];
    if (char === '"') break;
    if (char === undefined) {
      state.problem = { at, expected: 'a string that ends in "', found: "end of line" };
      return;
    }
    const escapeAt = here(state);
    const written = take(state, ESCAPE)?.[0];
    const meant = written === undefined ? undefined : meaning(written);
    if (meant === undefined) {
      const found = quote(written ?? line.slice(state.column, state.column + 2));
      state.problem = { at: escapeAt, expected: ESCAPES, found };
      return;
    }
    parts.push(meant);
  }
  state.column += 1;
  const text = parts.join("");
  state.tokens.push({ kind: "string", at, text });
}

/** What an escape stands for; nothing past the last code point. */
function meaning(written: string): string | undefined {
  const letter = written[1] as string;
  if (letter !== "x" && letter !== "u") return LETTERS[letter] ?? letter;
  const code = Number.parseInt(written.replace(/[^0-9A-Fa-f]/g, ""), 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
