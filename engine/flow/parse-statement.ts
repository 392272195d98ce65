import { KERNELS, type Kernel } from "../core/index.ts";
import type {
  Action,
  Always,
  Expect,
  ExploreMark,
  Expression,
  JoinMark,
  Result,
  Schedule,
  Statement,
} from "./ast.ts";
import {
  type Cursor,
  fail,
  isSign,
  isWord,
  need,
  needOneOf,
  next,
  peek,
  report,
  skip,
} from "./cursor.ts";
import {
  readCall,
  readComparison,
  readErrno,
  readExpression,
  readSpan,
  readWord,
} from "./expression.ts";
import { quote, unknownWord } from "./flow-error.ts";
import { isConstant, isDeviceName, isName } from "./token.ts";

/** The lines of a story that begin with a word of their own. */
export const ITEM_WORDS = ["expect", "always", "explore", "join", "schedule"] as const;

/** Most a pick may be: more actors than any flow has. */
const PICK_MAX = 1_000_000;

type ItemLine = Expect | Always | ExploreMark | JoinMark | Schedule;

/** Reads `expect`, `always`, `explore`, `join`, `schedule`; `undefined` where none of them begins. */
export function readItem(cursor: Cursor): ItemLine | undefined {
  const { at, kind, text } = peek(cursor);
  const word = ITEM_WORDS.find((known) => kind === "word" && known === text);
  if (word === undefined || isSign(cursor, ":", 1)) return undefined;
  next(cursor);
  if (word === "expect") {
    // `expect[v4.18] ...`, but `expect [a] == ...`
    const isOnly = isSign(cursor, "[") && peek(cursor).at.column === at.column + word.length;
    const only = isOnly ? { only: readKernel(cursor) } : {};
    return {
      kind: word,
      at,
      ...only,
      ...readComparison(cursor),
      ...readLabel(cursor),
      ...readEnd(cursor),
    };
  }
  if (word === "always") {
    return { kind: word, at, invariant: readInvariant(cursor), ...readEnd(cursor) };
  }
  if (word === "schedule") return { kind: word, at, picks: readPicks(cursor), ...readEnd(cursor) };
  return { kind: word, at, ...readEnd(cursor) };
}

/** Reads `ACTOR: [NAME =] ACTION [= RESULT] [@label]`. */
export function readStatement(cursor: Cursor, caption: readonly string[]): Statement {
  const { at } = peek(cursor);
  const actor = readActor(cursor);
  const isBound = peek(cursor).kind === "word" && isSign(cursor, "=", 1);
  const bind = isBound ? readBind(cursor) : {};
  const action = readAction(cursor, isBound);
  const result = action.kind === "call" || action.kind === "resumed" ? readResult(cursor) : {};
  const rest = { ...result, ...readLabel(cursor), ...readEnd(cursor) };
  return { kind: "statement", at, caption, actor, ...bind, action, ...rest };
}

function readActor(cursor: Cursor): string {
  const { at, kind, text } = peek(cursor);
  const isActor = isName(text) || cursor.names.has(text);
  if (kind === "word" && isActor && isSign(cursor, ":", 1)) {
    next(cursor);
    next(cursor);
    return text;
  }
  const written = writtenActor(cursor);
  if (written !== undefined) {
    const known = [...cursor.names];
    const expected = "a process (letters, digits, _) or a device of the header";
    report(cursor, unknownWord(at, written, { expected, known }));
  } else if (kind === "word") {
    const expected = "ACTOR: CALL(ARGUMENTS)";
    report(cursor, unknownWord(at, text, { expected, known: ITEM_WORDS }));
  } else fail(cursor, "ACTOR: CALL(ARGUMENTS)");
  return text;
}

/** The words up to a colon that lies as near as an actor's would: `web-server`. */
function writtenActor(cursor: Cursor): string | undefined {
  let written = "";
  for (let ahead = 0; !isSign(cursor, ":", ahead); ahead += 1) {
    const { kind, text } = peek(cursor, ahead);
    const isPart = kind === "word" || kind === "number" || text === "-" || text === ".";
    if (!isPart || ahead > 16) return undefined;
    written += text;
  }
  return isDeviceName(written) || isConstant(written) ? written : undefined;
}

function readBind(cursor: Cursor): { readonly bind?: string } {
  const { at, text } = peek(cursor);
  const bind = readWord(cursor, "a name or a call");
  if (isConstant(bind)) {
    report(cursor, { at, expected: "a name with a lower-case letter", found: quote(text) });
  }
  need(cursor, "=");
  return { bind };
}

function readAction(cursor: Cursor, isBound: boolean): Action {
  if (peek(cursor).kind === "resumed" && !isBound) {
    const { text } = next(cursor);
    skip(cursor, ")"); // as strace prints it
    return { kind: "resumed", name: text };
  }
  if (!isWord(cursor, "wait") || isSign(cursor, "(", 1) || isBound) {
    return { kind: "call", call: readCall(cursor) };
  }
  next(cursor);
  if (!isWord(cursor, "until")) return { kind: "wait", span: readSpan(cursor) };
  next(cursor);
  const comparison = readComparison(cursor);
  needOneOf(cursor, "within and a span", ["within"]);
  return { kind: "wait-until", ...comparison, within: readSpan(cursor) };
}

function readResult(cursor: Cursor): { readonly result?: Result; readonly only?: Kernel } {
  if (peek(cursor).kind === "unfinished") {
    next(cursor);
    return { result: { kind: "unfinished" } };
  }
  if (!skip(cursor, "=")) return {};
  const only = isSign(cursor, "[") ? { only: readKernel(cursor) } : {};
  return { result: readOutcome(cursor), ...only };
}

/** `[v4.18]` */
function readKernel(cursor: Cursor): Kernel {
  need(cursor, "[");
  const kernel = needOneOf(cursor, "a kernel", KERNELS);
  need(cursor, "]");
  return kernel;
}

function readOutcome(cursor: Cursor): Result {
  const { kind, text } = peek(cursor);
  if (skip(cursor, "?")) return { kind: "never" };
  if (kind === "unfinished") {
    next(cursor);
    return { kind: "unfinished" };
  }
  if (kind === "word" && text === "BUG") {
    next(cursor);
    if (peek(cursor).kind !== "string") fail(cursor, 'the text of the BUG in "');
    return { kind: "bug", text: next(cursor).text };
  }
  if (kind === "word" && isSignal(text)) return { kind: "signal", signal: next(cursor).text };
  if (isSign(cursor, "-") && peek(cursor, 1).kind === "word") {
    next(cursor);
    return { kind: "library-errno", errno: readErrno(cursor), ...readWritten(cursor) };
  }
  if (isSign(cursor, "-") && isErrno(cursor, 2)) {
    next(cursor);
    if (peek(cursor).text !== "1") fail(cursor, "1: what a system call returns that fails is -1");
    next(cursor);
    return { kind: "errno", errno: readErrno(cursor), ...readWritten(cursor) };
  }
  return readValue(cursor);
}

/** True of SIGSEGV and its like, which are no values. */
export function isSignal(word: string): boolean {
  return /^SIG[A-Z]+\d*$/.test(word);
}

function isErrno(cursor: Cursor, ahead: number): boolean {
  const { kind, text } = peek(cursor, ahead);
  return kind === "word" && /^E[A-Z0-9]+$/.test(text);
}

function readValue(cursor: Cursor): Result {
  if (isSign(cursor, "{") || isSign(cursor, "[")) {
    fail(cursor, "the value returned, before what was written back");
  }
  const value = readExpression(cursor);
  return { kind: "value", value, ...readWritten(cursor) };
}

function readWritten(cursor: Cursor): { readonly written?: Expression } {
  const isHere = isSign(cursor, "{") || isSign(cursor, "[") || peek(cursor).kind === "string";
  return isHere ? { written: readExpression(cursor) } : {};
}

/** Words of a name with dashes: `device-reads-only-what-is-mapped`. */
function readInvariant(cursor: Cursor): string {
  const { at } = peek(cursor);
  let name = readWord(cursor, "the name of an invariant");
  while (skip(cursor, "-")) {
    const { kind } = peek(cursor);
    name += `-${kind === "number" ? next(cursor).text : readWord(cursor, "the rest of the name")}`;
  }
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    report(cursor, { at, expected: "the name of an invariant, in lower case", found: quote(name) });
  }
  return name;
}

function readPicks(cursor: Cursor): readonly number[] {
  const picks: number[] = [];
  do {
    const { text } = peek(cursor);
    const isPick = /^\d{1,7}$/.test(text) && Number(text) <= PICK_MAX;
    if (peek(cursor).kind !== "number" || !isPick) fail(cursor, "the number of a pick");
    else picks.push(Number(next(cursor).text));
  } while (peek(cursor).kind === "number");
  return picks;
}

function readLabel(cursor: Cursor): { readonly label?: string } {
  return peek(cursor).kind === "label" ? { label: next(cursor).text } : {};
}

/** The remark at the end, and nothing after it. */
function readEnd(cursor: Cursor): { readonly comment?: string } {
  const token = peek(cursor);
  if (token.kind === "comment") {
    next(cursor);
    return { comment: token.text };
  }
  if (token.kind !== "end") fail(cursor, "the end of the line, or @label");
  return {};
}
