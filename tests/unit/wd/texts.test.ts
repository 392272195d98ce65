import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GET } from "../../../site/pages/reply/index.txt.ts";
import { findings } from "../../../wd/draft.ts";
import { TERMS } from "../content/pages.ts";
import { readingOfText, unspelled } from "../site/words-first.ts";
import { file, ROOT, wd } from "./shell.ts";

const slugs = (folder: string) =>
  readdirSync(`${ROOT}content/${folder}`).map((name) => name.replace(/\.mdx$/, ""));

describe("reply", () => {
  test("is byte for byte what the site serves", async () => {
    const response = await GET({} as Parameters<typeof GET>[0]);
    const said = await wd(["reply"]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    expect(said.out).toBe(await response.text());
  });

  test("is a mail that arrives as it is, with its drawing", async () => {
    const { out } = await wd(["reply"]);
    expect(findings(out, 72, { for: "mail" })).toEqual([]);
    expect(out).toMatch(/store doorbell/);
    expect(out).not.toContain("{{");
  });
});

describe("ask", () => {
  test.each([...slugs("questions"), ...slugs("concepts")])(
    "%s is a text for a mail",
    async (slug) => {
      const said = await wd(["ask", slug]);
      expect(said).toMatchObject({ exit: 0, err: "" });
      expect(findings(said.out, 72, { for: "mail" })).toEqual([]);
      expect(said.out).not.toMatch(/<\w|`|\]\(/);
      expect(said.out).toMatch(/\nSources\n\n- /);
      const [own = ""] = said.out.split(/[ (\n]/);
      expect(unspelled(readingOfText(said.out), [own])).toEqual([]);
    },
  );

  /** What is typed, and a line of the answer. */
  const ASKED: readonly (readonly [argv: readonly string[], line: RegExp])[] = [
    [["gup"], /^gup \(get_user_pages\(\)\)$/m],
    [["GUP"], /^gup \(get_user_pages\(\)\)$/m],
    [["get_user_pages"], /^gup \(get_user_pages\(\)\)$/m],
    [["get_user_pages()"], /^gup \(get_user_pages\(\)\)$/m],
    [["I/O memory management unit"], /^IOMMU \(I\/O memory management unit\)$/m],
    [["what", "is", "dpdk?"], /^> What is DPDK\?$/m],
    [["what is dpdk?"], /^> What is DPDK\?$/m],
    [["What is DPDK?"], /^> What is DPDK\?$/m],
    [["what-is-dpdk"], /^> What is DPDK\?$/m],
    [["DPDK"], /^DPDK \(Data Plane Development Kit\)$/m],
    [["What does HVF stand for?"], /^HVF \(not spelled out/m],
    [["why is spimdev a bad name?"], /^> spimdev is really unfortunate name\./m],
    [["I still don't know what it does"], /^> I went through the docs/m],
    [["copy-on-write"], /^COW \(copy-on-write\)$/m],
    [["what is a doorbell"], /^doorbell$/m],
    [["footnote"], /^> \.\. \[1\] Accroding/m],
  ];
  test.each(ASKED)("%j is understood", async (argv, line) => {
    const said = await wd(["ask", ...argv]);
    expect(said).toMatchObject({ exit: 0, err: "" });
    expect(said.out).toMatch(line);
  });

  test.each(TERMS.map(({ id, term }) => [id, term] as const))(
    "%s is answered, under its name too",
    async (id, term) => {
      const said = await wd(["ask", id]);
      expect(said).toMatchObject({ exit: 0, err: "" });
      expect(findings(said.out, 72, { for: "mail" })).toEqual([]);
      expect((await wd(["ask", term])).out).toBe(said.out);
    },
  );

  test("a term leads to the stories in which one sees it, and each command works", async () => {
    const { out } = await wd(["ask", "fork"]);
    expect(out).toMatch(/^Stories$/m);
    const [, stories = ""] = /^Stories\n\n(.*?)\n\n/ms.exec(out) ?? [];
    const commands = [...stories.matchAll(/^ {2}wd (show \S+)$/gm)].map(([, line = ""]) => line);
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) expect((await wd(command.split(" "))).exit).toBe(0);
  });

  test("what several answer is not guessed: they are named", async () => {
    const said = await wd(["ask", "memory"]);
    expect(said).toMatchObject({ exit: 2, out: "" });
    expect(said.err).toMatch(
      /^wd ask: no answer to "memory"; near it: ("wd ask [\w-]+", ){2}"wd ask [\w-]+"\n$/,
    );
  });

  test("a drawing says where it is from, and that command works", async () => {
    const { out } = await wd(["ask", "what-does-it-do"]);
    const [, command = ""] = /^ {2}wd (show .*)$/m.exec(out) ?? [];
    expect((await wd(command.split(" "))).exit).toBe(0);
    const { out: linked } = await wd(["ask", "what-does-it-do"], {
      siteUrl: "https://example.org/",
    });
    expect(linked).toMatch(/^ {2}https:\/\/example\.org\/flows\/[\w-]+\/#[\w-]+$/m);
  });

  test("a link is a command, or an address where the site has one", async () => {
    const { out } = await wd(["ask", "what-does-footnote-1-say"]);
    expect(out.replace(/\s+/g, " ")).toContain("the question about gup (wd ask what-is-gup).");
  });

  test("a term is spelled out where it is first used, and not again", async () => {
    const { out } = await wd(["ask", "gup"]);
    expect(out.match(/VFIO \(Virtual Function I\/O\)/g)?.length).toBe(1);
    expect(out.match(/\bVFIO\b/g)?.length).toBeGreaterThan(1);
  });
});

describe("lint", () => {
  test("says file, line, column, rule, who minds it and how to mend", async () => {
    const draft = file("draft.txt", "Hello,\n\n  | a box\n\nState: open\tnow\n");
    const said = await wd(["lint", draft]);
    expect(said).toMatchObject({ exit: 1, err: "" });
    const lines = said.out.trimEnd().split("\n");
    expect(lines.map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      "./draft.txt:3:3: no quotation",
      "./draft.txt:5:12: no tab",
      "./draft.txt:5:1: no trailer",
    ]);
    expect(lines[0]).toMatch(/mutt takes the line for a quotation .* begin the line with/);
  });

  test("a clean draft is said nothing of, and several files are told apart", async () => {
    const clean = file("clean.txt", "> |what was asked:\n\nAn answer.\n");
    expect(await wd(["lint", clean])).toEqual({ exit: 0, out: "", err: "" });
    const other = file("other.txt", "bad \n");
    const { out } = await wd(["lint", clean, other]);
    expect(out).toMatch(/^\.\/other\.txt:1:4: no trailing blank: .*\n$/);
  });

  /** A draft, and the rules that it breaks. */
  const DRAFTS: readonly (readonly [sentence: string, draft: string, rules: readonly string[]])[] =
    [
      ["trailers that are meant stay", "Yes.\n\nReviewed-by: A B <a@b.c>\n", []],
      ["other words with a colon do not", "Note: this\n", ["no trailer"]],
      ["a signature at the end stays", "Yes.\n\n-- \nA B\n", []],
      [
        "a mark with much below is none",
        "Yes.\n-- \na\nb\nc\nd\ne\n",
        ["no trailing blank", "no signature"],
      ],
      ["an address alone may be wide", `See\n[1] https://${"x".repeat(80)}\n`, []],
      ["beside words it may not", `See https://${"x".repeat(80)}\n`, ["width"]],
      ["CR LF is said once", "a\r\nb\r\n", ["line ends"]],
      ["a CR inside is not 7-bit", "a\rb\n", ["7-bit"]],
      ["a comment of git is named once", "#define QD 8\n", ["no comment"]],
      ["indented it is mutt's", "  # head\n", ["no quotation"]],
      ["nothing is nothing to send", "", ["not empty"]],
      ["a paragraph in one line is too wide and no more", `${"word ".repeat(400)}end\n`, ["width"]],
      ["blanks without end", `${" ".repeat(300_000)}\n`, ["no trailing blank", "width"]],
      ["a blank behind a word too far out", `${"x".repeat(5_000)} \n`, ["width"]],
      ["no newline at the end", "a", ["ends in one newline"]],
    ];
  test.each(DRAFTS)("%s", (_, draft, rules) => {
    const found = findings(draft, 72, { for: "mail" });
    expect(found.map((line) => line.split(": ")[1])).toEqual(rules);
  });

  test("the width and the characters are what was asked for", async () => {
    const draft = file("wide.txt", `caf\u00e9 ${"x".repeat(68)}\n`);
    expect((await wd(["lint", draft])).out.match(/: (width|7-bit): /g)).toEqual([
      ": 7-bit: ",
      ": width: ",
    ]);
    const asked = ["lint", draft, "--width", "75", "--charset", "unicode"];
    expect(await wd(asked)).toEqual({ exit: 0, out: "", err: "" });
  });

  // biome-ignore format: one character a line
  const UNSEEN = [
    ["a\u00a0b\n",   "1:2: 7-bit: U+00A0, a no-break space: "],
    ["\ufeffHello\n", "1:1: 7-bit: U+FEFF, a byte order mark: "],
    ["a\r\nb\n",     "1:2: 7-bit: U+000D, a carriage return: "],
    ["a \u201cb\n",   '1:3: 7-bit: U+201C, a quote for ": '],
    ["\u{1f600}\n",   "1:1: 7-bit: U+1F600: "],
  ] as const;
  test.each(UNSEEN)("%j: a character that nobody sees is named", (draft, said) => {
    expect(findings(draft, 72, { for: "mail" })[0]?.startsWith(said)).toBe(true);
  });

  test("git, checkpatch and mutt are named for a '#', and how to keep it", () => {
    const [said = ""] = findings("x\n#define QD 8\n", 72, { for: "commit" });
    expect(said).toMatch(
      /^2:1: no comment: .*git drops .*checkpatch .*mutt .*--cleanup=whitespace/,
    );
  });

  test("--for commit allows the Link: lines at its end", async () => {
    const draft = file("commit.txt", "area: do it\n\nBecause.\n\nLink: https://example.org/a\n");
    expect((await wd(["lint", "--for", "commit", draft])).exit).toBe(0);
  });
});
