import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Run, runFlow } from "../../../engine/index.ts";
import {
  fill,
  fillReply,
  printPage,
  printTerm,
  quotation,
  type Term,
} from "../../../text/index.ts";
import { readPage } from "../../../text/page.ts";

const TERMS: readonly Term[] = [
  { id: "gup", term: "gup", long: "get_user_pages()", meaning: "It pins.", href: "/concepts/gup/" },
  { id: "ring", term: "ring", meaning: "An array used in a circle." },
];

const library = new Map(
  ["send-request-ioctl"].map((name) => [
    name,
    readFileSync(new URL(`../../../content/flows/${name}.flow`, import.meta.url), "utf8"),
  ]),
);

function runOf(name: string): Run {
  const result = runFlow({ text: library.get(name) ?? "", file: name }, library);
  if (!result.ok) throw new Error(`no ${name}`);
  return result.run;
}

const HEAD =
  "term: X\nlong: Ex\nshort: An X.\ngroup: own\norder: 1\ntoday: It is `gone`.\nsources:\n  - text: S\n    url: https://x.org\n";

/** The body of a page in plain text, without what stands above and below it. */
function body(text: string, siteUrl?: string): string {
  const page = readPage("content/concepts/x.mdx", `---\n${HEAD}---\n\n${text}\n`);
  const printed = printPage(page, { terms: TERMS, runOf, siteUrl });
  return printed.slice("X (Ex)\n\n".length, printed.indexOf("\nToday\n"));
}

describe("a body in plain text", () => {
  /** What it says, and how it is printed. */
  const CASES: readonly (readonly [sentence: string, text: string, printed: string])[] = [
    ["a paragraph", "One\ntwo.", "One two.\n"],
    ["a list stands together", "A:\n\n- one\n- two\n\nB.", "A:\n\n- one\n- two\n\nB.\n"],
    ["code loses its marks, and keeps its stars", "Use `*x*`.", "Use *x*.\n"],
    ["emphasis loses its marks", "It is *so* and **so**.", "It is so and so.\n"],
    ["a star alone is one", "2 * 3 * 4", "2 * 3 * 4\n"],
    [
      "a term is spelled out once",
      '<Term id="gup">gup</Term> and <Term id="gup" />.',
      "gup (get_user_pages()) and gup.\n",
    ],
    [
      "a term that says its long form is not",
      '<Term id="gup">get_user_pages</Term>',
      "get_user_pages\n",
    ],
    ["a plain word has no long form", 'A <Term id="ring">ring</Term>.', "A ring.\n"],
    [
      "a claim is its words",
      '<Claim flow="f" at="a">It never is.</Claim> So.',
      "It never is. So.\n",
    ],
    ["a link to a question", "See [it](/questions/q/).", "See it (wd ask q).\n"],
    ["a link to a term", "See [it](/concepts/#ring).", "See it (wd ask ring).\n"],
    ["a link to a step", "See [it](/flows/f/#done).", "See it (wd show f@done).\n"],
    ["a link to the reply", "See [it](/reply/).", "See it (wd reply).\n"],
    ["a link to a place without a command", "See [it](/concepts/).", "See it.\n"],
    ["a link elsewhere", "See [it](https://x.org/a).", "See it (https://x.org/a).\n"],
  ];
  test.each(CASES)("%s", (_, text, printed) => {
    expect(body(text)).toBe(printed);
  });

  test("where the site has an address, links have it", () => {
    expect(body("See [it](/questions/q/).", "https://s.org/")).toBe(
      "See it (https://s.org/questions/q/).\n",
    );
  });

  test("a flow is its drawing, and where that is from", () => {
    const printed = body('A.\n\n<Flow name="send-request-ioctl" at="done" from="send" />\n\nB.');
    expect(printed).toMatch(/^A\.\n\n {2,}.*app +kernel/);
    expect(printed).toMatch(
      /\n\nDrawn from the story "The same request with one ioctl each",\n {2}wd show send-request-ioctl@done\n\nB\.\n$/,
    );
  });

  test("what nobody knows is refused", () => {
    const file = "content/concepts/x.mdx";
    expect(() => body("<Card>no</Card>")).toThrow(
      `${file}: expected Term, Claim or Flow, found <Card>`,
    );
    expect(() => body('<Term id="x">x</Term>')).toThrow(
      `${file}: content/terms.json has no term "x"`,
    );
    expect(() => body('<Flow name="send-request-ioctl" />')).toThrow(
      `${file}: expected a flow's name and the step it rests at`,
    );
    expect(() => body('<Flow name="send-request-ioctl" at="sned" />')).toThrow(
      `${file}: send-request-ioctl has no step @sned; it has @open @send @done`,
    );
  });
});

describe("a page", () => {
  const SOURCES =
    "sources:\n  - text: The review\n    url: https://x.org/1\n  - text: A book\n    url: https://x.org/2\n";
  const FLOW = "flow:\n  name: send-request-ioctl\n  at: done\n  from: send\n";
  const print = (file: string, text: string) =>
    printPage(readPage(file, text), { terms: TERMS, runOf });

  test("of a question is a mail that answers", () => {
    const head = `title: "Why?"\nquoted: true\nasked:\n  who: A B\n  when: 2018-08-06\n  list: https://x.org/1\n  note: Asked aside.\nshort: S.\nthread: review\ntopics: [words]\norder: 1\noutcome: Nothing.\n`;
    expect(print("content/questions/q.mdx", `---\n${head}${SOURCES}---\nSo.\n`)).toBe(
      [
        "On Mon, 6 Aug 2018, A B wrote:\n",
        "> Why?\n",
        "(Asked aside.)\n",
        "So.\n",
        "What came of it\n",
        "Nothing.\n",
        "Sources\n",
        "- The mail\n  https://x.org/1\n- A book\n  https://x.org/2\n",
      ].join("\n"),
    );
    const ours = head.replace("quoted: true", "quoted: false");
    expect(print("content/questions/q.mdx", `---\n${ours}${SOURCES}---\nSo.\n`)).toMatch(
      /^On Mon, 6 Aug 2018, A B asked, in our words:\n\n> Why\?\n/,
    );
  });

  test("of a term spells it out in its head, and not again", () => {
    const head =
      "term: gup\nlong: get_user_pages()\nshort: S.\ngroup: review\norder: 1\ntoday: Used.\nconfused:\n  - with: mlock()\n    text: That holds addresses.\n";
    const text = `---\n${head}${SOURCES}---\n<Term id="gup">gup</Term> pins.\n`;
    expect(print("content/concepts/gup.mdx", text)).toBe(
      [
        "gup (get_user_pages())\n",
        "gup pins.\n",
        "Today\n",
        "Used.\n",
        "Not to be confused with\n",
        "- mlock(): That holds addresses.\n",
        "Sources\n",
        "- The review\n  https://x.org/1\n- A book\n  https://x.org/2\n",
      ].join("\n"),
    );
  });

  test("shows the drawing of its head once, where its body has none", () => {
    const drawings = (text: string) =>
      print("content/concepts/x.mdx", `---\n${HEAD}${FLOW}---\n${text}\n`).match(/^Drawn from/gm);
    expect(drawings("Words.")).toHaveLength(1);
    expect(drawings('<Flow name="send-request-ioctl" at="done" />')).toHaveLength(1);
  });

  test("draws from where it is asked to", () => {
    const from = body('<Flow name="send-request-ioctl" at="done" from="send" />');
    const whole = body('<Flow name="send-request-ioctl" at="done" />');
    expect(whole).toContain("open /dev/hisi_zip-0");
    expect(from).not.toContain("open /dev/hisi_zip-0");
    expect(from).toContain("ioctl COMPRESS");
  });
});

test("a term without a page is its names and its meaning", () => {
  expect(TERMS.map((term) => printTerm(term, { runOf }))).toEqual([
    "gup (get_user_pages())\n\nIt pins.\n",
    "ring\n\nAn array used in a circle.\n",
  ]);
});

test("a term leads to the stories in which one sees it", () => {
  const term = { id: "x", term: "X", meaning: "It is.", stories: ["send-request-ioctl"] };
  expect(printTerm(term, { runOf })).toBe(
    "X\n\nIt is.\n\nStories\n\n- The same request with one ioctl each\n  wd show send-request-ioctl\n",
  );
  expect(printTerm(term, { runOf, siteUrl: "https://s.org" })).toContain(
    "\n  https://s.org/flows/send-request-ioctl/\n",
  );
});

describe("lines", () => {
  const words = "aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq rr ss tt uu vv ww xx yy";

  test("have 72 columns, and are indented below a mark", () => {
    expect(fill(words)).toBe(`${words.slice(0, 71)}\n${words.slice(72)}\n`);
    expect(fill(words, "- ")).toBe(`- ${words.slice(0, 68)}\n  ${words.slice(69)}\n`);
  });

  test("a word that is too wide has one to itself", () => {
    const wide = `https://x.org/${"a".repeat(70)}`;
    expect(fill(`See ${wide} and go.`)).toBe(`See\n${wide}\nand go.\n`);
  });

  test('none but the first begins with "From "', () => {
    expect(fill(`${words.slice(0, 71)} From here`)).toBe(
      `${words.slice(0, 68)}\nyy From here\n`.replace("yy", words.slice(69, 71)),
    );
  });

  test("a quotation keeps its own lines, and one line is broken", () => {
    expect(quotation("a\n\nb")).toBe("> a\n>\n> b\n");
    expect(quotation(words)).toBe(`> ${words.slice(0, 68)}\n> ${words.slice(69)}\n`);
  });
});

describe("the reply", () => {
  test("has drawings where it asks for them, and else every line as it is", () => {
    const filled = fillReply("a\n\n{{drawing send-request-ioctl@done sequence}}\n\n b \n", runOf);
    expect(filled).toMatch(/^a\n\n {2,}.*app +kernel[\s\S]*\n\n b \n$/);
    expect(filled).not.toContain("The same request");
  });

  test("asks in no other words", () => {
    expect(() => fillReply("a\n{{drawing x}}\n", runOf)).toThrow(
      "content/reply.txt:2: expected {{drawing FLOW@LABEL VIEW}}, found {{drawing x}}",
    );
  });
});
