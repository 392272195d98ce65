import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A file of the repository: its path from the top, with `/`, and what it says. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Folders that are made, not written. */
const MADE = ["node_modules", "dist", ".astro", ".git", "test-results"];
const BINARY = /\.(png|ico|woff2?|gz)$/;

/** Every file that is, or may soon be, committed. Without git: every file that is not made. */
function paths(): readonly string[] {
  try {
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const listed = execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
    const found = listed.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)));
    if (found.length > 0) return found;
  } catch {
    // No git, or no repository: an unpacked archive is tidied too.
  }
  return below("");
}

function below(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (MADE.includes(entry.name)) return [];
    return entry.isDirectory() ? below(path) : [path];
  });
}

/** All files; of those that are no text, the path only. */
export function repository(): readonly Source[] {
  return paths().map((path) => {
    return { path, text: BINARY.test(path) ? "" : readFileSync(join(ROOT, path), "utf8") };
  });
}

/** Is it code? In an .astro file, what stands between the `---` and in its scripts is. */
export function isCode({ path }: Source): boolean {
  return /\.(ts|mjs|astro)$/.test(path);
}

/** The code of a file, with the line breaks of the rest, so that line numbers stay right. */
export function codeOf({ path, text }: Source): string {
  if (!path.endsWith(".astro")) return text;
  const isCodeAt = new Uint8Array(text.length);
  const fence = /^---\n[\s\S]*?^---/m.exec(text);
  if (fence?.index === 0) isCodeAt.fill(1, 4, fence[0].length - 3);
  for (const script of text.matchAll(/(<script\b[^>]*>)([\s\S]*?)<\/script>/g)) {
    if (/\btype="application\//.test(script[1] as string)) continue;
    const start = script.index + (script[1] as string).length;
    isCodeAt.fill(1, start, start + (script[2] as string).length);
  }
  return Array.from(text, (_, at) => at)
    .map((at) => (isCodeAt[at] || text[at] === "\n" ? text[at] : " "))
    .join("");
}

const parsed = new WeakMap<Source, ts.SourceFile>();

/** Parsed, once, with the compiler's own parser, so that comments and strings are free. */
export function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known) return known;
  const name = source.path.replace(/\.(astro|mjs)$/, ".ts");
  const file = ts.createSourceFile(name, codeOf(source), ts.ScriptTarget.ESNext, true);
  parsed.set(source, file);
  return file;
}

/** Every node of a tree, parents first. */
export function* nodes(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* nodes(child);
}

/** The line of a place, counted from 1. */
export function lineOf(file: ts.SourceFile, place: number): number {
  return file.getLineAndCharacterOfPosition(place).line + 1;
}
