/** A drawing as a file, in every format that there is for its view. A part of its own, for who saves. */
import {
  type Blocks,
  blocksAt,
  ladderAt,
  mermaidFaults,
  toAscii,
  toDot,
  toMermaid,
  toMermaidBlocks,
  toRst,
  toSvg,
  toTrace,
  traceOf,
} from "../../diagrams/index.ts";
import { findStep, type Run, type Step } from "../../engine/index.ts";
import { type Drawing, drawingOf, type Shelf, type Wanted, WIDE } from "../lib/pictures.ts";
import type { Ending } from "./formats.ts";
import { nameOf } from "./hand-over.ts";
import { pngOf } from "./png.ts";

/** What is on screen, and how it is drawn. */
export interface FileWish {
  readonly shelf: Shelf;
  readonly run: Run;
  readonly wanted: Wanted;
}

interface Place extends Drawing {
  readonly run: Run;
  readonly step: Step;
  /** "send-request@send" */
  readonly address: string;
  readonly since: string | undefined;
}

type Made = { readonly ok: true; readonly text: string } | { readonly ok: false; message: string };

interface Maker {
  readonly type: string;
  readonly make: (place: Place) => Made | Promise<Blob>;
}

const SVG = "image/svg+xml";
const PNG = "image/png";

// biome-ignore format: one format a line
const MAKERS: Readonly<Record<Ending, Maker>> = {
  txt:        { type: "text/plain", make: ({ picture }) => toAscii(picture) },
  "site.svg": { type: SVG, make: (place) => svgOf(place, "site") },
  svg:        { type: SVG, make: (place) => svgOf(place, "kernel") },
  png:        { type: PNG, make: (place) => drawn(svgOf(place, "kernel"), 1) },
  "2x.png":   { type: PNG, make: (place) => drawn(svgOf(place, "kernel"), 2) },
  rst:        { type: "text/x-rst", make: rstOf },
  mmd:        { type: "text/plain", make: mermaidOf },
  dot:        { type: "text/vnd.graphviz", make: (place) => placed(place, toDot) },
  json:       { type: "application/json", make: traceText },
};

/** @returns the file, or why there is none: it checks itself before it is handed out */
export async function fileOf(
  { shelf, run, wanted }: FileWish,
  ending: Ending,
): Promise<{ readonly name: string; readonly blob: Blob } | string> {
  const { type, make } = MAKERS[ending];
  const step = findStep(run.steps, wanted.at);
  const drawing = drawingOf(shelf, run, { ...wanted, width: WIDE });
  if (!step) return "No such file.";
  if (typeof drawing === "string") return drawing;
  const address = `${nameOf(run)}@${step.label ?? step.number}`;
  try {
    const made = await make({ ...drawing, run, step, address, since: wanted.since });
    if (made instanceof Blob) return { name: `${fileWord(address)}.${ending}`, blob: made };
    if (!made.ok) return made.message;
    return {
      name: `${fileWord(address)}.${ending}`,
      blob: new Blob([made.text], { type }),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function svgOf({ picture, run, step, address }: Place, profile: "site" | "kernel"): Made {
  return toSvg(picture, {
    profile,
    title: run.flow.header.title,
    desc: step.caption.join(" ") || step.text,
    source: [address, document.documentElement.dataset.version].filter(Boolean).join(", "),
  });
}

async function drawn(svg: Made, scale: number): Promise<Blob> {
  if (!svg.ok) throw new Error(svg.message);
  return pngOf(svg.text, scale);
}

function rstOf(place: Place): Made {
  const { picture, run, step, address, view } = place;
  const drawing = toAscii(picture);
  if (!drawing.ok) return drawing;
  return toRst({
    figure: `${fileWord(address)}.svg`,
    alt: `${run.flow.header.title}: ${view} at ${step.label ?? step.number}`,
    caption: step.caption.join(" ") || run.flow.header.title,
    drawing: drawing.text,
  });
}

/** Mermaid places things itself, so it takes no picture. */
function mermaidOf(place: Place): Made {
  const { run, step, since, view } = place;
  if (view === "blocks" || view === "states") {
    return placed(place, (scene) => toMermaidBlocks(scene, view));
  }
  const made = ladderAt(run, { at: step.number, ...(since === undefined ? {} : { from: since }) });
  if (!made.ok) return made;
  const text = toMermaid(made.ladder);
  const [fault] = mermaidFaults(text, made.ladder);
  return fault === undefined ? { ok: true, text } : { ok: false, message: `Mermaid: ${fault}` };
}

/** So does Graphviz. */
function placed({ run, step, view }: Place, make: (scene: Blocks) => Made): Made {
  const found = blocksAt(run, { at: step.number, view: view === "states" ? "states" : "blocks" });
  return found.ok ? make(found.scene) : found;
}

/** A trace is of the whole run; the step on screen is where it is opened again. */
function traceText({ run, step }: Place): Made {
  return toTrace(traceOf({ run, flow: nameOf(run), seed: 1, picks: [], step }));
}

/** "send-request-send": nothing in a file's name that a system, a shell or Sphinx would not have. */
function fileWord(words: string): string {
  return words.replace(/[^\w.-]+/g, "-");
}
