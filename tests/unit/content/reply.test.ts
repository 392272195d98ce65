import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unspelled } from "../site/words-first.ts";

const TEXT = readFileSync(new URL("../../../content/reply.txt", import.meta.url), "utf8");
const LINES = TEXT.split("\n");
const OWN = LINES.filter((line) => !line.startsWith(">"));

/** The words of the review that the reply answers, in order; blank quoted lines and marks left out. */
const quoted = (depth: RegExp) =>
  LINES.filter((line) => depth.test(line))
    .map((line) => line.replace(/^[> ]+\+?/, ""))
    .join(" ")
    .split(/\s+/)
    .filter((word) => word !== "");

describe("the reply", () => {
  test("is 7-bit, at most 72 columns, and clean", () => {
    for (const line of LINES) {
      expect(line).toMatch(/^[\x20-\x7e]{0,72}$/);
      expect(line).not.toMatch(/ $/);
    }
    expect(TEXT).not.toMatch(/^\n|\n\n\n|[^\n]$|\n\n$/);
  });

  test("says no line that a mail program takes for something else", () => {
    for (const line of OWN) {
      expect(line).not.toMatch(/^\s*\w\S+:\s/); // a trailer
      expect(line).not.toMatch(/^\s*[|>:}#]/); // a quotation
      expect(line).not.toMatch(/>8|8</); // scissors
      expect(line).not.toMatch(/^(---|diff |Index: |From |-- $|@@ )/);
    }
  });

  test("begins with who wrote and quotes all of it, in order", () => {
    expect(LINES[0]).toBe("On Mon, 6 Aug 2018, Pavel Machek wrote:");
    expect(quoted(/^> (?!>)/).join(" ")).toBe(
      "spimdev is really unfortunate name. It looks like it has something to do with SPI, but " +
        'it does not. What is DPDK? ODP? Also "gup" might be worth spelling out. I went through ' +
        "the docs, but I still don't know what it does.",
    );
    const passages = quoted(/^> >/).join(" ");
    expect(passages).toMatch(/^WarpDrive is a common user space accelerator framework\./);
    expect(passages).toContain("design is too heavy for the accelerator which service thousands");
    expect(passages).toMatch(/again to solve this probl$/);
  });

  test("answers under each quotation, and briefly", () => {
    const answers = TEXT.split(/\n\n(?=>)/).map((part) =>
      part.split("\n").filter((line) => line !== "" && !line.startsWith(">")),
    );
    expect(answers.length).toBeGreaterThan(4);
    for (const answer of answers) {
      expect(answer.length).toBeGreaterThan(0);
      expect(answer.length).toBeLessThanOrEqual(24);
    }
  });

  test("places two drawings at most, each on a line of its own", () => {
    const placed = LINES.filter((line) => line.includes("{{"));
    expect(placed).toEqual([
      "{{drawing fork-cow@lost memory}}",
      "{{drawing send-request@done sequence}}",
    ]);
  });

  test("spells out what it uses, the quotations left aside", () => {
    const own = OWN.join(" ")
      .replace(/\s+/g, " ")
      .replace(/"[^"]*"/g, '""');
    expect(unspelled(own)).toEqual([]);
  });

  test("uses each reference and lists it", () => {
    const listed = OWN.filter((line) => /^\[\d\] https:\/\/\S+$/.test(line)).map((line) => line[1]);
    expect(listed).toEqual(["1", "2", "3", "4", "5"]);
    const prose = OWN.filter((line) => !line.startsWith("[")).join(" ");
    for (const number of listed) expect(prose).toContain(`[${number}]`);
  });
});
