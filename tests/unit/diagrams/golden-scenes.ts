/** What is asked of every drawing that has expected files. */

import { expect, test } from "vitest";
import {
  breaches,
  inForm,
  type Layout,
  type Picture,
  toAscii,
  toSvg,
} from "../../../diagrams/index.ts";
import { agrees as agreesIn } from "./golden-file.ts";

export const FOLDER = new URL("../golden/diagrams/", import.meta.url);

export type GoldenScene = readonly [name: string, layout: (width: number) => Layout];

export function agrees(name: string, text: string): void {
  agreesIn(FOLDER, name, text);
}

export function drawn(layout: Layout): Picture {
  if (!layout.ok) throw new Error(`needs ${layout.needs} columns`);
  return layout.picture;
}

/** As text of 72 and 40 columns and in Unicode, as SVG of both profiles, and at any width. */
export function goldenTests(scenes: readonly GoldenScene[]): void {
  const cases = scenes.flatMap(([name, layout]) =>
    [72, 40].map((width) => [name, width, layout] as const),
  );

  test.each(cases)("%s at %i columns reads as its golden", (name, width, layout) => {
    const text = toAscii(drawn(layout(width)));
    if (!text.ok) throw new Error(text.message);
    expect(breaches(text.text, width, { for: "mail" })).toEqual([]);
    agrees(`${name}.${width}.txt`, text.text);
  });

  test.each(scenes)(
    "%s fits every width from 40 to 100, or says which it needs",
    (_name, layout) => {
      for (let width = 40; width <= 100; width += 1) {
        const made = layout(width);
        if (!made.ok) {
          expect(made.needs).toBeGreaterThan(width);
          continue;
        }
        const text = toAscii(made.picture);
        expect(text.ok ? breaches(text.text, width, { for: "mail" }) : text.message).toEqual([]);
      }
    },
  );

  test.each(scenes)("%s in Unicode stands in the same columns", (name, layout) => {
    const picture = drawn(layout(72));
    const [ascii, unicode] = [toAscii(picture), toAscii(picture, { charset: "unicode" })];
    if (!unicode.ok) throw new Error(unicode.message);
    const widths = (some: string) => some.split("\n").map((line) => [...line].length);
    expect(widths(unicode.text)).toEqual(ascii.ok && widths(ascii.text));
    agrees(`${name}.72.unicode.txt`, unicode.text);
  });

  test.each(scenes)("%s as kernel SVG has the words of its text, in order", (name, layout) => {
    const picture = drawn(layout(72));
    const svg = toSvg(picture, { profile: "kernel", title: name, desc: "A drawing & its words." });
    if (!svg.ok) throw new Error(svg.message);
    const words = [...svg.text.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    const decoded = (text = "") =>
      text
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, "&");
    expect(words.map(decoded).join(" ")).toBe(inForm(picture, "drawn").labels.join(" "));
    expect(svg.text).not.toMatch(/var\(|foreignObject|<script|<style| on\w+=|:root/);
    agrees(`${name}.kernel.svg`, svg.text);
  });

  test.each(scenes)("%s as site SVG names the page's colours and no other", (name, layout) => {
    const svg = toSvg(drawn(layout(72)), { profile: "site", title: name, desc: "A drawing." });
    if (!svg.ok) throw new Error(svg.message);
    expect(svg.text).not.toMatch(/#[0-9a-f]{3,8}\b|style=|<style/i);
    expect(svg.text).toMatch(/fill="var\(--ink\)"/);
  });
}
