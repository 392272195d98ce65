/** The reply to the review as a page shows it: the mail of text/reply.ts, in blocks. */

import { escapeHtml } from "./words.ts";

/** Lines of one kind that stand together. `depth` is how often they are quoted; 0 is ours. */
export interface Block {
  readonly depth: number;
  readonly kind: "text" | "drawing" | "references";
  readonly lines: readonly string[];
}

function kindOf(line: string): string {
  const depth = (/^(?:> ?)*/.exec(line)?.[0] ?? "").replaceAll(" ", "").length;
  if (depth > 0) return `text ${depth}`;
  if (line.startsWith("  ")) return "drawing 0";
  return /^\[\d+\] /.test(line) ? "references 0" : "text 0";
}

/** The mail in blocks. A blank line ends one, but for those inside a drawing or a quotation. */
export function blocks(mail: string): readonly Block[] {
  const made: { depth: number; kind: Block["kind"]; lines: string[] }[] = [];
  let isApart = true;
  for (const line of mail.trimEnd().split("\n")) {
    const [kind = "text", depth = "0"] = kindOf(line).split(" ");
    const last = made.at(-1);
    const isSame = last?.kind === kind && last.depth === Number(depth);
    if (line === "") {
      isApart = true;
      continue;
    }
    if (last && isSame && (!isApart || kind === "drawing")) {
      if (isApart) last.lines.push("");
      last.lines.push(line);
    } else made.push({ depth: Number(depth), kind: kind as Block["kind"], lines: [line] });
    isApart = false;
  }
  return made;
}

/** A block as HTML: the marks of a quotation apart, so that a narrow page can draw a line instead. */
export function blockHtml({ lines }: Block): string {
  return lines.map(lineHtml).join("\n");
}

function lineHtml(line: string): string {
  const [, head, address] = /^(\[\d+\] )(https?:\S+)$/.exec(line) ?? [];
  if (head && address) return `${head}<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>`;
  const marks = /^(?:> ?)*/.exec(line)?.[0] ?? "";
  const said = escapeHtml(line.slice(marks.length));
  return marks === "" ? said : `<i>${escapeHtml(marks)}</i>${said}`;
}
