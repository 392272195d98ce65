/** A text drawing as HTML: the same characters, each role's in its colour. */
import { type Ink, type Item, inForm, type Part, type Picture } from "../../diagrams/index.ts";
import { escapeHtml } from "./words.ts";

/** @param text what the ASCII export made of these parts of `picture` */
export function inked(text: string, picture: Picture, parts: readonly Part[]): string {
  const rows = inkRows(inForm(picture, "text").items.filter(({ part }) => parts.includes(part)));
  let row = -1;
  const lines = text.trimEnd().split("\n");
  return lines
    .map((line) => {
      if (line === "") return "";
      row += 1;
      return inkedLine(line, rows[row] ?? []);
    })
    .join("\n");
}

/** For each row that shows something, top to bottom, the ink of each column. */
function inkRows(items: readonly Item[]): readonly (readonly (Ink | undefined)[])[] {
  const rows = new Map<number, (Ink | undefined)[]>();
  const put = (y: number, from: number, to: number, ink: Ink): void => {
    const row = rows.get(y) ?? [];
    for (let x = from; x <= to; x += 1) row[x] = ink;
    rows.set(y, row);
  };
  for (const item of items) {
    if (item.kind === "arrow") {
      put(item.y, Math.min(item.from, item.to), Math.max(item.from, item.to), item.ink);
      if (item.end === "refused") put(item.y, item.to, item.to, "refusal");
    } else if (item.kind === "mark") put(item.y, item.x, item.x, item.ink);
    else if (item.kind === "rule") put(item.y, item.x0, item.x1, item.ink);
    else if (item.kind === "stroke")
      put(item.y, item.x, item.x + item.spelling.length - 1, item.ink);
    else if (item.kind === "grid") {
      const [top = 0, bottom = 0] = [item.ys[0], item.ys.at(-1)];
      for (let y = top; y <= bottom; y += 1) put(y, item.xs[0] ?? 0, item.xs.at(-1) ?? 0, item.ink);
    }
  }
  for (const item of items)
    if (item.kind === "text") put(item.y, item.x, item.x + item.text.length - 1, item.ink);
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
}

function inkedLine(line: string, inks: readonly (Ink | undefined)[]): string {
  let html = "";
  for (let at = 0; at < line.length; ) {
    const ink = inks[at];
    let end = at + 1;
    while (end < line.length && (line[end] === " " || inks[end] === ink)) end += 1;
    const words = escapeHtml(line.slice(at, end));
    html += ink === undefined || ink === "text" ? words : `<i class="${ink}">${words}</i>`;
    at = end;
  }
  return html;
}
