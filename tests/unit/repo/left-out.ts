import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, repository, type Source } from "./sources.ts";

/**
 * What the docstrings of the engine say that it leaves out, as the list at the end of
 * engine/README.md. Run as a program it renews that list: `node tests/unit/repo/left-out.ts`.
 */

export const README = "engine/README.md";

/** Everything below this line of the README is made here. */
export const HEADING = "## What is left out";

const INTRODUCTION = `
Each line is what the comment above some function says under *Leaves out*. The list is made from
them, by \`node tests/unit/repo/left-out.ts\`, and a test compares the two.
`;

/** One sentence of what is left out, and the file whose comment says it. */
interface Sentence {
  readonly path: string;
  readonly text: string;
}

/** What follows "Leaves out:" in a comment, up to its next heading. */
export function sentencesOf({ path, text }: Source): Sentence[] {
  return [...text.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap(([, comment = ""]) => {
    const words = comment.replace(/\n\s*\*/g, " ").replace(/\s+/g, " ");
    const said = /Leaves out: (.*?)(?= (?:Source|Refuses|Known \w+|Numbers):| @|$)/.exec(
      words,
    )?.[1];
    return said === undefined ? [] : [{ path, text: said.trim().replace(/\.$/, "") }];
  });
}

/** Breaks after at most 100 characters; further lines are indented. */
function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    const isFull = line.length + 1 + word.length > 100;
    if (isFull) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

/** The section, room by room in the order of the rooms. */
export function leftOut(sources: readonly Source[], rooms: readonly string[]): string {
  const all = sources
    .filter(({ path }) => path.startsWith("engine/") && path.endsWith(".ts"))
    .flatMap(sentencesOf);
  const parts = rooms.flatMap((room) => {
    const own = all.filter(({ path }) => path.startsWith(`engine/${room}/`));
    if (own.length === 0) return [];
    const lines = own.map(({ path, text }) => {
      const file = path.slice(`engine/${room}/`.length);
      return wrapped(`- ${text} ([${file}](${room}/${file}))`);
    });
    return [`\n### ${room}\n\n${[...new Set(lines)].join("\n")}\n`];
  });
  return `${HEADING}\n${INTRODUCTION}${parts.join("")}`;
}

/** The rooms in the order in which the README introduces them. */
export function roomsOf(readme: string): string[] {
  return [...readme.matchAll(/^\| \[(\w+)\]\(\1\/\) \|/gm)].map(([, room]) => room as string);
}

if (import.meta.main) {
  const file = join(ROOT, README);
  const text = readFileSync(file, "utf8");
  const head = text.slice(0, text.indexOf(HEADING));
  writeFileSync(file, head + leftOut(repository(), roomsOf(text)));
}
