import { describe, expect, test } from "vitest";
import { find, type Term } from "../../../text/index.ts";
import { readPage } from "../../../text/page.ts";

const TERMS: readonly Term[] = [
  { id: "blue-ring", term: "blue ring", meaning: "A thing." },
  { id: "box", term: "box", meaning: "It holds a blue ring and a lid." },
  { id: "gup", term: "gup", long: "get_user_pages()", meaning: "It pins.", href: "/concepts/gup/" },
  { id: "page-table", term: "page table", meaning: "Addresses." },
  { id: "page-fault", term: "page fault", meaning: "A miss." },
];
const HEAD = "short: S.\norder: 1\n";
const PAGES = [
  readPage(
    "content/questions/what-is-gup.mdx",
    `---\n${HEAD}title: "Also \\"gup\\" might be worth spelling out."\nasked:\n  who: P\n  when: 2018-08-06\n  list: https://x.org\noutcome: None.\nthread: review\ntopics: [words]\n---\nA.\n`,
  ),
  readPage(
    "content/concepts/gup.mdx",
    `---\n${HEAD}term: gup\nlong: get_user_pages()\ntoday: Used.\ngroup: review\n---\nB.\n`,
  ),
];

/** What is found, as one word; of nothing, what is near. */
function found(asked: string): string {
  const result = find(asked, PAGES, TERMS);
  if (result.kind === "none") return `none: ${result.near.join(" ")}`;
  return result.kind === "term" ? `term ${result.term.id}` : result.page.file;
}

describe("what is asked for is found", () => {
  /** How, what is asked, what is found. */
  const CASES: readonly (readonly [how: string, asked: string, found: string])[] = [
    ["by its name", "box", "term box"],
    ["in capitals and with marks", '"BOX"?', "term box"],
    ["by its long form, as its own page", "get_user_pages()", "content/concepts/gup.mdx"],
    ["as a question, by its slug", "what is gup?", "content/questions/what-is-gup.mdx"],
    ["by what stands in a question that has no slug", "what's the box", "term box"],
    ["with the verb at the end", "what does box mean", "term box"],
    ["a name counts more than a meaning", "those blue ring ones", "term blue-ring"],
    ["by words of a title", "worth spelling out", "content/questions/what-is-gup.mdx"],
    ["unless two are as good: then both are named", "some page", "none: page-table page-fault"],
    ["unless only a meaning says it", "lid", "none: box"],
    ["unless it is a slip: then the nearest is named", "gpu", "none: gup"],
    ["unless nobody knows a word of it", "how do I cook rice", "none: "],
    ["unless it is nothing", "?", "none: "],
  ];
  test.each(CASES)("%s: %s", (_, asked, expected) => {
    expect(found(asked)).toBe(expected);
  });

  test("each name of each term leads somewhere", () => {
    for (const { id, term, long } of TERMS) {
      for (const name of [id, term, long ?? id]) expect(found(name)).not.toMatch(/^none/);
    }
  });
});
