/** Lines that git, b4, mutt or checkpatch eat: docs/decisions/0006. */

import { expect, test } from "vitest";
import { breaches, layoutSequence, type Picture, toAscii, toSvg } from "../../../diagrams/index.ts";
import { REQUEST } from "./scenes.ts";

const MAIL = { for: "mail" } as const;

/** Each breaks one rule; a draft may stand at column 0. */
const LINES = [
  ["no tab", "  a\tb"],
  ["7-bit", "  é"],
  ["7-bit", "  \u001b[1m"],
  ["no trailing blank", "  a "],
  ["width", `  ${"x".repeat(71)}`],
  ["indented by 2", "a"],
  ["indented by 2", " a"],
  ["no quotation", "  | x"],
  ["no quotation", "   > x"],
  ["no quotation", "  : x"],
  ["no quotation", "  } x"],
  ["no quotation", "  # define"],
  ["no trailer", "  head: 2"],
  ["no trailer", "  index:   0  1"],
  ["no trailer", "  12: x"],
  ["no trailer", "  Link: https://example.org"],
  ["no trailer", "  mail: x"],
  ["no diff header", "  --- a/file"],
  ["no diff header", "  +++ b/file"],
  ["no diff header", "  @@ -1,2 +1,2 @@"],
  ["no diff header", "  @@ -1 +1 @@"],
  ["no diff header", "  diff --git a/x b/x"],
  ["no scissors", "  -- >8 --"],
  ["no scissors", "  ------ 8< ------>"],
  ["no scissors", "  x---->8 slots----"],
  ["no scissors", "  - - >% - -"],
] as const;

test.each(LINES)("%s: %j is named, and only that", (rule, line) => {
  const found = breaches(`  Above.\n\n${line}\n`, 72, MAIL);
  expect(found.map((breach) => breach.rule)).toEqual([rule]);
  expect(found[0]?.line).toBe(3);
});

const DRAFT_LINES = [
  ["no separator", "---"],
  ["no separator", "--- request ---> reply"],
  ["no patch start", "diff - two rings"],
  ["no patch start", "Index: 3"],
  ["no mbox line", "From the host"],
  ["no mbox line", ">From the host"],
  ["no signature", "--"],
  ["no context diff", "*** x"],
  ["no trailer at the end", "head:2"],
] as const;

test.each(DRAFT_LINES)("%s: %j is named in a draft", (rule, line) => {
  const found = breaches(`Above.\n\n${line}\n`, 72, { for: "commit", draft: true });
  expect(found.map((breach) => breach.rule)).toContain(rule);
});

test.each(["Subject: ring", "From: host <h@x>", "Date: when"])("%j may not come first", (line) => {
  const found = breaches(`${line}\n\nx\n`, 72, { for: "mail", draft: true });
  expect(found.map((breach) => breach.rule)).toContain("no mail header");
});

const FINE = [
  "  a colon: further on",
  "  ends in a colon:",
  "  a: 2",
  "  47:39  x",
  "  ---",
  "  From x",
  "  [1] https://example.org/x",
  "  == loop: x ====",
  "  +---+---+",
  "  ^ head = 2",
  "  . x",
];

test.each(FINE)("%j passes", (line) => {
  expect(breaches(`${line}\n`, 72, MAIL)).toEqual([]);
});

test.each([
  ["no two blank lines", "  a\n\n\n  b\n"],
  ["no blank edge", "\n  a\n"],
  ["no blank edge", "  a\n\n"],
  ["ends in one newline", "  a"],
  ["not empty", ""],
])("%s holds for the text as a whole", (rule, text) => {
  expect(breaches(text, 72, MAIL).map((breach) => breach.rule)).toEqual([rule]);
});

test("a commit may end in links of any length, and only end", () => {
  const link = `Link: https://example.org/${"x".repeat(90)}`;
  expect(breaches(`  a\n\n${link}\n`, 72, { for: "commit" })).toEqual([]);
  expect(breaches(`  a\n\n${link}\n`, 72, MAIL)).not.toEqual([]);
  expect(breaches(`${link}\n\n  a\n`, 72, { for: "commit" })).not.toEqual([]);
});

test("a reply may quote, a drawing may not", () => {
  const text = "> What is DPDK?\n\n  An answer.\n";
  expect(breaches(text, 72, { for: "mail", quotes: true })).toEqual([]);
  expect(breaches(text, 72, MAIL)).not.toEqual([]);
});

/** A picture whose items no longer hold what its labels say. */
function broken(change: (picture: Picture) => Picture): Picture {
  const layout = layoutSequence(REQUEST, 72);
  if (!layout.ok) throw new Error("the request fits 72 columns");
  return change(layout.picture);
}

test("a text is refused where a label was cut", () => {
  const picture = broken((some) => ({
    ...some,
    items: some.items.map((item) =>
      item.kind === "text" && item.text === "write dst" ? { ...item, text: "write" } : item,
    ),
  }));
  expect(toAscii(picture)).toMatchObject({
    ok: false,
    message: expect.stringContaining("write dst"),
  });
  expect(toSvg(picture, { profile: "site", title: "t", desc: "d" })).toMatchObject({ ok: false });
});

test("a text is refused where a line runs over a label", () => {
  const picture = broken((some) => ({
    ...some,
    items: some.items.map((item) => (item.kind === "arrow" ? { ...item, from: 5 } : item)),
  }));
  expect(toAscii(picture)).toMatchObject({ ok: false });
});

test("a text is refused where it is wider than was asked", () => {
  expect(toAscii(broken((some) => ({ ...some, asked: 60 })))).toMatchObject({
    ok: false,
    breaches: expect.arrayContaining([expect.objectContaining({ rule: "width" })]),
  });
});

test.each([
  ["blanks", " ".repeat(200_000)],
  ["blanks and a word", `${" ".repeat(200_000)}x`],
  ["one word", "x".repeat(200_000)],
  ["colons", "a:".repeat(100_000)],
  ["dashes and blanks", "- ".repeat(100_000)],
])("a line of %s is judged in no time", (_what, line) => {
  const start = process.cpuUsage().user;
  breaches(`${line}\n`, 72, MAIL);
  expect((process.cpuUsage().user - start) / 1000).toBeLessThan(1_000);
});
