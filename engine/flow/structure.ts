import type { Expression, Flow, Header, Item, Position, Statement } from "./ast.ts";
import { type Problem, quote, unknownWord } from "./flow-error.ts";
import { children } from "./walk.ts";

/**
 * What no single line can tell: labels are unique, names bind once, `explore` and `join` are in
 * order, marks that are asked for exist. Names and labels of the `given` flows are the runner's.
 */
export function structureProblems(flow: Omit<Flow, "file">): readonly Problem[] {
  const labels = new Map<string, number>();
  return [
    ...labelProblems(flow.items, labels),
    ...bindProblems(flow),
    ...markProblems(flow.items),
    ...(flow.header.given.length > 0 ? [] : lostLabels(flow, [...labels.keys()])),
  ].sort((left, right) => left.at.line - right.at.line || left.at.column - right.at.column);
}

function* labelProblems(items: readonly Item[], labels: Map<string, number>): Generator<Problem> {
  for (const item of items) {
    if (item.kind !== "statement" && item.kind !== "expect") continue;
    if (item.label === undefined) continue;
    const before = labels.get(item.label);
    const found = `${quote(`@${item.label}`)} as in line ${before}`;
    if (before === undefined) labels.set(item.label, item.at.line);
    else yield { at: item.at, expected: "a new label", found };
  }
}

/** Each process has its names; a child begins with a copy of its parent's. */
function* bindProblems({ header, items }: Omit<Flow, "file">): Generator<Problem> {
  const bound = new Map<string, Map<string, number>>();
  for (const item of items) {
    if (item.kind !== "statement" || item.bind === undefined) continue;
    const { actor, bind, at } = item;
    const names = bound.get(actor) ?? new Map<string, number>();
    bound.set(actor, names);
    const before = names.get(bind) ?? declaredIn(header, bind);
    const found = `${quote(bind)}, bound in line ${before}`;
    if (before !== undefined) yield { at, expected: "a name not bound yet", found };
    else if (isFork(item)) bound.set(bind, new Map([...names, [bind, at.line]]));
    names.set(bind, before ?? at.line);
  }
}

function isFork({ action }: Statement): boolean {
  return action.kind === "call" && action.call.name === "fork";
}

function declaredIn(header: Header, name: string): number | undefined {
  const lines = [...header.iommus, ...header.devices];
  return lines.find((line) => line.name === name)?.at.line;
}

/** `explore`, `join` and `schedule` stand once, `join` below `explore`. */
function* markProblems(items: readonly Item[]): Generator<Problem> {
  const seen = new Map<string, number>();
  for (const { kind, at } of items) {
    if (kind !== "explore" && kind !== "join" && kind !== "schedule") continue;
    const before = seen.get(kind);
    if (before !== undefined) {
      yield { at, expected: `one line "${kind}"`, found: `${quote(kind)} as in line ${before}` };
    } else if (kind === "join" && !seen.has("explore")) {
      yield { at, expected: '"explore" above "join"', found: quote(kind) };
    }
    seen.set(kind, before ?? at.line);
  }
}

/** `show @x` and `since @x` where no statement is called @x. */
function* lostLabels(flow: Omit<Flow, "file">, known: readonly string[]): Generator<Problem> {
  const expected = "a label of this flow";
  for (const line of flow.header.lines) {
    if (line.kind !== "show") continue;
    for (const label of line.labels) {
      if (!known.includes(label)) yield unknownWord(line.at, label, { expected, known });
    }
  }
  const isKnown = new Set(known);
  for (const { at, label } of marksAsked(flow.items)) {
    if (!isKnown.has(label)) yield unknownWord(at, label, { expected, known });
  }
}

function* marksAsked(
  items: readonly Item[],
): Generator<{ readonly at: Position; readonly label: string }> {
  for (const item of items) {
    for (const expression of children(item)) yield* marksIn(expression);
  }
}

function* marksIn(
  expression: Expression,
): Generator<{ readonly at: Position; readonly label: string }> {
  if (expression.kind === "since") yield expression;
  for (const child of children(expression)) yield* marksIn(child);
}
