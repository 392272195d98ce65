/** Text: the picture in characters, checked against the contract before anybody gets it. */

import type { Item, Part, Picture, TextItem } from "../layout/index.ts";
import { inForm, isHazard, plain, visible } from "../layout/index.ts";
import { type Canvas, canvas, print } from "./canvas.ts";
import { ASCII, UNICODE } from "./charset.ts";
import { type Breach, breaches, formatBreach } from "./contract.ts";

export interface AsciiOptions {
  readonly charset?: "ascii" | "unicode";
  /** Which parts; all where absent. */
  readonly parts?: readonly Part[];
}

/** An export that failed its own check is not handed out. */
export type Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly breaches: readonly Breach[] };

/** The picture as text, ending in a newline; "" where the chosen parts are empty. */
export function toAscii(picture: Picture, options: AsciiOptions = {}): Text {
  const isUnicode = options.charset === "unicode";
  const spell = isUnicode ? visible : plain;
  const { items: all } = inForm(picture, "text");
  const items = all.filter((item) => !options.parts || options.parts.includes(item.part));
  const on = canvas();
  print(on, items, isUnicode ? UNICODE : ASCII, spell);
  const lost = lostLabels(on, items, picture, spell);
  const lines = unpad(on.rows.map((row) => guard(row.join("").trimEnd())));
  const text = lines.length > 0 ? `${lines.join("\n")}\n` : "";
  const broken =
    text === "" ? [] : breaches(text, picture.asked, { for: "mail", unicode: isUnicode });
  const message = [...on.clashes, ...lost, ...broken.map(formatBreach)][0];
  return message === undefined ? { ok: true, text } : { ok: false, message, breaches: broken };
}

/** Gives a line that a program would eat a first character that it leaves alone. */
function guard(line: string): string {
  return isHazard(line.trimStart()) && line.startsWith("    ") ? `  - ${line.slice(4)}` : line;
}

/** No blank line at an end, no two in a row. */
function unpad(lines: readonly string[]): readonly string[] {
  const kept = lines.filter((line, index) => line !== "" || (index > 0 && lines[index - 1] !== ""));
  while (kept.at(-1) === "") kept.pop();
  while (kept[0] === "") kept.shift();
  return kept;
}

/** Labels that cannot be read back from where they should stand. */
function lostLabels(
  on: Canvas,
  items: readonly Item[],
  picture: Picture,
  spell: (text: string) => string,
): readonly string[] {
  const texts = items.filter((item) => item.kind === "text");
  const read = new Map<number, string[]>();
  for (const item of texts) {
    const found = read.get(item.label) ?? [];
    found.push(readBack(on, item, spell));
    read.set(item.label, found);
  }
  return [...read].flatMap(([label, lines]) => {
    const whole = picture.labels[label] ?? "";
    return lines.join(" ") === spell(whole) ? [] : [`label "${whole}" is not whole in the text`];
  });
}

function readBack(on: Canvas, item: TextItem, spell: (text: string) => string): string {
  const size = [...spell(item.text)].length;
  return (on.rows[item.y] ?? []).slice(item.x, item.x + size).join("");
}
