import { posix } from "node:path";
import ts from "typescript";
import { nodes, parse, type Source } from "./sources.ts";

/** Lowest first (design, sections 2 and 3). A file imports from its own place and from the left. */
const PLACES = `
  content
  engine/core engine/mm engine/task engine/iommu engine/hw engine/vfio engine/mdev engine/frameworks
  engine/user engine/flow engine/trace engine/check engine/load engine
  diagrams/layout diagrams/scene diagrams/export diagrams/view diagrams text wd site
  scripts tools tests`
  .trim()
  .split(/\s+/);

/** The ways in from outside. Workers have doors of their own, so a page need not load them. */
const DOORS = /^(engine(\/check|\/load)?|diagrams|text|wd)\/index\.ts$/;

/** Inside these, files of all folders import each other. */
const OPEN = ["site", "tests", "scripts", "tools", "content"];

/** What the project says of itself: name and version, for all but the model and its pictures. */
const ITSELF = "package.json";

/** What is imported that is no code, and what is code without an ending of ours. */
const ENDINGS = /\.(ts|mjs|astro|css|json|svg|txt|rst|flow)$/;

const { dirname } = posix;

function top(path: string): string {
  return path.split("/")[0] as string;
}

/** The place of a file: the longest that its path begins with; configs at the top see all. */
function place(path: string): number {
  const found = PLACES.filter((name) => path.startsWith(`${name}/`));
  const longest = found.sort((left, right) => right.length - left.length)[0];
  return longest === undefined ? PLACES.length : PLACES.indexOf(longest);
}

/** What an import, an export or an `await import()` names. */
function target(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return node.argument;
  const isLate = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isLate ? node.arguments[0] : undefined;
}

/** The text of a target; undefined where it is worked out at run time. */
function named(node: ts.Node): string | undefined {
  const literal = ts.isLiteralTypeNode(node) ? node.literal : node;
  return ts.isStringLiteralLike(literal) ? literal.text : undefined;
}

/** What stands in the way of an import: from the right, or through a window beside a door. */
export function* trespass(path: string, from: string): Generator<string> {
  if (!from.startsWith(".")) {
    yield* strangers(path, from);
    return;
  }
  const to = posix.join(dirname(path), from.replace(/\?\w+$/, ""));
  if (!ENDINGS.test(to)) yield `${path} imports ${from}, which does not say its ending`;
  if (to === ITSELF && !/^(engine|diagrams)\//.test(path)) return;
  if (place(to) > place(path)) yield `${path} imports ${to}, which stands to its right`;
  if (place(path) === PLACES.length || !/\.ts$/.test(to)) return;
  const isOpen = path.startsWith("tests/") || (OPEN.includes(top(path)) && top(to) === top(path));
  const isInside = isOpen || dirname(to) === dirname(path);
  const isDoor = top(to) === top(path) ? to.endsWith("/index.ts") : DOORS.test(to);
  if (!isInside && !isDoor) yield `${path} imports ${to}, not an index.ts it may enter by`;
}

/** Packages: the engine has none, pictures have d3 in their live form, a browser has no Node. */
function* strangers(path: string, from: string): Generator<string> {
  if (/^[@~#]\//.test(from) || /^(engine|diagrams|text|site|wd|tests)\//.test(from)) {
    yield `${path} imports ${from}, an alias: write the way`;
  }
  if (path.startsWith("engine/")) yield `${path} imports ${from}: the engine imports no package`;
  if (path.startsWith("diagrams/") && !(path.startsWith("diagrams/view/") && from === "d3")) {
    yield `${path} imports ${from}: only diagrams/view has a package, and that is d3`;
  }
  if (path.startsWith("site/client/") && from.startsWith("node:")) {
    yield `${path} imports ${from}: a browser has no Node`;
  }
}

/** All that is wrong with what a file imports. */
export function* importFaults(source: Source): Generator<string> {
  for (const node of nodes(parse(source))) {
    const to = target(node);
    const name = to && named(to);
    if (name !== undefined) yield* trespass(source.path, name);
    if (to && name === undefined && source.path.startsWith("engine/")) {
      yield `${source.path} imports what it works out at run time`;
    }
    const isDoor = source.path.endsWith("/index.ts") && !source.path.startsWith("tests/");
    if (isDoor && ts.isExportDeclaration(node) && node.exportClause === undefined) {
      yield `${source.path} has export *: a door says what comes out`;
    }
  }
}

/** Folders of code in the engine and the pictures without a door. */
export function* doorless(paths: readonly string[]): Generator<string> {
  const folders = new Set(
    paths.filter((path) => /^(engine|diagrams)\/.*\.ts$/.test(path)).map(dirname),
  );
  for (const folder of folders) {
    if (!paths.includes(`${folder}/index.ts`)) yield `${folder} has no index.ts to enter by`;
  }
}
