/** The reST of the rewritten document as HTML: the few forms that it uses, and no others. */

import { curled, escapeHtml } from "./words.ts";

export interface Part {
  readonly kind: "heading" | "words";
  readonly html: string;
  /** The anchor of a heading. */
  readonly id?: string;
  /** A heading's text. */
  readonly title?: string;
}

/**
 * Lines of a block as HTML; undefined for a comment, and for the title, which the page has already.
 * @throws where the lines are of a form that this does not know
 */
export function htmlOf(lines: readonly string[]): Part | undefined {
  const [first = "", second = ""] = lines;
  if (first.startsWith(".. SPDX") || /^=+$/.test(first)) return undefined;
  if (/^=+$/.test(second)) {
    const id = first.toLowerCase().replace(/\W+/g, "-");
    return { kind: "heading", html: escapeHtml(first), id, title: first };
  }
  return { kind: "words", html: wordsOf(lines) };
}

function wordsOf(lines: readonly string[]): string {
  const [first = "", second = ""] = lines;
  if (first.startsWith(".. [")) return references(lines);
  if (/^(- |\d+\. )/.test(first)) return list(lines);
  const blank = lines.indexOf("");
  if (blank > 0 && lines[blank - 1]?.endsWith("::")) {
    const code = lines.slice(blank + 1).map((line) => line.replace(/^ {2}/, ""));
    const words = lines.slice(0, blank).join(" ").replace(/::$/, ":");
    return `<p>${inline(words)}</p><pre><code>${escapeHtml(code.join("\n"))}</code></pre>`;
  }
  if (lines.includes("") || lines.slice(2).some((line) => !/^ /.test(line) && /^ /.test(second)))
    throw new Error(`the page knows no such form: ${first}`);
  if (/^ /.test(second)) {
    const meaning = lines.slice(1).map((line) => line.trim());
    return `<dl><dt>${inline(first)}</dt><dd>${inline(meaning.join(" "))}</dd></dl>`;
  }
  return `<p>${inline(lines.join(" "))}</p>`;
}

function list(lines: readonly string[]): string {
  const items: string[] = [];
  for (const line of lines) {
    const [, mark, words = ""] = /^(- |\d+\. | {2,})(.*)$/.exec(line) ?? [];
    if (mark?.trim()) items.push(words);
    else items.push(`${items.pop()} ${words}`);
  }
  const name = lines[0]?.startsWith("-") ? "ul" : "ol";
  return `<${name}>${items.map((item) => `<li>${inline(item)}</li>`).join("")}</${name}>`;
}

function references(lines: readonly string[]): string {
  const items = lines.map((line) => {
    const [, number, words = ""] = /^\.\. \[(\d+)\] (.*)$/.exec(line) ?? [];
    return `<li id="ref-${number}">${inline(words)}</li>`;
  });
  return `<ol class="references">${items.join("")}</ol>`;
}

/** A reference `[1]_`, a file of the kernel's Documentation, an address: each leads where it says. */
function inline(text: string): string {
  return escapeHtml(curled(text))
    .replace(/``([^`]+)``/g, "<code>$1</code>")
    .replace(/ ?\[(\d+)\]_/g, '&nbsp;<a href="#ref-$1">[$1]</a>')
    .replace(/https:\/\/[^\s<]+[^\s<.]/g, (address) => `<a href="${address}">${address}</a>`)
    .replace(
      /Documentation\/([\w/-]+)\.rst/g,
      '<a href="https://docs.kernel.org/$1.html"><code>Documentation/$1.rst</code></a>',
    );
}
