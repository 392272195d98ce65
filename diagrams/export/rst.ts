/**
 * reST for a page of the kernel's documentation: a kernel-figure with alt text and caption, and the
 * drawing as a literal block, which is all that text and man pages show.
 * Source: doc-guide/sphinx.rst v6.1; docutils' rules of inline markup.
 */

import { plain, tidy, wrap } from "../layout/index.ts";
import type { Text } from "./ascii.ts";

export interface RstOptions {
  /** The picture's file, as it is called beside the page: "send-request.svg". */
  readonly figure: string;
  /** What somebody is told who does not see the picture. */
  readonly alt: string;
  readonly caption: string;
  /** The drawing as text, indented by 2. */
  readonly drawing: string;
  readonly licence?: string;
}

const WIDTH = 72;
const INDENT = "   ";
/** What stands before the literal block; the drawing behind it is the text export byte for byte. */
const LEAD = "As text::";

/** @returns the page's part, ending in a newline; what could not be read back is refused */
export function toRst({ figure, alt, caption, drawing, licence = "GPL-2.0" }: RstOptions): Text {
  if (!/^[\w.-]+\.svg$/.test(figure)) return refused(`no name for a figure: ${plain(figure)}`);
  const words = (wrap(escaped(tidy(caption)), WIDTH - INDENT.length) ?? []).map(safeStart);
  const option = `${INDENT}:alt: `;
  const said = wrap(plain(tidy(alt)), WIDTH - option.length) ?? [];
  if (words.length === 0 || said.length === 0) return refused("no words for alt and caption");
  const text = [
    `.. SPDX-License-Identifier: ${licence}`,
    "",
    `.. kernel-figure:: ${figure}`,
    ...said.map((line, at) => (at === 0 ? option : " ".repeat(option.length)) + line),
    "",
    ...words.map((line) => INDENT + line),
    "",
    LEAD,
    "",
    drawing,
  ].join("\n");
  const [fault] = rstFaults(text, { figure, alt, caption, drawing });
  return fault === undefined ? { ok: true, text } : refused(`reST: ${fault}`);
}

function refused(message: string): Text {
  return { ok: false, message, breaches: [] };
}

/** In 7 bits; what would begin or end inline markup, a substitution or a literal block is plain. */
function escaped(words: string): string {
  return plain(words)
    .replace(/[\\*`|]/g, "\\$&")
    .replace(/_(?![A-Za-z0-9])/g, "\\_")
    .replace(/:(?=:|$)/g, "\\:");
}

/** A line of a paragraph that would be read as a list, a directive, a field or a rule. */
function safeStart(line: string): string {
  return /^([-+*•>.:|=#~^"'(_]|\w+[.)](\s|$))/.test(line) ? `\\${line}` : line;
}

/** Lines of one paragraph. */
function joined(lines: string): string {
  return lines.trim().split(/\s+/).join(" ");
}

/** What is wrong with reST that is to be handed out: read back, as docutils reads this much of it. */
export function rstFaults(
  text: string,
  wanted: Pick<RstOptions, "figure" | "alt" | "caption" | "drawing">,
): readonly string[] {
  const faults: string[] = [];
  const [, figure, alt = "", caption = "", block] =
    /^\.\. SPDX-License-Identifier: \S+\n\n\.\. kernel-figure:: (\S+)\n {3}:alt: (.+(?:\n {9}\S.*)*)\n\n((?: {3}\S.*\n)+)\nAs text::\n\n([\s\S]*)$/.exec(
      text,
    ) ?? [];
  if (figure !== wanted.figure) faults.push("the figure cannot be read back");
  if (joined(alt) !== plain(tidy(wanted.alt))) faults.push("the alt text is not whole");
  if (joined(caption).replace(/\\(.)/g, "$1") !== plain(tidy(wanted.caption))) {
    faults.push("the caption is not whole");
  }
  if (block !== wanted.drawing) faults.push("the drawing is not byte for byte in its block");
  const isBlock = block?.split("\n").every((line) => line === "" || line.startsWith("  "));
  if (!isBlock || !block?.endsWith("\n")) faults.push("the drawing is no literal block");
  if (/[^\n -~]/.test(text)) faults.push("not in 7 bits");
  const wide = text.split("\n").find((line) => line.length > 80);
  if (wide !== undefined) faults.push(`a line of ${wide.length} columns`);
  return faults;
}
