/**
 * What a file needs to run: itself, and what it imports, and so on. An index.ts only hands names on,
 * so of what stands behind it only the files of the names asked for are needed. Types need nothing,
 * and `import()` is for later.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import ts from "typescript";

/** Who stands where: "from" is a file, "names" what is asked of it, "*" for all of it. */
const imports = new Map();

/** @returns {Set<string>} absolute paths */
export function reachedFrom(entry) {
  const reached = new Set();
  const waiting = [resolve(entry)];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { from, names } of importsOf(file)) {
      for (const name of names) waiting.push(origin(from, name));
    }
  }
  return reached;
}

/** The file that has the name, behind however many doors. */
function origin(file, name) {
  if (!file.endsWith("/index.ts") || name === "*") return file;
  const from = importsOf(file).find(({ handsOn }) => handsOn?.has(name));
  return from ? origin(from.from, from.handsOn.get(name)) : file;
}

function importsOf(file) {
  const known = imports.get(file);
  if (known) return known;
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const made = source.statements.flatMap((statement) => importOf(statement, dirname(file)));
  imports.set(file, made);
  return made;
}

function importOf(statement, folder) {
  const path = statement.moduleSpecifier?.text;
  if (!path?.startsWith(".")) return [];
  const from = resolve(folder, path);
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    const bindings = clause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) return [{ from, names: ["*"] }];
    return [
      {
        from,
        names: valuesOf(bindings.elements).map(
          ({ name, propertyName }) => (propertyName ?? name).text,
        ),
      },
    ];
  }
  if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
  const values = valuesOf(statement.exportClause?.elements ?? []);
  const handsOn = new Map(
    values.map(({ name, propertyName }) => [name.text, (propertyName ?? name).text]),
  );
  return [{ from, names: [...handsOn.values()], handsOn }];
}

function valuesOf(elements) {
  return elements.filter(({ isTypeOnly }) => !isTypeOnly);
}
