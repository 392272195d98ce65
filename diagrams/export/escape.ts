/** Quoting for the formats that are read by programs. */

import { visible } from "../layout/index.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** For the text and the attributes of XML; characters that XML forbids are shown as escapes. */
export function xml(text: string): string {
  return visible(text).replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** As `xml`, with the lines of the text as they are: for what is prose or source. */
export function xmlLines(text: string): string {
  return text.split("\n").map(xml).join("\n");
}

/** For an XML comment, which may not hold two dashes. */
export function xmlComment(text: string): string {
  return visible(text).replace(/-(?=-|$)/g, "- ");
}

/**
 * For a message of a Mermaid sequence: what its grammar, its comments, its Markdown or HTML read as
 * theirs becomes `#code;`, and so does the keyword `end`.
 */
export function mermaidText(text: string): string {
  const spelled = visible(text)
    .replace(
      /[^A-Za-z0-9 _.,=()'*/!?[\]\-\u{a0}-\u{10ffff}]/gu,
      (sign) => `#${sign.codePointAt(0)};`,
    )
    .replace(/\bend\b/gi, (word) => `${word.slice(0, 1)}#110;${word.slice(2)}`)
    .replace(/^-|(?<=-)-/g, "#45;");
  return spelled === "" ? "#160;" : spelled;
}
