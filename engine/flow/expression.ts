import { ERRNO } from "../core/index.ts";
import type { Call, Comparison, Expression, Field, NumberExpression, Operator } from "./ast.ts";
import {
  type Cursor,
  deeper,
  fail,
  isSign,
  isTooDeep,
  isWord,
  need,
  next,
  peek,
  report,
  skip,
} from "./cursor.ts";
import { quote, unknownWord } from "./flow-error.ts";
import { fullName } from "./full-name.ts";
import { numeral, SPAN_FORMS } from "./number.ts";
import { isConstant, shown } from "./token.ts";

const OPERATORS: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">="];
const NUMBER = "a number below 2^64: 12, 0x1f, 0644, 4K 2M 1G, 5ns 5us 5ms";
const INDENT = "a line that goes on is indented";
const SPAN = "a span: 5ns, 5us or 5ms";

/** Reads flags, sums and operands: `A|B`, `buf+4K`, `{size: 8K}`, `ring(q).producer`. */
export function readExpression(cursor: Cursor): Expression {
  const { at } = peek(cursor);
  const first = deeper(cursor, nothing(cursor), () => readSum(cursor));
  if (!isSign(cursor, "|")) return first;
  const parts = [...flatten(first)];
  while (skip(cursor, "|")) {
    parts.push(...flatten(deeper(cursor, nothing(cursor), () => readSum(cursor))));
  }
  return { kind: "flags", at, parts };
}

/** `A|(B|C)` means what `A|B|C` does. */
function flatten(part: Expression): readonly Expression[] {
  return part.kind === "flags" ? part.parts : [part];
}

export function readComparison(cursor: Cursor): Comparison {
  const query = readExpression(cursor);
  const token = peek(cursor);
  const op = OPERATORS.find((known) => token.kind === "sign" && known === token.text);
  if (op === undefined) {
    const meant = isSign(cursor, "=") ? { nearest: "==" } : {};
    const expected = "== != < <= > or >=";
    report(cursor, { at: token.at, expected, found: shown(token), ...meant });
  } else next(cursor);
  return { query, op: op ?? "==", value: readExpression(cursor) };
}

export function readSpan(cursor: Cursor): NumberExpression {
  const { at, kind, text } = peek(cursor);
  const span = kind === "number" ? numeral(text, false) : undefined;
  if (!span || !SPAN_FORMS.includes(span.form)) {
    fail(cursor, SPAN);
    return nothing(cursor);
  }
  next(cursor);
  return { kind: "number", at, ...span };
}

/** Stands in for what could not be read; the problem is noted already, so nobody sees it. */
function nothing(cursor: Cursor): NumberExpression {
  return { kind: "number", at: peek(cursor).at, value: 0n, form: "decimal" };
}

function readSum(cursor: Cursor): Expression {
  const { at } = peek(cursor);
  let left = readOperand(cursor);
  for (let terms = 1; isSign(cursor, "+") || isSign(cursor, "-"); terms += 1) {
    if (isTooDeep(cursor, terms)) break;
    const op = next(cursor).text === "+" ? "+" : "-";
    left = { kind: "sum", at, op, left, right: readOperand(cursor) };
  }
  return left;
}

function readOperand(cursor: Cursor): Expression {
  const token = peek(cursor);
  const { at } = token;
  if (token.kind === "string") return { kind: "string", at, text: next(cursor).text };
  if (token.kind === "number") return readNumber(cursor, false);
  if (token.kind === "word") return readNamed(cursor);
  if (skip(cursor, "-")) return readNegative(cursor);
  if (skip(cursor, "{")) return { kind: "struct", at, fields: readFields(cursor) };
  if (skip(cursor, "[")) return { kind: "list", at, elements: readList(cursor, "]") };
  if (skip(cursor, "(")) {
    const inner = readExpression(cursor);
    need(cursor, ")");
    return inner;
  }
  fail(cursor, "a value");
  return nothing(cursor);
}

function readNumber(cursor: Cursor, isNegative: boolean): NumberExpression {
  const token = peek(cursor);
  const read = numeral(token.text, isNegative);
  if (!read) {
    fail(cursor, NUMBER);
    return nothing(cursor);
  }
  next(cursor);
  return { kind: "number", at: token.at, ...read };
}

/** After a minus: a number, or an errno as a library call returns it. */
function readNegative(cursor: Cursor): Expression {
  const { at, kind } = peek(cursor);
  if (kind === "number") return readNumber(cursor, true);
  return { kind: "errno", at, name: readErrno(cursor) };
}

export function readErrno(cursor: Cursor): string {
  const token = peek(cursor);
  const known = Object.keys(ERRNO);
  if (token.kind === "word" && known.includes(token.text)) return next(cursor).text;
  const expected = "an errno that the model knows";
  if (token.kind === "word") report(cursor, unknownWord(token.at, token.text, { expected, known }));
  else fail(cursor, expected);
  return "";
}

/** What begins with a word: a constant, a call and its members, a name of several words. */
function readNamed(cursor: Cursor): Expression {
  if (isSign(cursor, "(", 1)) return readMembers(cursor, readCall(cursor));
  const { at, text } = next(cursor);
  if (isConstant(text) && !isSign(cursor, ".")) {
    return { kind: "constant", at, name: fullName(text) ?? text };
  }
  const path = [text];
  while (skip(cursor, ".")) path.push(readWord(cursor, "a name after the dot"));
  if (isSign(cursor, "("))
    fail(cursor, `a call without a dot in its name, not ${quote(path.join("."))}`);
  return { kind: "name", at, path };
}

function readMembers(cursor: Cursor, call: Call): Expression {
  let of: Expression = call;
  for (let members = 1; isSign(cursor, "."); members += 1) {
    if (isTooDeep(cursor, members)) break;
    next(cursor);
    const { at } = peek(cursor);
    of = { kind: "member", at, of, name: readWord(cursor, "a member after the dot") };
  }
  return of;
}

export function readCall(cursor: Cursor): Call {
  const { at } = peek(cursor);
  const name = readWord(cursor, "a call");
  need(cursor, "(");
  return { kind: "call", at, name, args: readList(cursor, ")") };
}

/** A plain word: no device's name with a dash or a dot in it. */
export function readWord(cursor: Cursor, expected: string): string {
  const token = peek(cursor);
  if (token.kind === "word" && /^\w+$/.test(token.text)) return next(cursor).text;
  fail(cursor, expected);
  return "";
}

/** Values with commas between them, up to `close`. A comma may stand before it. */
function readList(cursor: Cursor, close: ")" | "]"): readonly Expression[] {
  const values: Expression[] = [];
  while (!skip(cursor, close)) {
    if (isLeftOpen(cursor)) break;
    if (peek(cursor).kind === "end") fail(cursor, `a value or "${close}"; ${INDENT}`);
    values.push(readArgument(cursor));
    if (skip(cursor, ",") || isSign(cursor, close)) continue;
    if (isLeftOpen(cursor)) break;
    failOpen(cursor, close);
    break;
  }
  return values;
}

function failOpen(cursor: Cursor, close: string): void {
  const hint = peek(cursor).kind === "end" ? `; ${INDENT}` : "";
  fail(cursor, `"," or "${close}"${hint}`);
}

/** `write(fd, 1 <unfinished ...>`: strace does not close the bracket of a statement's call. */
function isLeftOpen(cursor: Cursor): boolean {
  return cursor.depth === 0 && peek(cursor).kind === "unfinished";
}

function readArgument(cursor: Cursor): Expression {
  const { at } = peek(cursor);
  if (!isWord(cursor, "since") || peek(cursor, 1).kind !== "label") {
    return readExpression(cursor);
  }
  next(cursor);
  return { kind: "since", at, label: next(cursor).text };
}

function readFields(cursor: Cursor): readonly Field[] {
  const fields: Field[] = [];
  const names = new Set<string>();
  while (!skip(cursor, "}")) {
    const { at } = peek(cursor);
    const name = readWord(cursor, 'a field or "}"');
    if (names.has(name)) {
      report(cursor, { at, expected: "each field once", found: `${quote(name)} again` });
    }
    names.add(name);
    need(cursor, ":");
    fields.push({ name, value: readExpression(cursor) });
    if (skip(cursor, ",") || isSign(cursor, "}")) continue;
    failOpen(cursor, "}");
    break;
  }
  return fields;
}
