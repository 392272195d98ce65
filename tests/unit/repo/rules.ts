import { posix } from "node:path";
import ts from "typescript";
import { lineOf, nodes, parse, type Source } from "./sources.ts";

const LINES_MAX = 300;
const FUNCTION_MAX = 70;

/** Not files that a person writes line by line, or tables that are one record a line. */
const LONG =
  /^((tools\/\w+\/)?package-lock\.json|content\/|site\/mermaid\/|public\/)|\.(svg|txt|md)$/;

/** Names without which the engine does the same in every browser, and in every run. */
const STRANGE = new Set(
  `Date performance Intl globalThis window self document console process crypto navigator
   setTimeout setInterval queueMicrotask requestAnimationFrame fetch eval WeakRef
   FinalizationRegistry SharedArrayBuffer Atomics`.split(/\s+/),
);

/** What of Math gives the same bits everywhere. */
const EXACT = new Set(["sqrt", "min", "max", "floor", "imul", "clz32", "abs", "trunc"]);

/** Methods whose results depend on the machine's language, or on the Unicode of the browser. */
const LOCAL = /^(localeCompare|toLocale\w*|normalize)$/;

function at(source: Source, file: ts.SourceFile, node: ts.Node): string {
  return `${source.path}:${lineOf(file, node.getStart(file))}`;
}

/** A name that stands for the thing itself: not the name of a field, a parameter or an import. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  const hasName =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isBindingElement(parent);
  return !(hasName && parent.name === node) && !ts.isLiteralTypeNode(parent);
}

/** What in the engine may differ between two browsers, or between two runs. */
export function* strangeFaults(source: Source): Generator<string> {
  if (!source.path.startsWith("engine/")) return;
  const file = parse(source);
  const own = ownNames(file);
  for (const node of nodes(file)) {
    if (ts.isIdentifier(node) && own.has(node.text)) continue;
    const what = strangeIn(node);
    if (what !== undefined) yield `${at(source, file, node)} ${what}`;
  }
}

/** Names that the file gives to something of its own: a stage called `fetch` is no network. */
function ownNames(file: ts.SourceFile): ReadonlySet<string> {
  const own = new Set<string>();
  for (const node of nodes(file)) {
    const isDeclared =
      ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node) || ts.isParameter(node);
    if (!isDeclared || !node.name || !ts.isIdentifier(node.name)) continue;
    if (!(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Ambient)) own.add(node.name.text);
  }
  return own;
}

function strangeIn(node: ts.Node): string | undefined {
  const { SyntaxKind } = ts;
  if (node.kind === SyntaxKind.AsteriskAsteriskToken) return "** differs between browsers";
  if (node.kind === SyntaxKind.AsteriskAsteriskEqualsToken) return "**= differs between browsers";
  if (ts.isAwaitExpression(node)) return "the engine waits for nothing";
  if (ts.isPropertyAccessExpression(node) && LOCAL.test(node.name.text)) {
    return `${node.name.text} depends on the machine`;
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const isBare =
      /^(sort|toSorted)$/.test(node.expression.name.text) && node.arguments.length === 0;
    if (isBare) return "sort() without a comparator orders numbers as text";
  }
  if (!ts.isIdentifier(node) || !isReference(node)) return undefined;
  if (STRANGE.has(node.text)) return `${node.text} is not the engine's`;
  return node.text === "Math" ? mathIn(node) : undefined;
}

function mathIn(node: ts.Identifier): string | undefined {
  const { parent } = node;
  const isAsked = ts.isPropertyAccessExpression(parent) && parent.expression === node;
  if (!isAsked) return "write Math.name in full";
  return EXACT.has(parent.name.text) ? undefined : `Math.${parent.name.text} differs`;
}

/**
 * Pages and configs are found by their default export, and a declaration says what another's package
 * exports; everything else has a name.
 */
const MAY_DEFAULT =
  /^(site\/pages\/|(?:tools\/\w+\/)?[\w.-]+\.config\.(ts|mjs)$|\w+\/[\w-]+\.d\.ts$)/;

/** Default exports, names that say nothing, code that does not parse, too long a file or function. */
export function* formFaults(source: Source): Generator<string> {
  const { path } = source;
  if (/(^|\/)(utils?|misc|common|types|helpers?)\.(ts|mjs)$/.test(path)) {
    yield `${path} is named for no idea`;
  }
  const lines = source.text.replace(/\n$/, "").split("\n").length;
  if (lines > LINES_MAX && !LONG.test(path))
    yield `${path} has ${lines} lines of at most ${LINES_MAX}`;
  if (!/\.(ts|mjs|astro)$/.test(path)) return;
  const file = parse(source);
  const broken = (file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] })
    .parseDiagnostics;
  for (const { start, messageText } of broken) {
    const said = ts.flattenDiagnosticMessageText(messageText, " ");
    yield `${path}:${lineOf(file, start ?? 0)} does not parse: ${said}`;
  }
  for (const node of nodes(file)) {
    if (isDefault(node) && !MAY_DEFAULT.test(path))
      yield `${at(source, file, node)} exports a default`;
    const length = lengthOf(file, node);
    if (length > FUNCTION_MAX) {
      yield `${at(source, file, node)} is a function of ${length} lines, of at most ${FUNCTION_MAX}`;
    }
  }
}

function isDefault(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  return ts.canHaveModifiers(node)
    ? (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
    : false;
}

/** Lines of a function; 0 for anything else. A group of tests is a list, not a function. */
function lengthOf(file: ts.SourceFile, node: ts.Node): number {
  if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return 0;
  const { parent } = node;
  const isGroup =
    ts.isCallExpression(parent) && /^(test\.)?describe\b/.test(parent.expression.getText(file));
  if (isGroup) return 0;
  return lineOf(file, node.end) - lineOf(file, node.getStart(file)) + 1;
}

/** Paths of somebody's machine, and servers that only some can reach or all should not be sent to. */
// biome-ignore format: one rule a line
const PRIVATE: readonly (readonly [what: string, found: RegExp])[] = [
  ["a path of a machine",  /(?<![\w.~-])\/(?:work|root|home\/\w+|Users\/\w+)\/[\w.]/],
  ["a path of a machine",  /\b[A-Z]:\\{1,2}Users\\/],
  ["a package server",     /\b(?:registry|npm|pypi|mirrors?|nexus|artifactory|verdaccio|goproxy)\.[a-z0-9-]+\.[a-z]{2,}/i],
  ["a package server",     /\/\/[^/\s"']*(?:nexus|artifactory|verdaccio|devpi)/i],
  ["an address inside",    /\/\/(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+/],
];

export function* privateFaults({ path, text }: Source): Generator<string> {
  for (const [number, line] of text.split("\n").entries()) {
    for (const [what, found] of PRIVATE) {
      const match = found.exec(line);
      if (match) yield `${path}:${number + 1} names ${what}: ${match[0]}`;
    }
  }
}

/** The rule that a link to a note, a picture or a page of this repository leads somewhere. */
export function* linkFaults(source: Source, paths: readonly string[]): Generator<string> {
  if (!source.path.endsWith(".md")) return;
  for (const [, to = ""] of source.text.matchAll(/\]\((?![a-z]+:|#|\/)([^)#\s]+)/g)) {
    const full = posix.join(posix.dirname(source.path), to).replace(/\/$/, "");
    const isThere = paths.some((path) => path === full || path.startsWith(`${full}/`));
    if (!isThere) yield `${source.path} links to ${to}, which is not there`;
  }
}
