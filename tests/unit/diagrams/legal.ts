/** What holds of every picture: legal text with every label whole, and SVG that is well-formed. */

import { expect } from "vitest";
import { breaches, type Layout, type Picture, toAscii, toSvg } from "../../../diagrams/index.ts";
import { plain, tidy } from "../../../diagrams/layout/index.ts";

/** The picture at this width, or at the one that the refusal asks for. */
export function sufficient(layout: (width: number) => Layout, width: number): Picture {
  const first = layout(width);
  if (first.ok) return first.picture;
  expect(first.needs).toBeGreaterThan(width);
  const second = layout(first.needs);
  if (!second.ok) throw new Error(`${first.needs} was said to suffice, now ${second.needs}`);
  return second.picture;
}

/** @param wanted labels that a reader must find, whole */
export function isLegal(picture: Picture, wanted: readonly string[]): void {
  expect(picture.width).toBeLessThanOrEqual(picture.asked);
  for (const charset of ["ascii", "unicode"] as const) {
    const text = toAscii(picture, { charset });
    if (!text.ok) throw new Error(text.message);
    if (text.text === "") continue;
    const options = { for: "mail", unicode: charset === "unicode" } as const;
    expect(breaches(text.text, picture.asked, options)).toEqual([]);
    if (charset === "ascii") for (const label of wanted) expectWords(text.text, label);
  }
  for (const label of wanted) {
    const isThere = picture.labels.some((some) => some.includes(tidy(label)));
    expect(isThere || tidy(label) === "", `"${label}" in ${picture.labels}`).toBe(true);
  }
}

/** Each word of the label stands in the text, unbroken. */
function expectWords(text: string, label: string): void {
  for (const word of plain(tidy(label)).split(" ")) {
    if (!text.includes(word)) throw new Error(`"${word}" of "${label}" is not in\n${text}`);
  }
}

function isWellFormed(svg: string): void {
  const open: string[] = [];
  const body = svg.replace(/<\?xml[^>]*\?>/, "").replace(/<!--[\s\S]*?-->/g, "");
  for (const [tag, close, name = "", self] of body.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)) {
    if (close) expect(open.pop(), tag).toBe(name);
    else if (!self) open.push(name);
  }
  expect(open).toEqual([]);
  expect(body.replace(/<\/?\w+[^<>]*>/g, "")).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
}

export function isSvgLegal(picture: Picture): void {
  for (const profile of ["site", "kernel"] as const) {
    const svg = toSvg(picture, {
      profile,
      title: picture.labels[0] || "a drawing",
      desc: "a -- b",
    });
    if (!svg.ok) throw new Error(svg.message);
    isWellFormed(svg.text);
    expect(svg.text).not.toMatch(/ (d|x|y|width|height)="[^"]*(NaN|Infinity|undefined)/);
  }
}
