/** `wd export --all -o DIR`: every flow, view and format, each picture at its step. */

import { setImmediate as turn } from "node:timers/promises";
import { type View, viewsOf } from "../diagrams/index.ts";
import { allSteps, type Run, type Step } from "../engine/index.ts";
import { withCheckpoints } from "./checkpoints.ts";
import { flowNames } from "./content.ts";
import { type Drawn, drawStep } from "./drawing.ts";
import { type ExportWish, FORMATS, type Format, fileWord } from "./formats.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { type Folder, openFolder } from "./out-folder.ts";
import { type PngPool, pngPool } from "./png-pool.ts";
import { bad, no, quote, Stop } from "./stop.ts";
import { openStory, type Story } from "./story.ts";

/** One row of index.json. */
interface Row {
  readonly path: string;
  readonly flow: string;
  readonly view: View;
  readonly format: Format["name"];
  readonly profile?: "site" | "kernel";
  /** As a link says it: a label, else a number. */
  readonly step: string;
}

/** Options that say which picture: here it is all of them. */
const ONE = [
  "--view",
  "--at",
  "--steps",
  "--if",
  "--format",
  "--profile",
  "--scale",
  "--width",
  "--charset",
  "--for",
];

/** What a run of `--all` has to do, and where. */
interface All {
  readonly folder: Folder;
  readonly pool: PngPool;
  /** Files that are being made, in the order of the index. */
  readonly files: Promise<Row>[];
  readonly isEvery: boolean;
}

export async function exportAll({ operands, option }: Asked, io: Io): Promise<number> {
  const one = ONE.find((name) => option(name) !== undefined);
  if (one !== undefined) throw bad(`${one} is for one drawing, and --all is for every one`);
  if (operands[0] !== undefined) {
    throw bad(`--all is of every flow: expected none, found ${quote(operands[0])}`);
  }
  const name = option("-o");
  if (name === undefined || name === "-") throw bad("--all: expected -o DIR, found none");
  const rows = await exportFlows(flowNames(), name, option("--every-step") !== undefined, io);
  io.out(`${rows.length} files in ${name}\n`);
  return 0;
}

/**
 * Every view and format of these flows.
 * @param isEvery all steps at every depth, in place of the labelled ones
 * @returns what stands in index.json
 */
export async function exportFlows(
  flows: readonly string[],
  name: string,
  isEvery: boolean,
  io: Io,
): Promise<readonly Row[]> {
  const folder = await openFolder(name, io);
  const pool = pngPool();
  const rows: Row[] = [];
  let before: Promise<readonly Row[]> = Promise.resolve([]);
  try {
    for (const [at, flow] of flows.entries()) {
      io.progress?.(`${at + 1} of ${flows.length} ${flow}`);
      const all: All = { folder, pool, files: [], isEvery };
      await exportFlow(all, await openStory(flow, io));
      const files = Promise.all(all.files);
      // The pictures of one flow are drawn while the next one runs: no thread waits, and
      // no more than two flows are held. A failure is thrown where it is awaited.
      files.catch(() => undefined);
      rows.push(...(await before));
      before = files;
    }
    rows.push(...(await before));
  } finally {
    io.progress?.("");
    await pool.close();
  }
  await folder.close(`${JSON.stringify({ version: 1, files: rows }, null, 1)}\n`);
  return rows;
}

async function exportFlow(all: All, story: Story): Promise<void> {
  if (!story.run.ok) throw no(`${story.name}: its expectations do not hold`);
  const light = { ...story, run: withCheckpoints(story.run) };
  const views = viewsOf(light.run);
  for (const step of stepsOf(light.run, all.isEvery)) {
    for (const view of views) {
      const drawn = drawnOrLate(light, step, view);
      if (drawn) exportView(all, { story: light, step, view, drawn, pool: all.pool });
    }
    await turn(); // a thread that is done gets its next picture
  }
}

/** Labelled steps of the story, or every step at every depth. */
function stepsOf(run: Run, isEvery: boolean): readonly Step[] {
  const steps = isEvery ? allSteps(run.steps) : run.steps;
  return steps.filter(({ label, number }) => number !== "0" && (isEvery || label !== undefined));
}

/** Nothing where the view has nothing to show yet: a page board before there is a page. */
function drawnOrLate(story: Story, step: Step, view: View): Drawn | undefined {
  try {
    return drawStep(story, { step, view });
  } catch (error) {
    if (error instanceof Stop && error.exit === 2) return undefined;
    throw error;
  }
}

type Picture = ExportWish & { readonly view: View };

function exportView({ folder, files }: All, wish: Picture): void {
  for (const format of FORMATS) {
    if (format.views && !format.views.includes(wish.view)) continue;
    if (format.name === "png" && wish.step.label === undefined) continue;
    const profiles = format.name === "svg" ? (["kernel", "site"] as const) : [undefined];
    for (const profile of profiles) {
      const file = exportOne(folder, format, { ...wish, profile });
      file.catch(() => undefined); // it is thrown where all are awaited
      files.push(file);
    }
  }
}

async function exportOne(folder: Folder, format: Format, wish: Picture): Promise<Row> {
  const { story, step, view, profile } = wish;
  const place = step.label ?? step.number;
  const stem = `${fileWord(place)}.${view}`;
  const { bytes } = await format.make({ ...wish, figure: `${stem}.kernel.svg` });
  const name = `${stem}${profile ? `.${profile}` : ""}.${format.ending}`;
  const path = await folder.write(`${fileWord(story.name)}/${name}`, bytes);
  const kind = profile ? { profile } : {};
  return { path, flow: story.name, view, format: format.name, ...kind, step: place };
}
