/** Between the pages and the engine: a story by its name, its steps, and its drawings as text. */
import { ALL_VIEWS, viewsOf } from "../../diagrams/index.ts";
import { DEFECTS, type Defect, findStep, type Run, type Step } from "../../engine/index.ts";
import { fillReply } from "../../text/index.ts";
import { countsOf } from "./counts.ts";
import { inked } from "./inked.ts";
import { LIBRARY, runOf } from "./library.ts";
import { drawingOf, NARROW, PARTS, type View, WIDE } from "./pictures.ts";
import { textOf } from "./plain.ts";

export type { View };

export interface Story {
  readonly name: string;
  readonly title: string;
  /** Framework and kernel: "spimdev, Linux v4.18". */
  readonly about: string;
  readonly run: Run;
  /** The steps of the story; what ran before is not among them. */
  readonly lines: readonly Step[];
  readonly views: readonly View[];
  readonly source: string;
}

/** What stands for a framework that is none of WarpDrive's. */
const PLAIN: { readonly [framework: string]: string } = {
  hvf: "VFIO and virtual functions, without WarpDrive",
  ioctl: "a plain driver",
  mdev: "a vendor driver",
};

/** One drawing at its full width, as HTML, and as plain text for phones. */
export interface Frame {
  readonly wide: string;
  readonly narrow?: string;
}

export function storyNames(): readonly string[] {
  return [...LIBRARY.keys()];
}

/** @param page the file that wants it, for errors */
export function story(name: string, page: string): Story {
  const run = runOf(name, page);
  const { title, framework, kernel } = run.flow.header;
  return {
    name,
    title,
    about: `${PLAIN[framework] ?? framework}, Linux ${kernel}`,
    run,
    lines: run.steps.filter(({ number }) => number !== "0"),
    views: viewsOf(run),
    source: LIBRARY.get(name) ?? "",
  };
}

/** What a reader may mend in this story: defects of its framework that the model has. */
export function defectsOf({ run }: Story): readonly (readonly [name: string, what: string])[] {
  const { framework, mended } = run.flow.header;
  return Object.entries(DEFECTS as Readonly<Record<string, Defect>>)
    .filter(([, { homes, file }]) => file && (homes as readonly string[]).includes(framework))
    .filter(([name]) => !mended.includes(name))
    .map(([name, { what }]) => [name, what]);
}

/** The picture at rest: the first key frame, else the last step. */
export function restOf(tale: Story, page: string): Step {
  const [key] = tale.run.flow.header.show;
  return stepAt(tale, key ?? tale.lines.at(-1)?.number ?? "1", page);
}

/** The step at an address, "send" or "17". Without it nothing is built. */
export function stepAt({ name, run, lines }: Story, address: string, page: string): Step {
  const named = /^\d/.test(address) ? address : `@${address}`;
  const found = findStep(run.steps, named);
  if (found) return found;
  const labels = lines.flatMap(({ label }) => (label === undefined ? [] : [`@${label}`]));
  const has = labels.length > 0 ? labels.join(" ") : "no label";
  throw new Error(`${page}: ${name} has no step ${named}; it has ${has}`);
}

/** The steps from one to another, both included. */
export function slice(tale: Story, from: Step, to: Step, page: string): readonly Step[] {
  const lines = tale.lines.slice(tale.lines.indexOf(from), tale.lines.indexOf(to) + 1);
  if (lines.length > 0) return lines;
  throw new Error(`${page}: in ${tale.name} step ${from.number} comes after ${to.number}`);
}

/** What a story says in words: for the terms in it. Every ladder of a translated device has its lane. */
export function wordsOf({ title, about, run }: Story, lines: readonly Step[]): readonly string[] {
  const lane = run.flow.header.iommus.length > 0 ? ["IOMMU"] : [];
  const said = lines.flatMap(({ section = "", caption }) => [section, ...caption]);
  return [title, about, ...lane, ...said];
}

/** The remarks before the first step, as one paragraph: what a reader must know first. */
export function noteOf({ run: { flow } }: Story): string {
  const begin = flow.items.findIndex(({ kind }) => kind !== "comment" && kind !== "blank");
  const before = [...flow.header.lines, ...flow.items.slice(0, Math.max(begin, 0))];
  return before.flatMap((line) => (line.kind === "comment" ? [line.text] : [])).join(" ");
}

/** Steps under the section that they stand in. */
export interface StoryPart {
  readonly title?: string;
  readonly steps: readonly Step[];
}

/** In the order of the story; steps before the first section have no title. */
export function partsOf(lines: readonly Step[]): readonly StoryPart[] {
  const parts: { title?: string; steps: Step[] }[] = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (line.section !== undefined) parts.push({ title: line.section, steps: [line] });
    else if (last) last.steps.push(line);
    else parts.push({ steps: [line] });
  }
  return parts;
}

const FRAMES = new Map<string, Frame>();

/** What is drawn of a step. */
export function frame(tale: Story, at: Step, view?: View, since?: Step): Frame {
  const key = [tale.name, at.number, view, since?.number].join(" ");
  const made = FRAMES.get(key) ?? drawFrame(tale, at, view, since);
  FRAMES.set(key, made);
  return made;
}

function drawFrame({ run, name, views }: Story, at: Step, view?: View, since?: Step): Frame {
  const wanted = { at: at.number, view: view ?? views[0] ?? "sequence", since: since?.number };
  const shelf = { order: views, table: ALL_VIEWS };
  const wide = drawingOf(shelf, run, { ...wanted, width: WIDE });
  const narrow = drawingOf(shelf, run, { ...wanted, width: NARROW });
  if (typeof wide === "string")
    throw new Error(`content/flows/${name}.flow, step ${at.number}: ${wide}`);
  return {
    wide: inked(textOf(wide), wide.picture, PARTS),
    ...(typeof narrow === "string" ? {} : { narrow: textOf(narrow) }),
  };
}

/**
 * Fails the build where a page claims what nothing proves: neither a step nor an expectation has the
 * label. A run whose expectations do not all hold fails it too.
 */
export function claim(name: string, at: string, page: string): void {
  const tale = story(name, page);
  const { items } = tale.run.flow;
  const isExpected = items.some((item) => item.kind === "expect" && item.label === at);
  if (!isExpected) stepAt(tale, at, page);
}

/** The same for a slice: every place that it names, whether the page shows it or not. */
export function claimSlice(
  slice: {
    readonly name: string;
    readonly at: string;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
  },
  page: string,
): void {
  const tale = story(slice.name, page);
  for (const at of [slice.at, slice.from, slice.to]) if (at !== undefined) stepAt(tale, at, page);
}

/** What stands under a ladder, from one step to another. */
export function counts(name: string, between: readonly [string, string], page: string) {
  const tale = story(name, page);
  const [from, to] = between;
  return countsOf(tale.run, stepAt(tale, from, page), stepAt(tale, to, page));
}

/** The reply as it would be sent. */
export function mail(template: string): string {
  return fillReply(template, (name) => runOf(name, "content/reply.txt"));
}
