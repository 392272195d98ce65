import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readHead } from "../../../text/head.ts";
import { readPage } from "../../../text/index.ts";
import { CONCEPTS, QUESTIONS } from "../content/pages.ts";

const whole = (path: string) =>
  readFileSync(new URL(`../../../content/${path}`, import.meta.url), "utf8");

describe("a head", () => {
  test.each([...QUESTIONS, ...CONCEPTS].map((page) => [page.path, page] as const))(
    "of %s is read as another reader reads it",
    (path, { head }) => {
      const [, text = ""] = /^---\n(.*?\n)---\n/s.exec(whole(path)) ?? [];
      expect(readHead(text, path)).toEqual(head);
    },
  );

  test("holds maps, lists, strings, numbers, yes and no", () => {
    const text =
      'a: "x: \\"y\\""\nb:\n  - c: 1\n    d: two words\n  - c: 2\ne: [f, 3]\ng: true\n# no\n\nh:\n  i: https://x.org/a?b#c\n';
    expect(readHead(text, "f")).toEqual({
      a: 'x: "y"',
      b: [{ c: 1, d: "two words" }, { c: 2 }],
      e: ["f", 3],
      g: true,
      h: { i: "https://x.org/a?b#c" },
    });
    expect(readHead("", "f")).toEqual({});
  });

  /** A head, and what is wrong with it in which line of the file. */
  const BAD: readonly (readonly [text: string, error: string])[] = [
    ["a: 1\nb\n", 'f:3: expected key: value, found "b"'],
    ["a: 1\na: 2\n", 'f:3: expected each key once, found "a: 2"'],
    ["a:\nb: 1\n", 'f:2: expected a value, found "a:"'],
    ["a: x: y\n", 'f:2: expected quotes around this value, found "a: x: y"'],
    ["a: `b`\n", 'f:2: expected quotes around this value, found "a: `b`"'],
    ['a: "b\n', 'f:2: expected a string in double quotes, found "a: \\"b"'],
    ["a:\n  - b\n  c: 1\n", 'f:4: expected "- " as above, found "c: 1"'],
    ["a: 1\n  b: 2\n", 'f:3: expected no deeper line, found "b: 2"'],
    ["- a\n", 'f:2: expected key: value, found "- a"'],
  ];
  test.each(BAD)("%j is refused", (text, error) => {
    expect(() => readHead(text, "f", 2)).toThrow(new Error(error));
  });
});

describe("a page", () => {
  const concept = (head: string) =>
    readPage("content/concepts/x.mdx", `---\n${head}---\n\nBody.\n`);
  const HEAD = "term: X\nlong: X Y\nshort: An X.\ngroup: own\norder: 2\ntoday: Gone.\n";

  test("has a slug, a body, and what its head says", () => {
    expect(concept(`${HEAD}flow:\n  name: f\n  at: done\n  view: rings\n`)).toEqual({
      kind: "concept",
      slug: "x",
      file: "content/concepts/x.mdx",
      term: "X",
      long: "X Y",
      group: "own",
      short: "An X.",
      order: 2,
      today: "Gone.",
      confused: [],
      sources: [],
      flow: { name: "f", at: "done", view: "rings" },
      body: "Body.",
    });
  });

  test("without what it needs is refused by name", () => {
    expect(() => concept(HEAD.replace(/^today.*\n/m, ""))).toThrow(
      'content/concepts/x.mdx: expected "today: text" in the head',
    );
    expect(() => concept(`${HEAD}flow:\n  name: f\n`)).toThrow(
      'content/concepts/x.mdx, flow: expected "at: text" in the head',
    );
    expect(() => concept(`${HEAD}flow:\n  name: f\n  at: a\n  view: ring\n`)).toThrow(
      /^content\/concepts\/x.mdx, flow: expected a view \(sequence [a-z ]+\), found "ring"$/,
    );
    expect(() => readPage("content/concepts/x.mdx", "Body.\n")).toThrow(
      "content/concepts/x.mdx:1: expected a head between two lines of ---",
    );
  });
});
