/** Drawings as files: what a receiver of the mail reads. */

import { expect, test } from "vitest";
import {
  breaches,
  type Layout,
  layoutBlocks,
  layoutMemory,
  layoutRings,
  layoutSequence,
  mailText,
  toAscii,
  toMermaid,
  toSvg,
} from "../../../diagrams/index.ts";
import { ARCH, ARCH_24, REFUSING, STATE, STATE_16 } from "./block-scenes.ts";
import { agrees as agreesIn } from "./golden-file.ts";
import { PAGES, REFUSED, REQUEST, RING, RING_16, RING_FOLDED, SEQ } from "./scenes.ts";

const FOLDER = new URL("../golden/diagrams/", import.meta.url);

const SCENES: readonly (readonly [name: string, layout: (width: number) => Layout])[] = [
  ["request", (width) => layoutSequence(REQUEST, width)],
  ["seq", (width) => layoutSequence(SEQ, width)],
  ["refused", (width) => layoutSequence(REFUSED, width)],
  ["pages", (width) => layoutMemory(PAGES, width)],
  ["ring", (width) => layoutRings(RING, width)],
  ["ring-folded", (width) => layoutRings(RING_FOLDED, width)],
  ["ring-16", (width) => layoutRings(RING_16, width)],
  ["arch", (width) => layoutBlocks(ARCH, width)],
  ["arch-24", (width) => layoutBlocks(ARCH_24, width)],
  ["state", (width) => layoutBlocks(STATE, width, "states")],
  ["state-16", (width) => layoutBlocks(STATE_16, width, "states")],
  ["refusing", (width) => layoutBlocks(REFUSING, width)],
];

function agrees(name: string, text: string): void {
  agreesIn(FOLDER, name, text);
}

function drawn(layout: Layout) {
  if (!layout.ok) throw new Error(`needs ${layout.needs} columns`);
  return layout.picture;
}

const CASES = SCENES.flatMap(([name, layout]) =>
  [72, 40].map((width) => [name, width, layout] as const),
);

test.each(CASES)("%s at %i columns reads as its golden", (name, width, layout) => {
  const text = toAscii(drawn(layout(width)));
  if (!text.ok) throw new Error(text.message);
  expect(breaches(text.text, width, { for: "mail" })).toEqual([]);
  agrees(`${name}.${width}.txt`, text.text);
});

test.each(SCENES)("%s in Unicode stands in the same columns", (name, layout) => {
  const picture = drawn(layout(72));
  const text = toAscii(picture, { charset: "unicode" });
  if (!text.ok) throw new Error(text.message);
  const ascii = toAscii(picture);
  const widths = (some: string) => some.split("\n").map((line) => [...line].length);
  expect(widths(text.text)).toEqual(ascii.ok && widths(ascii.text));
  agrees(`${name}.72.unicode.txt`, text.text);
});

test.each(SCENES)("%s as kernel SVG has the words of its text, in order", (name, layout) => {
  const picture = drawn(layout(72));
  const svg = toSvg(picture, { profile: "kernel", title: name, desc: "A drawing & its words." });
  if (!svg.ok) throw new Error(svg.message);
  const words = [...svg.text.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  const decoded = (text: string) =>
    text
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, "&");
  expect(words.map((text) => decoded(text ?? "")).join(" ")).toBe(picture.labels.join(" "));
  expect(svg.text).not.toMatch(/var\(|foreignObject|<script|<style| on\w+=|:root/);
  agrees(`${name}.kernel.svg`, svg.text);
});

test.each(SCENES)("%s as site SVG names the page's colours and no other", (name, layout) => {
  const svg = toSvg(drawn(layout(72)), { profile: "site", title: name, desc: "A drawing." });
  if (!svg.ok) throw new Error(svg.message);
  expect(svg.text).not.toMatch(/#[0-9a-f]{3,8}\b|style=|<style/i);
  expect(svg.text).toMatch(/fill="var\(--ink\)"/);
});

test("the labels of the sequence are all there, in 24 rows or fewer above the legend", () => {
  const text = toAscii(drawn(layoutSequence(SEQ, 72)));
  expect(text.ok && text.text.split("\n").length).toBeLessThanOrEqual(25);
  for (const row of SEQ.rows) {
    if (row.kind === "message") expect(text.ok && text.text).toContain(row.label);
  }
});

test("Mermaid source of a ladder reads as its golden", () => {
  agrees("request.mmd", toMermaid(REQUEST));
  agrees("refused.mmd", toMermaid(REFUSED));
});

const URL_DONE = "https://example.org/flows/send-request/#done";
const MAILS = [
  ["request.mail.txt", { url: URL_DONE, for: "mail" }],
  ["request.commit.txt", { url: URL_DONE, for: "commit" }],
  ["request.command.txt", { command: "wd show send-request@done", for: "mail" }],
  ["request.quoted.txt", { url: URL_DONE, for: "mail", quoted: "What is DPDK? ODP?\n" }],
] as const;

test.each(MAILS)("the mail %s reads as its golden", (name, options) => {
  const mail = mailText({ picture: drawn(layoutSequence(REQUEST, 72)), ...options });
  if (!mail.ok) throw new Error(mail.message);
  agrees(name, mail.text);
});

test("a link gets the number after the drawing's own notes", () => {
  const mail = mailText({ picture: drawn(layoutMemory(PAGES, 72)), url: URL_DONE, for: "mail" });
  expect(mail.ok && mail.text).toMatch(/\n {2}\[2\] https:\/\/example\.org\S+\n$/);
});

test("a link too wide for the mail gives way to the command", () => {
  const url = `https://example.org/${"x".repeat(80)}`;
  const picture = drawn(layoutSequence(REQUEST, 72));
  const mail = mailText({ picture, url, command: "wd show send-request@done", for: "mail" });
  expect(mail.ok && mail.text).toMatch(/\n {2}\[1\] wd show send-request@done\n$/);
  expect(mailText({ picture, url, for: "mail" })).toMatchObject({ ok: false });
  const commit = mailText({ picture, url, for: "commit" });
  expect(commit.ok && commit.text.endsWith(`\n\nLink: ${url}\n`)).toBe(true);
});
