/** A page of the site as plain text in 72 columns, for those that have no text of their own. */

import { plain } from "../diagrams/index.ts";
import { fill, WIDTH } from "./fill.ts";

/** What is not said in a text: tools, pictures that have words beside them, what only scripts fill. */
const SILENT = /^(script|style|svg|template|button|select|input|nav|colgroup)$/;
/** What begins a paragraph of its own. */
const BLOCK =
  /^(p|h[1-6]|li|dt|dd|tr|div|section|article|aside|header|footer|figure|figcaption|blockquote|ul|ol|dl|table|thead|tbody|details|summary|wd-flow|caption|hr|main)$/;
const EMPTY = /^(br|hr|img|input|meta|link|wbr|col)$/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/** Signs of the pages that 7 bits have another way to write. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "\u00a0": " ",
  "\u2009": " ",
  "\u2013": "-",
  "\u2014": "-",
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2026": "...",
  "\u2190": "<-",
  "\u2192": "->",
  "\u00d7": "x",
  "\u2265": ">=",
  "\u2264": "<=",
};

interface Writer {
  out: string;
  words: string;
  /** What the next paragraph begins with: "- ", "3. ", "> ". */
  mark: string;
  readonly numbers: number[];
}

/** @param html a whole page: what stands in its main part is printed, ending in a newline */
export function printHtml(html: string): string {
  const main = /<main[^>]*>([\s\S]*)<\/main>/.exec(html)?.[1] ?? html;
  const on: Writer = { out: "", words: "", mark: "", numbers: [] };
  let silent = "";
  let depth = 0;
  for (const [whole, close, tag = "", rest = ""] of main.matchAll(
    /<!--[\s\S]*?-->|<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^>"])*)>|[^<]+|</g,
  )) {
    const name = tag.toLowerCase();
    if (silent !== "") {
      if (name === silent && !EMPTY.test(name)) depth += close ? -1 : 1;
      if (depth === 0) silent = "";
    } else if (name === "") {
      if (!whole.startsWith("<!--")) on.words += whole;
    } else if (!close && (SILENT.test(name) || /\shidden(\s|=|$)/.test(rest))) {
      silent = EMPTY.test(name) ? "" : name;
      depth = 1;
    } else if (name === "pre") {
      if (close) verbatim(on);
      else paragraph(on);
    } else if (name === "td" || name === "th") {
      if (!close && on.words.trim() !== "") on.words += "; ";
    } else if (name === "br") {
      paragraph(on, false);
    } else if (BLOCK.test(name)) {
      paragraph(on);
      if (close) leave(on, name);
      else enter(on, name, rest);
    }
  }
  paragraph(on);
  return `${on.out.replace(/\n{3,}/g, "\n\n").trim()}\n`;
}

function enter(on: Writer, name: string, rest: string): void {
  if (name === "ol") on.numbers.push(Number(/\sstart="(\d+)"/.exec(rest)?.[1] ?? 1));
  if (name === "ul") on.numbers.push(Number.NaN);
  if (name === "li") {
    const number = on.numbers.pop() ?? Number.NaN;
    on.mark = Number.isNaN(number) ? "- " : `${number}. `;
    on.numbers.push(number + 1);
  }
  if (name === "dd") on.mark = "    ";
  if (name === "blockquote") on.mark = "> ";
}

function leave(on: Writer, name: string): void {
  if (name === "ol" || name === "ul") on.numbers.pop();
  if (/^(h1|h2)$/.test(name)) {
    const line = on.out.trimEnd().split("\n").at(-1) ?? "";
    on.out = `${on.out.trimEnd()}\n${(name === "h1" ? "=" : "-").repeat(line.length)}\n\n`;
  }
  if (name !== "li") on.mark = on.mark.trim() === "" ? "" : on.mark;
}

/** Sets the words that have come together. */
function paragraph(on: Writer, isWhole = true): void {
  const text = said(on.words).replace(/\s+/g, " ").trim();
  on.words = "";
  if (text === "") return;
  on.out += fill(text, on.mark) + (isWhole ? "\n" : "");
  on.mark = " ".repeat(on.mark.startsWith(">") ? 0 : on.mark.length);
}

/** A drawing or a file, as it stands; what is too wide goes on in the next line. */
function verbatim(on: Writer): void {
  const lines = said(on.words)
    .replace(/^\n|\s+$/g, "")
    .split("\n");
  on.words = "";
  const set = lines.flatMap((line) =>
    line.length <= WIDTH
      ? [line.trimEnd()]
      : fill(line.trim(), " ".repeat(4)).trimEnd().split("\n"),
  );
  on.out = `${on.out.trimEnd()}\n\n${set.join("\n")}\n\n`;
}

/** In 7 bits, entities as what they stand for. */
function said(words: string): string {
  const read = words.replace(/&(#x?[\da-f]+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return String.fromCodePoint(code);
  });
  const spelled = read.replace(/[^\n -~]/gu, (sign) => SPELLINGS[sign] ?? sign);
  return spelled
    .split("\n")
    .map((line) => plain(line))
    .join("\n");
}
