/** Where a new document enters a kernel tree: its toctree, and its entry in MAINTAINERS. */

/** Lines that come in before line `at`, counted from 0. */
export interface Insertion {
  readonly at: number;
  readonly lines: readonly string[];
}

/** The document without its folder and ending, as a toctree names it. */
const ENTRY = "warpdrive/warpdrive";
/** The folder that holds the document's successor, uacce.rst: next to it is its place. */
const NEIGHBOUR = "misc-devices/index";

/**
 * The entry of the document in a toctree of `text`: behind its neighbour, or at the end of the last
 * toctree.
 * @returns "there" where it is listed already, undefined where there is no toctree
 */
export function toctreePlace(
  text: string,
  wantsNeighbour: boolean,
): Insertion | "there" | undefined {
  const lines = text.split("\n");
  const entries = entriesOf(lines);
  if (entries.some(({ name }) => name === ENTRY)) return "there";
  const beside = entries.find(({ name }) => name === NEIGHBOUR);
  const found = beside ?? (wantsNeighbour ? undefined : entries.at(-1));
  return found && { at: found.at + 1, lines: [`${found.indent}${ENTRY}`] };
}

interface Entry {
  readonly at: number;
  readonly indent: string;
  readonly name: string;
}

/** The documents that the toctrees of a file name, in order. */
function entriesOf(lines: readonly string[]): readonly Entry[] {
  const made: Entry[] = [];
  let isInside = false;
  for (const [at, line] of lines.entries()) {
    const [, indent = "", name = ""] = /^([ \t]+)(\S.*)$/.exec(line) ?? [];
    if (/^\.\. toctree::/.test(line)) isInside = true;
    else if (line.trim() !== "" && indent === "") isInside = false;
    else if (isInside && name !== "" && !name.startsWith(":")) {
      const [, inner] = /<([^<>]+)>\s*$/.exec(name) ?? [];
      made.push({ at, indent, name: (inner ?? name).trim().replace(/\.rst$/, "") });
    }
  }
  return made;
}

/** The entry's title; MAINTAINERS is sorted by them. */
const TITLE = "WARPDRIVE DOCUMENT";

/**
 * The entry of the document in MAINTAINERS, where the fewest titles around it are out of order.
 * @returns "there" where a file pattern covers it already, undefined where there are no entries
 */
export function maintainersPlace(text: string, who: string): Insertion | "there" | undefined {
  const lines = text.split("\n");
  if (lines.some((line) => /^F:\s+Documentation\/warpdrive\//.test(line))) return "there";
  const titles = lines.flatMap((line, at) =>
    /^[A-Z]:\t/.test(lines[at + 1] ?? "") && isTitle(line) ? [{ line, at }] : [],
  );
  const [first] = titles;
  if (!first) return undefined;
  const isBefore = ({ line }: { line: string }) => line.toUpperCase() < TITLE;
  let order = titles.filter((title) => !isBefore(title)).length;
  let best = { order, at: first.at };
  for (const [index, title] of titles.entries()) {
    order += isBefore(title) ? 1 : -1;
    if (order > best.order) best = { order, at: titles[index + 1]?.at ?? endOf(lines) };
  }
  return { at: best.at, lines: entryOf(who, best.at === endOf(lines)) };
}

function isTitle(line: string): boolean {
  return /^[^\s:]/.test(line) && !/^[A-Z]:\s/.test(line);
}

/** Behind the last line that is not blank. */
function endOf(lines: readonly string[]): number {
  return lines.findLastIndex((line) => line.trim() !== "") + 1;
}

function entryOf(who: string, isLast: boolean): readonly string[] {
  const entry = [
    TITLE,
    `M:\t${who}`,
    "L:\tlinux-accelerators@lists.ozlabs.org",
    "S:\tMaintained",
    "F:\tDocumentation/warpdrive/",
  ];
  return isLast ? ["", ...entry] : [...entry, ""];
}
