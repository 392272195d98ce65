/** A legend speaks of what its form shows: characters in a text, widths and strokes where it is drawn. */

import { expect, test } from "vitest";
import { draw, type Picture, toAscii, toSvg, type View } from "../../../diagrams/index.ts";
import { keySteps, NAMES, runOf } from "./runs.ts";

const LETTER = /^a letter's width is \d/;
const SIGN = /^ {2}one # is \d/m;

function pictureOf(name: string, view: View, width = 72): Picture | undefined {
  const run = runOf(name);
  const [step = run.steps.at(-1)] = keySteps(run);
  const drawn = draw(run, { at: step?.number ?? "0", view, width });
  return drawn.ok ? drawn.picture : undefined;
}

function asText(picture: Picture): string {
  const made = toAscii(picture);
  if (!made.ok) throw new Error(made.message);
  return made.text;
}

/** The words of an SVG, an element a line. */
function asDrawn(picture: Picture): readonly string[] {
  const made = toSvg(picture, { profile: "kernel", title: "A title", desc: "Words." });
  if (!made.ok) throw new Error(made.message);
  return [...made.text.matchAll(/<text [^>]*>([^<]*)</g)].map(([, words = ""]) => words);
}

const BARS = NAMES.flatMap((name) =>
  (["timeline", "chart"] as const).map((view) => [name, view] as const),
);

test.each(BARS)("%s, %s: signs are explained where there are signs", (name, view) => {
  for (const width of [40, 72]) {
    const picture = pictureOf(name, view, width);
    if (!picture) continue;
    const words = asDrawn(picture);
    expect(words.filter((line) => /#|~~|^\. is/.test(line))).toEqual([]);
    const hasSigns = SIGN.test(asText(picture));
    expect(words.some((line) => LETTER.test(line))).toBe(hasSigns);
    expect(asText(picture)).not.toMatch(/letter's/);
  }
});

test("what is folded is told in both, by its own mark", () => {
  const picture = pictureOf("uacce-poll", "timeline");
  if (!picture) throw new Error("no picture");
  const told = "in which nothing begins or ends";
  expect(asText(picture).replace(/\s+/g, " ")).toMatch(
    new RegExp(`one # is .*; ~~ is [^;]* ${told}`),
  );
  expect(asDrawn(picture).join(" ")).toMatch(
    new RegExp(`letter's width is [^;]*; \\\\ is [^;]* ${told}`),
  );
});

test("a crash among the answers of a table is no errno, and is told apart from one", () => {
  const told = (name: string, at: string) => {
    const drawn = draw(runOf(name), { at, view: "states" });
    return drawn.ok ? asText(drawn.picture) : drawn.message;
  };
  expect(told("no-domain", "@crash")).toMatch(/ BUG[\s\S]*\n {2}BUG is a crash of the kernel\.\n/);
  expect(told("open-a-queue", "@mapped")).not.toContain("BUG");
});
