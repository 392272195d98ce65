/** Drawings as files: what a receiver of the mail reads. */

import { expect, test } from "vitest";
import {
  layoutBlocks,
  layoutMemory,
  layoutRings,
  layoutSequence,
  mailText,
  toAscii,
  toMermaid,
} from "../../../diagrams/index.ts";
import { ARCH, ARCH_24, REFUSING, STATE, STATE_16 } from "./block-scenes.ts";
import { agrees, drawn, type GoldenScene, goldenTests } from "./golden-scenes.ts";
import { PAGES, REFUSED, REQUEST, RING, RING_16, RING_FOLDED, SEQ } from "./scenes.ts";

const SCENES: readonly GoldenScene[] = [
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

goldenTests(SCENES);

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

test("a command that is too wide beside whose it is stands below it, in one piece if it can", () => {
  const picture = drawn(layoutSequence(REQUEST, 72));
  const reference = (command: string) => {
    const mail = mailText({ picture, command, for: "mail" });
    return mail.ok ? mail.text.split("\n\n").at(-1) : mail.message;
  };
  const whose = "  [1] Drawn by warpdrive-explained:";
  const fits = `wd show ${"x".repeat(28)}`;
  expect(reference(fits)).toBe(`${whose} ${fits}\n`);
  expect(reference(`${fits}y`)).toBe(`${whose}\n      ${fits}y\n`);
  const long = `${fits} --view sequence --steps @first..@last`;
  expect(reference(long)).toBe(
    `${whose}\n      ${fits} --view sequence --steps\n      @first..@last\n`,
  );
});

test("a link too wide for the mail gives way to the command", () => {
  const url = `https://example.org/${"x".repeat(80)}`;
  const picture = drawn(layoutSequence(REQUEST, 72));
  const mail = mailText({ picture, url, command: "wd show send-request@done", for: "mail" });
  expect(mail.ok && mail.text).toMatch(
    /\n {2}\[1\] Drawn by warpdrive-explained: wd show send-request@done\n$/,
  );
  expect(mailText({ picture, url, for: "mail" })).toMatchObject({ ok: false });
  const commit = mailText({ picture, url, for: "commit" });
  expect(commit.ok && commit.text.endsWith(`\n\nLink: ${url}\n`)).toBe(true);
});
