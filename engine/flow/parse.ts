import type {
  Blank,
  Comment,
  Flow,
  Header,
  HeaderItem,
  HeaderLine,
  Item,
  Position,
} from "./ast.ts";
import { cursorOf } from "./cursor.ts";
import { type FlowError, flowError, type Problem, quote, unknownWord } from "./flow-error.ts";
import { headerOf } from "./header.ts";
import { illegal } from "./legal.ts";
import { tokens } from "./lexer.ts";
import { HEADER_WORDS, headerWord, readHeaderLine } from "./parse-header.ts";
import { ITEM_WORDS, readItem, readStatement } from "./parse-statement.ts";
import { commentText, linesOf, splitComment, squeezed, unfit } from "./source.ts";
import { structureProblems } from "./structure.ts";

/** More errors than this help nobody. */
export const ERRORS_MAX = 20;

export type Parsed =
  | { readonly ok: true; readonly flow: Flow }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/** A file half read. */
interface State {
  readonly lines: readonly string[];
  /** Index of the line to read next, from 0. */
  index: number;
  readonly headerLines: HeaderItem[];
  readonly items: Item[];
  /** Comments and blank lines of which it is not yet clear where they belong. */
  readonly trivia: (Comment | Blank)[];
  /** Names of devices and iommus. */
  readonly names: Set<string>;
  /** Where the header ended; `undefined` while it goes on. */
  body?: Position;
  /** The caption read last, and not yet somebody's. */
  caption?: { readonly at: Position; readonly paragraphs: string[]; isBroken: boolean };
  readonly problems: Problem[];
}

/**
 * Reads a flow file. Takes any string: what is no flow gives errors, at most ERRORS_MAX, in the
 * order of the lines.
 *
 * @param file   the name that errors carry
 * @param names  devices and iommus known besides those of the header, as of the `given` flows
 */
export function parseFlow(text: string, file: string, names: readonly string[] = []): Parsed {
  const lines = linesOf(text);
  if ("expected" in lines) return refused(file, [lines]);
  const state: State = {
    lines,
    index: 0,
    headerLines: [],
    items: [],
    trivia: [],
    names: new Set(names),
    problems: [],
  };
  while (state.index < lines.length && state.problems.length < ERRORS_MAX) readLine(state);
  leaveCaption(state, "end of file");
  state.items.push(...state.trivia);
  const end = { line: lines.length + 1, column: 1 };
  const whole =
    state.problems.length < ERRORS_MAX ? headerOf(state.headerLines, state.body ?? end) : undefined;
  const header = whole && !("problems" in whole) ? whole : undefined;
  // A header line that could not be read is missing for that reason: say it once.
  if (whole && "problems" in whole && state.problems.length === 0)
    state.problems.push(...whole.problems);
  if (header && state.problems.length === 0) checkWhole(state, header);
  if (!header || state.problems.length > 0) return refused(file, state.problems);
  return { ok: true, flow: { file, header, items: trimmed(state.items) } };
}

function checkWhole(state: State, header: Header): void {
  state.problems.push(...illegal(header), ...structureProblems({ header, items: state.items }));
}

function refused(file: string, problems: readonly Problem[]): Parsed {
  const errors = problems.slice(0, ERRORS_MAX).map((problem) => flowError(file, problem));
  return { ok: false, errors };
}

/** Blank lines at the end are no part of the story. */
function trimmed(items: readonly Item[]): readonly Item[] {
  return items.at(-1)?.kind === "blank" ? items.slice(0, -1) : items;
}

function readLine(state: State): void {
  const line = state.lines[state.index] as string;
  const number = state.index + 1;
  const text = line.replace(/^[ \t]+/, "");
  const at = { line: number, column: line.length - text.length + 1 };
  const problem = unfit(line, number);
  if (problem) {
    state.problems.push(problem);
    state.index += 1;
    return;
  }
  const word = headerWord(line);
  if (text === "") readBlank(state, at);
  else if (text.startsWith("##"))
    put(state, { kind: "comment", at, text: commentText(text.slice(2)) });
  else if (word !== undefined && !state.body) readHeader(state, word);
  else if (!state.body && !beginsBody(text)) state.problems.push(noHeader(text, at));
  else {
    beginBody(state, at);
    readBody(state, { at, text, word });
    return;
  }
  state.index += 1;
}

function readBody(
  state: State,
  {
    at,
    text,
    word,
  }: { readonly at: Position; readonly text: string; readonly word: string | undefined },
): void {
  if (text.startsWith("#")) readCaption(state, at, squeezed(text.slice(1)));
  else if (text.startsWith("==")) readSection(state, at, text);
  else if (word !== undefined) {
    const expected = "header lines above the first section, caption or statement";
    state.problems.push({ at, expected, found: quote(word) });
  } else {
    readWords(state);
    return;
  }
  state.index += 1;
}

/** A caption, a section, a statement, or a line with a word of its own. */
function beginsBody(text: string): boolean {
  const word = /^[a-z]+/.exec(text)?.[0] ?? "";
  const isItem = (ITEM_WORDS as readonly string[]).includes(word);
  return isItem || /^(?:#|==|[\w.-]+[ \t]*:)/.test(text);
}

function noHeader(text: string, at: Position): Problem {
  const word = /^[^ \t]*/.exec(text)?.[0] ?? "";
  const expected = "a header line, a section or a statement";
  return unknownWord(at, word, { expected, known: [...HEADER_WORDS, ...ITEM_WORDS] });
}

/** Comments and blank lines wait for what they stand above: a header line, or the story. */
function put(state: State, trivia: Comment | Blank): void {
  (state.body ? state.items : state.trivia).push(trivia);
}

/** Several blank lines are one; none stands at the top. */
function readBlank(state: State, at: Position): void {
  if (state.caption) state.caption.isBroken = true;
  const isTop = state.headerLines.length === 0 && state.items.length === 0;
  const last = state.body ? state.items.at(-1) : state.trivia.at(-1);
  if (last?.kind === "blank" || (isTop && last === undefined)) return;
  put(state, { kind: "blank", at });
}

function readHeader(state: State, kind: HeaderLine["kind"]): void {
  const text = state.lines[state.index] as string;
  const { line, problem, declares } = readHeaderLine(text, state.index + 1, kind);
  if (declares !== undefined) state.names.add(declares);
  if (problem) state.problems.push(problem);
  if (line) state.headerLines.push(...state.trivia.splice(0), line);
}

function beginBody(state: State, at: Position): void {
  if (state.body) return;
  state.body = at;
  state.items.push(...state.trivia.splice(0));
}

/** Lines of `#` in a row make a paragraph; an empty one, or an empty line, begins another. */
function readCaption(state: State, at: Position, words: string): void {
  state.caption ??= { at, paragraphs: [], isBroken: true };
  const { caption } = state;
  const last = caption.paragraphs.length - 1;
  if (words === "") caption.isBroken = true;
  else if (caption.isBroken || last < 0) {
    caption.paragraphs.push(words);
    caption.isBroken = false;
  } else caption.paragraphs[last] += ` ${words}`;
}

/** A caption belongs to the next statement. One that meets anything else is a mistake. */
function leaveCaption(state: State, found: string): void {
  const { caption } = state;
  delete state.caption;
  if (!caption || caption.paragraphs.length === 0) return;
  const expected = "a statement below its caption (a remark begins with ##)";
  state.problems.push({ at: caption.at, expected, found });
}

/** `== words ==`, and a remark. */
function readSection(state: State, at: Position, text: string): void {
  leaveCaption(state, "a section");
  const { text: body, comment } = splitComment(text);
  const trimmedBody = body.replace(/[ \t]+$/, "");
  const words = squeezed(trimmedBody.slice(2, -2));
  const isNamed = trimmedBody.length > 4 && words !== "" && !words.startsWith("##");
  if (!isNamed || !trimmedBody.endsWith("==")) {
    state.problems.push({ at, expected: '"== NAME OF THE SECTION =="', found: quote(trimmedBody) });
    return;
  }
  const remark = comment === undefined ? {} : { comment };
  state.items.push({ kind: "section", at, text: words, ...remark });
}

/** A line made of words, with the lines it goes on for. */
function readWords(state: State): void {
  const first = state.index;
  const words = tokens({ lines: state.lines, first, names: state.names });
  state.index = words.next;
  const problem = unfitWithin(state.lines, first, words.next) ?? words.problem;
  const cursor = cursorOf(words.tokens, state.names);
  if (problem) {
    delete state.caption;
    state.problems.push(problem);
    return;
  }
  const item = readItem(cursor);
  if (item) leaveCaption(state, `a line "${item.kind}"`);
  const paragraphs = state.caption?.paragraphs ?? [];
  delete state.caption;
  const read = item ?? readStatement(cursor, paragraphs);
  if (cursor.problem) state.problems.push(cursor.problem);
  else state.items.push(read);
}

/** The lines that a statement goes on for hold text only, as its first does. */
function unfitWithin(lines: readonly string[], first: number, end: number): Problem | undefined {
  for (let index = first + 1; index < end; index += 1) {
    const problem = unfit(lines[index] as string, index + 1);
    if (problem) return problem;
  }
  return undefined;
}
