/**
 * Tables without the words that only the reference prints: where a check, a register or a structure
 * of the engine has its facts from, and notes on it. A page never shows them while it runs a story.
 */
import ts from "typescript";

const WORDS = new Set(["source", "notes", "within", "unit"]);
/** What a row has beside them, if it is a check, a register, a field, a structure, a limit. */
const ROWS = [
  ["errno", "refuses"],
  ["offset", "width"],
  ["at", "bytes"],
  ["size", "fields"],
  ["value", "unit"],
];

/** @param code of one file, as it is written. @returns the same without the words */
export function wordless(code, file) {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest);
  const cuts = [];
  const visit = (node) => {
    if (ts.isObjectLiteralExpression(node)) cuts.push(...wordsOf(node, source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  let left = code;
  for (const [from, to] of cuts.toSorted(([a], [b]) => b - a)) {
    left = left.slice(0, from) + left.slice(to).replace(/^\s*,/, "");
  }
  return left;
}

function wordsOf({ properties }, source) {
  const names = new Set(properties.map(({ name }) => name?.text));
  if (!ROWS.some((row) => row.every((name) => names.has(name)))) return [];
  return properties
    .filter(
      (one) => ts.isPropertyAssignment(one) && WORDS.has(one.name.text) && isWords(one.initializer),
    )
    .map((one) => [one.getStart(source), one.end]);
}

/** A text, or the name of one: "drivers/vfio/vfio.c v4.18", QM_C. */
function isWords(value) {
  return (
    ts.isStringLiteral(value) ||
    ts.isTemplateExpression(value) ||
    ts.isNoSubstitutionTemplateLiteral(value) ||
    (ts.isIdentifier(value) && /^[A-Z0-9_]+$/.test(value.text))
  );
}
