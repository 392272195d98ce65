/** What is said of a text before it is pasted, and by what it is known again. */

import { expect, test } from "vitest";
import { aboutMail, mailKey } from "../../../diagrams/index.ts";

const DRAWING = "  A ring.\n\n  slot   0  1\n         +--+\n";
const MAIL = `${DRAWING}\n  [1] wd show x@done\n`;
const BUILD = "00c0ffee";
const passed = { build: BUILD, texts: `12345678 ${mailKey(MAIL)}` };

test("lines, columns, characters and the contract are told of each text", () => {
  expect(aboutMail(MAIL, { for: "mail" })).toBe("6 lines, 20 columns, ASCII, linted here.");
  expect(aboutMail("  caf\u00e9\n", { for: "mail" })).toMatch(
    /^1 line, 6 columns, not ASCII, 1:6: /,
  );
});

test("one is one line, or one column", () => {
  expect(aboutMail("  a\n", { for: "mail" })).toBe("1 line, 3 columns, ASCII, linted here.");
  expect(aboutMail("a\na\n", { for: "mail" })).toMatch(/^2 lines, 1 column, /);
});

test("the programs are named of a text that is on record, and of no other", () => {
  const said = (text: string) => aboutMail(text, { for: "mail", passed });
  expect(said(MAIL)).toBe(
    `6 lines, 20 columns, ASCII, linted here. git am, b4, checkpatch passed in build ${BUILD}.`,
  );
  expect(said(MAIL.replace("0  1", "0  2"))).not.toContain("passed");
  expect(said(`> Why?\n\n${MAIL}`)).not.toContain("passed");
  expect(aboutMail(MAIL, { for: "mail", passed: { build: BUILD, texts: "" } })).not.toContain(
    "git",
  );
});

test("a text that breaks the contract has passed nothing, whatever is on record", () => {
  const bad = MAIL.replace("A ring.", "head: 2");
  const known = { build: BUILD, texts: mailKey(bad) };
  expect(aboutMail(bad, { for: "mail", passed: known })).not.toContain("passed");
});

// biome-ignore format: one reference a line
const SAME: readonly (readonly [what: string, text: string])[] = [
  ["another address",        `${DRAWING}\n  [1] https://example.org/flows/x/?v=1-4-3f2a91c8#done\n`],
  ["another command",        `${DRAWING}\n  [2] wd export x --steps @a..@b --for mail\n`],
  ["a command of two lines", `${DRAWING}\n  [1] wd export x --steps @a..@b\n      --for mail\n`],
];

test.each(SAME)("it is the same text with %s", (_what, text) => {
  expect(mailKey(text)).toBe(mailKey(MAIL));
});

// biome-ignore format: one text a line
const OTHERS: readonly (readonly [what: string, text: string])[] = [
  ["a link for a commit",      `${DRAWING}\nLink: https://example.org/flows/x/\n`],
  ["no reference",             DRAWING],
  ["a paragraph before it",    `${DRAWING}\n  More.\n\n  [1] wd show x@done\n`],
  ["a line behind it",         `${MAIL}  More.\n`],
  ["a blank more in the drawing", MAIL.replace("slot ", "slot  ")],
];

test.each(OTHERS)("it is another text with %s", (_what, text) => {
  expect(mailKey(text)).not.toBe(mailKey(MAIL));
});
