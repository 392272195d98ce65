/** Every flow, view and key frame as a receiver of the mail reads it, drawn from the engine. */

import { readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  breaches,
  draw,
  ladderAt,
  MORE_VIEWS,
  toAscii,
  toMermaid,
  toSvg,
  type View,
  viewsOf,
} from "../../../diagrams/index.ts";
import type { Run, Step } from "../../../engine/index.ts";
import { agrees } from "./golden-file.ts";
import { keySteps, NAMES, runOf } from "./runs.ts";

const FOLDER = new URL("../golden/flows/", import.meta.url);

interface Case {
  readonly name: string;
  readonly run: Run;
  readonly step: Step;
  readonly view: View;
}

/** What a page fetches late has its files where the story rests, and its SVGs with the layouts. */
const isLate = (view: View) => view in MORE_VIEWS;

const CASES: readonly Case[] = NAMES.flatMap((name) => {
  const run = runOf(name);
  return keySteps(run).flatMap((step, at) =>
    viewsOf(run)
      .filter((view) => at === 0 || !isLate(view))
      .filter((view) => draw(run, { at: step.number, view }).ok)
      .map((view) => ({ name, run, step, view })),
  );
});

/** What this file has asked for: anything else in the folder is left over. */
const asked = new Set<string>();

function expected(file: string, text: string): void {
  asked.add(file);
  agrees(FOLDER, file, text);
}

function pictureOf({ run, step, view }: Case, width: number) {
  const drawn = draw(run, { at: step.number, view, width });
  if (!drawn.ok) throw new Error(drawn.message);
  return drawn.picture;
}

const TITLES = CASES.map((some) => [`${some.name}@${some.step.label}`, some.view, some] as const);

describe.each([72, 40])("at %i columns", (width) => {
  test.each(TITLES)("%s as %s reads as its golden", (_title, view, some) => {
    const file = `${some.name}.${some.step.label}.${view}.${width}.txt`;
    const drawn = draw(some.run, { at: some.step.number, view, width });
    if (!drawn.ok && drawn.kind === "narrow" && isLate(view)) {
      expected(file, `${drawn.message}\n`); // what is refused is told as it is to a reader
      return;
    }
    const text = toAscii(pictureOf(some, width));
    if (!text.ok) throw new Error(text.message);
    expect(breaches(text.text, width, { for: "mail" })).toEqual([]);
    expected(file, text.text);
  });
});

/** The pictures at rest: the first key frame of each flow. The texts show the others. */
const AT_REST = TITLES.filter(
  ([, view, { run, step }]) => keySteps(run)[0] === step && !isLate(view),
);

test.each(AT_REST)("%s as %s is its golden as kernel SVG", (title, view, some) => {
  const picture = pictureOf(some, 72);
  const svg = toSvg(picture, {
    profile: "kernel",
    title: picture.labels[0] ?? title,
    desc: some.step.caption.join("\n") || some.step.text,
    source: `wd show ${title}`,
  });
  if (!svg.ok) throw new Error(svg.message);
  expect(svg.text).not.toMatch(/var\(|foreignObject|<script|<style| on\w+=|:root|style=/);
  expected(`${some.name}.${some.step.label}.${view}.kernel.svg`, svg.text);
});

const LADDERS = AT_REST.filter(([, view]) => view === "sequence");

test.each(LADDERS)("%s as Mermaid source reads as its golden", (_title, _view, some) => {
  const made = ladderAt(some.run, { at: some.step.number });
  if (!made.ok) throw new Error(made.message);
  expected(`${some.name}.${some.step.label}.mmd`, toMermaid(made.ladder));
});

test("Mermaid itself reads every ladder", async () => {
  const { default: mermaid } = await import("mermaid");
  for (const [title, view, { run, step }] of TITLES) {
    if (view !== "sequence") continue;
    const made = ladderAt(run, { at: step.number });
    const source = made.ok ? toMermaid(made.ladder) : "";
    expect(await mermaid.parse(source, { suppressErrors: true }), title).toBeTruthy();
  }
}, 60_000);

test("no golden is left over from a flow, a step or a view that is gone", () => {
  const left = readdirSync(FOLDER).filter((file) => !asked.has(file));
  if (process.env.UPDATE_GOLDEN === "1") for (const file of left) rmSync(new URL(file, FOLDER));
  else expect(left).toEqual([]);
});
