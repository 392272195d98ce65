import { describe, expect, test } from "vitest";
import { documentClaims, errorsOf, printDocument, readTemplate } from "../../../text/index.ts";
import { projectText } from "../../../wd/content.ts";
import { provenRun } from "../../../wd/story.ts";

const FILE = "content/document/warpdrive.rst";
const read = (text: string) => readTemplate(text, "x.rst");
const runOf = provenRun();

describe("reading", () => {
  test("a block has its notes, and they end with it", () => {
    const blocks = read(".. mends: why\n.. holds: a@b:1 c@d:2\n\nOne.\nTwo.\n\nThree.\n");
    expect(blocks).toEqual([
      {
        kind: "text",
        lines: ["One.", "Two."],
        line: 4,
        mends: "why",
        holds: [
          { flow: "a", at: "b", sentence: 1 },
          { flow: "c", at: "d", sentence: 2 },
        ],
      },
      { kind: "text", lines: ["Three."], line: 7, holds: [] },
    ]);
  });

  test("what is indented belongs to what stands before it", () => {
    expect(read("Calls::\n\n  int a;\n\n  int b;\n\nNext.\n")).toMatchObject([
      { lines: ["Calls::", "", "  int a;", "", "  int b;"] },
      { lines: ["Next."] },
    ]);
  });

  // biome-ignore format: one case a line
  const WRONG: readonly (readonly [text: string, error: RegExp])[] = [
    [".. holds: nothing\n\nA.\n",               /^x\.rst:1: expected FLOW@LABEL:SENTENCE, found nothing$/],
    ["A.\n\n.. figure: send\n   Words.\n",      /^x\.rst:3: expected \.\. figure: FLOW@LABEL VIEW/],
    [".. errors:\n   a call and no place\n",    /^x\.rst:1: expected CALL \| FLOW@LABEL \| WHEN/],
    ["A.\n\n.. mends: nothing follows\n",       /^x\.rst: a comment at the end belongs to no block$/],
  ];
  test.each(WRONG)("%j is refused", (text, error) => {
    expect(() => read(text)).toThrow(error);
  });
});

describe("printing", () => {
  const print = (text: string) => printDocument(read(text), runOf);

  test("an errno comes from the step, and a call that has none there is refused", () => {
    const row = { call: "wd_send", flow: "ring-full", at: "full", when: "it is full" };
    expect(errorsOf([row], runOf)).toEqual([
      { call: "wd_send", errno: "-EBUSY", when: "it is full" },
    ]);
    expect(() => errorsOf([{ ...row, at: "first" }], runOf)).toThrow(/no errno of wd_send/);
    expect(() => errorsOf([{ ...row, call: "wd_recv" }], runOf)).toThrow(/no errno of wd_recv/);
  });

  test("a place that is not there, or says another errno, stops it", () => {
    expect(() => print(".. holds: ring-full@nowhere:1\n\nA.\n")).toThrow(/has no @nowhere/);
    expect(() => print(".. holds: ring-full@full:2\n\nA.\n")).toThrow(/no sentence 2/);
    expect(() => print(".. holds: ring-full@full:1\n\nIt gives -EIO.\n")).toThrow(/says EIO/);
    expect(() => print(".. holds: ring-full@full:1\n\nA. It gives -EBUSY.\n")).toThrow(
      /nothing proves the sentence with EBUSY/,
    );
    expect(print(".. holds: ring-full@full:1\n\nIt gives -EBUSY.\n")).toBe("It gives -EBUSY.\n");
  });

  test("a figure is a caption and a literal block", () => {
    const [caption, blank, ...lines] = print(".. figure: ring-full@full rings\n   A ring.\n").split(
      "\n",
    );
    expect([caption, blank]).toEqual(["A ring::", ""]);
    expect(lines.slice(0, -1).every((line) => line === "" || line.startsWith("  "))).toBe(true);
    expect(lines.join("\n")).toContain("15 of 16 used");
  });
});

describe("the document", () => {
  const blocks = readTemplate(projectText(FILE), FILE);
  const rst = printDocument(blocks, runOf);
  const lines = rst.split("\n");

  test("is 7-bit, at most 78 columns, without tabs, trailing blanks or notes of ours", () => {
    expect(rst).toMatch(/^[\n -~]*$/);
    expect(lines.filter((line) => line.length > 78 || /\s$/.test(line))).toEqual([]);
    expect(rst).not.toMatch(/^\.\. (mends|holds|figure|errors)/m);
  });

  test("begins with its licence and what WarpDrive does", () => {
    expect(lines[0]).toBe(".. SPDX-License-Identifier: GPL-2.0");
    expect(rst.indexOf("without a system call")).toBeLessThan(500);
  });

  test("says of nearly every block what it mends", () => {
    const prose = blocks.filter(({ kind, line }) => kind === "text" && line > 1);
    const mended = blocks.filter(({ mends }) => mends !== undefined);
    expect(mended.length).toBeGreaterThan(20);
    expect(mended.length).toBeGreaterThan(prose.length / 3);
  });

  test("uses every reference that it lists, and lists every one that it uses", () => {
    const listed = [...rst.matchAll(/^\.\. \[(\d+)\] /gm)].map(([, number]) => number);
    const used = [...rst.matchAll(/\[(\d+)\]_/g)].map(([, number]) => number);
    expect(listed.length).toBeGreaterThan(4);
    expect([...new Set(used)].sort()).toEqual([...listed].sort());
  });

  test("copies no line of the reviewed document", () => {
    const review = projectText("content/reply.txt");
    const quoted = [...review.matchAll(/^> > \+(.{30,})$/gm)].map(([, line = ""]) => line.trim());
    expect(quoted.length).toBeGreaterThan(5);
    expect(quoted.filter((line) => rst.includes(line))).toEqual([]);
  });

  test("claims what its places say, and no errno where none is said", () => {
    const claims = documentClaims(blocks);
    expect(claims.length).toBeGreaterThan(25);
    const said = claims.filter(({ text }) => text.includes("EBUSY"));
    expect(said.map(({ flow, at }) => `${flow}@${at}`)).toEqual(["ring-full@full"]);
  });
});
