import type { Position } from "./ast.ts";
import { quote } from "./flow-error.ts";

/** What a line is made of. `sign` is everything that is not a word and has a meaning. */
export interface Token {
  readonly kind:
    | "word"
    | "number"
    | "string"
    | "label"
    | "sign"
    | "unfinished"
    | "resumed"
    | "comment"
    | "end";
  readonly at: Position;
  /** The word; a number as written; what a string means; a label without `@`; a call resumed. */
  readonly text: string;
}

/** How a message shows a token. */
export function shown({ kind, text }: Token): string {
  if (kind === "end") return "end of line";
  if (kind === "comment") return "a comment";
  if (kind === "string") return `the string ${quote(text || '""')}`;
  if (kind === "label") return quote(`@${text}`);
  if (kind === "unfinished") return quote("<unfinished ...>");
  return quote(kind === "resumed" ? `<... ${text} resumed>` : text);
}

/** `v4.18` is one word, so that `expect[v4.18]` has a kernel in it. */
export const KERNEL_WORD = /v\d+\.\d+(?![\w.])/y;
export const WORD = /[A-Za-z_]\w*/y;

/** A word all in upper case names a constant of the source; a version in it may be `v2`. */
export function isConstant(word: string): boolean {
  return /^[A-Z](?:[A-Z0-9_]|v(?=\d))*$/.test(word);
}

/** A name that a program may bind: a word that is no constant. */
export function isName(word: string): boolean {
  return /^[A-Za-z_]\w*$/.test(word) && !isConstant(word);
}

/** Longest name of a device or an iommu, so that looking for one takes bounded time. */
export const DEVICE_NAME_MAX = 64;

/** `smmu0`, `hisi_zip-0`, `dummy_wd.0`: after a dot comes a digit, since `a.b` is b of a. */
export function isDeviceName(word: string): boolean {
  if (word.length > DEVICE_NAME_MAX || isConstant(word)) return false;
  return /^[A-Za-z_]\w*(?:-\w+|\.\d\w*)*$/.test(word);
}

/** The longest name of `names` that starts here and ends where a word may end. */
export function declaredAt(
  line: string,
  start: number,
  names: ReadonlySet<string>,
): string | undefined {
  if (names.size === 0) return undefined;
  const window = line.slice(start, start + DEVICE_NAME_MAX + 1);
  const run = /^[A-Za-z_]\w*(?:[-.]\w+)*/.exec(window)?.[0] ?? "";
  for (
    let end = run.length;
    end > 0;
    end = Math.max(run.lastIndexOf("-", end - 1), run.lastIndexOf(".", end - 1))
  ) {
    const name = run.slice(0, end);
    if (names.has(name)) return name;
  }
  return undefined;
}
