import { dirname, posix } from "node:path";
import ts from "typescript";
import type { Source } from "./sources.ts";

/** A function that a room's index.ts hands out. */
export interface Handed {
  readonly path: string;
  readonly name: string;
  /** What stands above it; "" for nothing. */
  readonly doc: string;
  /** Its result is a `Result` or a `Reply`: it may refuse. */
  readonly mayRefuse: boolean;
}

function* reexports(index: Source): Generator<{ readonly from: string; readonly name: string }> {
  const file = ts.createSourceFile(index.path, index.text, ts.ScriptTarget.Latest, true);
  for (const node of file.statements) {
    if (!ts.isExportDeclaration(node) || node.isTypeOnly || !node.moduleSpecifier) continue;
    if (!node.exportClause || !ts.isNamedExports(node.exportClause)) continue;
    const to = (node.moduleSpecifier as ts.StringLiteral).text;
    const from = posix.join(dirname(index.path), to);
    for (const one of node.exportClause.elements) {
      if (!one.isTypeOnly) yield { from, name: (one.propertyName ?? one.name).text };
    }
  }
}

/** The functions that a door hands out, with what is said above each. */
export function* handedOut(index: Source, sources: ReadonlyMap<string, Source>): Generator<Handed> {
  for (const { from, name } of reexports(index)) {
    const source = sources.get(from);
    if (!source) continue;
    const file = ts.createSourceFile(from, source.text, ts.ScriptTarget.Latest, true);
    // More than one where it has overloads: what stands above the first speaks for all.
    const made = file.statements.filter(
      (node): node is ts.FunctionDeclaration =>
        ts.isFunctionDeclaration(node) && node.name?.text === name,
    );
    if (made.length === 0) continue;
    const doc = made
      .flatMap((one) => ts.getLeadingCommentRanges(source.text, one.pos) ?? [])
      .map(({ pos, end }) => source.text.slice(pos, end))
      .filter((text) => text.startsWith("/**"))
      .join("\n");
    const mayRefuse = made.some(({ type }) => /^(Result|Reply)\b/.test(type?.getText(file) ?? ""));
    yield { path: from, name, doc, mayRefuse };
  }
}

const ERRNO = /\bE[A-Z0-9]{3,}\b|_CHECKS\b|\bBUG\b/;

/** What is missing above a function. */
export function* unsaid({ path, name, doc, mayRefuse }: Handed): Generator<string> {
  if (doc === "") yield `${path} ${name} says nothing`;
  else if (mayRefuse && !ERRNO.test(doc) && !/\bRefuses: (then )?(as|what) /.test(doc))
    yield `${path} ${name} may refuse, and does not say with what`;
}
