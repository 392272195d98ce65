/** The formats of `wd export`: which views each is for, which options it takes, how it is made. */

import { basename } from "node:path";
import {
  type Blocks,
  type BlocksView,
  blocksAt,
  futureLadder,
  type Ladder,
  ladderAt,
  mermaidFaults,
  type Text,
  toAscii,
  toDot,
  toMermaid,
  toMermaidBlocks,
  toRst,
  toSvg,
  toTrace,
  traceOf,
  type View,
} from "../diagrams/index.ts";
import type { Run, Step } from "../engine/index.ts";
import { projectText } from "./content.ts";
import { addressOf, type Drawn, drawStep } from "./drawing.ts";
import type { PngPool } from "./png-pool.ts";
import { bad, no } from "./stop.ts";
import { flowName, type Story } from "./story.ts";

export interface ExportWish {
  readonly story: Story;
  readonly step: Step;
  readonly from?: Step | undefined;
  readonly other?: Run | undefined;
  readonly view?: View | undefined;
  readonly width?: number | undefined;
  readonly charset?: "ascii" | "unicode" | undefined;
  readonly profile?: "site" | "kernel" | undefined;
  readonly scale?: number | undefined;
  /** What the picture beside a reST text is called: "send.svg". */
  readonly figure?: string | undefined;
  /** Where somebody has drawn it before. */
  readonly drawn?: Drawn | undefined;
  /** Who draws PNGs; this thread where absent. */
  readonly pool?: PngPool | undefined;
}

export interface Made {
  readonly bytes: string | Uint8Array;
  readonly view: View;
  /** A file that has to lie beside it. */
  readonly beside?: { readonly name: string; readonly text: string };
}

export interface Format {
  readonly name: "ascii" | "svg" | "png" | "mermaid" | "dot" | "rst" | "trace";
  /** The ending of a file's name. */
  readonly ending: string;
  /** The only views that it is for; every view where absent. */
  readonly views?: readonly View[];
  /** Options that only some formats take, those of this one. */
  readonly takes: readonly string[];
  /** @throws Stop: 1 where a check or the width says no, 2 where there is nothing to draw */
  readonly make: (wish: ExportWish) => Promise<Made> | Made;
}

/** Options that are not for every format. */
export const PICKY = ["--profile", "--width", "--charset", "--for", "--scale", "--steps", "--if"];

// biome-ignore format: one format a line
export const FORMATS: readonly Format[] = [
  { name: "ascii",   ending: "txt",  takes: ["--width", "--charset", "--for", "--steps", "--if"], make: asciiOf },
  { name: "svg",     ending: "svg",  takes: ["--width", "--profile", "--steps", "--if"], make: svgOf },
  { name: "png",     ending: "png",  takes: ["--width", "--scale", "--steps", "--if"], make: pngOf },
  { name: "mermaid", ending: "mmd",  takes: ["--steps", "--if"], views: ["sequence", "blocks", "states", "space"], make: mermaidOf },
  { name: "dot",     ending: "dot",  takes: [], views: ["blocks", "states", "space"], make: dotOf },
  { name: "rst",     ending: "rst",  takes: ["--steps", "--if"], make: rstOf },
  { name: "trace",   ending: "json", takes: [], views: ["timeline"], make: traceText },
];

function asciiOf(wish: ExportWish): Made {
  const drawn = wish.drawn ?? drawStep(wish.story, wish);
  return { bytes: asciiText(wish, drawn), view: drawn.view };
}

function asciiText({ story, step, charset = "ascii" }: ExportWish, { picture }: Drawn): string {
  const text = toAscii(picture, { charset });
  if (!text.ok) throw no(`${addressOf(story, step)}: ${text.message}`);
  return text.text;
}

function svgOf(wish: ExportWish): Made {
  const drawn = wish.drawn ?? drawStep(wish.story, wish);
  return { bytes: svgText(wish, drawn), view: drawn.view };
}

function svgText({ story, step, profile = "kernel" }: ExportWish, { picture }: Drawn): string {
  const text = toSvg(picture, {
    profile,
    title: story.run.flow.header.title,
    desc: step.caption.join(" ") || step.text,
    source: `${addressOf(story, step)}, ${version()}`,
  });
  if (!text.ok) throw no(`${addressOf(story, step)}: ${text.message}`);
  return text.text;
}

let known: string | undefined;

/** "warpdrive-explained 0.1.0" */
function version(): string {
  if (known === undefined) {
    const { name, version: number } = JSON.parse(projectText("package.json"));
    known = `${name} ${number}`;
  }
  return known;
}

async function pngOf(wish: ExportWish): Promise<Made> {
  const { bytes, view } = svgOf({ ...wish, profile: "kernel" });
  const task = { svg: String(bytes), scale: wish.scale ?? 1 };
  if (wish.pool) return { bytes: await wish.pool.draw(task), view };
  const { toPng } = await import("./png.ts"); // the renderer is loaded for those who want it
  return { bytes: toPng(task.svg, task.scale), view };
}

function ladderOf({ story: { run }, step, from, other }: ExportWish): Ladder {
  if (other) return futureLadder(run, other, { step, from });
  const begin = from === undefined ? {} : { from: from.number };
  const made = ladderAt(run, { at: step.number, ...begin });
  if (!made.ok) throw bad(made.message);
  return made.ladder;
}

/** Mermaid places things itself, so it takes no picture. */
function mermaidOf(wish: ExportWish): Made {
  const { view } = wish;
  if (view === "blocks" || view === "states" || view === "space") {
    return {
      bytes: placed(wish, view, (scene) => toMermaidBlocks(scene, view)),
      view,
    };
  }
  const ladder = ladderOf(wish);
  const text = toMermaid(ladder);
  const [fault] = mermaidFaults(text, ladder);
  if (fault !== undefined) throw no(`${addressOf(wish.story, wish.step)}: Mermaid: ${fault}`);
  return { bytes: text, view: "sequence" };
}

/** So does Graphviz. */
function dotOf(wish: ExportWish): Made {
  const view = wish.view === "states" || wish.view === "space" ? wish.view : "blocks";
  return { bytes: placed(wish, view, toDot), view };
}

function placed(
  { story, step }: ExportWish,
  view: BlocksView,
  make: (scene: Blocks) => Text,
): string {
  const found = blocksAt(story.run, { at: step.number, view });
  if (!found.ok) throw bad(`${addressOf(story, step)}: ${found.message}`);
  const made = make(found.scene);
  if (!made.ok) throw no(`${addressOf(story, step)}: ${made.message}`);
  return made.text;
}

function rstOf(wish: ExportWish): Made {
  const { story, step } = wish;
  const drawn = wish.drawn ?? drawStep(story, wish);
  const name = wish.figure ?? `${fileWord(flowName(story.name))}-${fileWord(placeOf(step))}.svg`;
  const made = toRst({
    figure: basename(name),
    alt: `${story.run.flow.header.title}: ${drawn.view} at ${placeOf(step)}`,
    caption: step.caption.join(" ") || story.run.flow.header.title,
    drawing: asciiText(wish, drawn),
  });
  if (!made.ok) throw no(`${addressOf(story, step)}: ${made.message}`);
  const beside = { name, text: svgText({ ...wish, profile: "kernel" }, drawn) };
  return { bytes: made.text, view: drawn.view, beside };
}

function placeOf({ label, number }: Step): string {
  return label ?? number;
}

/** Nothing in a file's name that a system, a shell or Sphinx would not have. */
export function fileWord(words: string): string {
  return words.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "x";
}

/** A trace is of the whole run; the step on screen is where it is opened again. */
function traceText({ story, step }: ExportWish): Made {
  const { run, name, seed, picks } = story;
  const made = toTrace(traceOf({ run, flow: flowName(name), seed, picks, step }));
  if (!made.ok) throw no(`${addressOf(story, step)}: ${made.message}`);
  return { bytes: made.text, view: "timeline" };
}
