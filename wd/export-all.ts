/** `wd export --all -o DIR`: every flow, view and format, each picture at its step. */

import { type View, viewsOf } from "../diagrams/index.ts";
import { allSteps, type Run, type Step } from "../engine/index.ts";
import { withCheckpoints } from "./checkpoints.ts";
import { flowNames } from "./content.ts";
import { type ExportWish, FORMATS, type Format, fileWord } from "./formats.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { type Folder, openFolder } from "./out-folder.ts";
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
  readonly rows: Row[];
  readonly isEvery: boolean;
  readonly say: (words: string) => void;
}

export async function exportAll({ operands, option }: Asked, io: Io): Promise<number> {
  const one = ONE.find((name) => option(name) !== undefined);
  if (one !== undefined) throw bad(`${one} is for one drawing, and --all is for every one`);
  if (operands[0] !== undefined) {
    throw bad(`--all is of every flow: expected none, found ${quote(operands[0])}`);
  }
  const name = option("-o");
  if (name === undefined || name === "-") throw bad("--all: expected -o DIR, found none");
  const folder = await openFolder(name, io);
  const all: All = {
    folder,
    rows: [],
    isEvery: option("--every-step") !== undefined,
    say: (words) => io.progress?.(words),
  };
  const flows = flowNames();
  for (const [at, flow] of flows.entries()) {
    all.say(`${at + 1} of ${flows.length} ${flow}`);
    await exportFlow(all, await openStory(flow, io));
  }
  all.say("");
  await folder.close(`${JSON.stringify({ version: 1, files: all.rows }, null, 1)}\n`);
  io.out(`${all.rows.length} files in ${name}\n`);
  return 0;
}

async function exportFlow(all: All, story: Story): Promise<void> {
  if (!story.run.ok) throw no(`${story.name}: its expectations do not hold`);
  const light = { ...story, run: withCheckpoints(story.run) };
  for (const step of stepsOf(light.run, all.isEvery)) {
    for (const view of viewsOf(light.run)) {
      await exportView(all, { story: light, step, view });
    }
  }
}

/** Labelled steps of the story, or every step at every depth. */
function stepsOf(run: Run, isEvery: boolean): readonly Step[] {
  const steps = isEvery ? allSteps(run.steps) : run.steps;
  return steps.filter(({ label, number }) => number !== "0" && (isEvery || label !== undefined));
}

type Picture = ExportWish & { readonly view: View };

async function exportView(all: All, wish: Picture): Promise<void> {
  for (const format of FORMATS) {
    if (format.views && !format.views.includes(wish.view)) continue;
    if (format.name === "png" && wish.step.label === undefined) continue;
    const profiles = format.name === "svg" ? (["kernel", "site"] as const) : [undefined];
    for (const profile of profiles) await exportOne(all, format, { ...wish, profile });
  }
}

async function exportOne({ folder, rows }: All, format: Format, wish: Picture): Promise<void> {
  const { story, step, view, profile } = wish;
  const place = step.label ?? step.number;
  const stem = `${story.name}/${fileWord(place)}.${view}`;
  const figure = `${fileWord(place)}.${view}.kernel.svg`;
  const made = await madeOrLate(format, { ...wish, figure });
  if (!made) return;
  const path = `${stem}${profile ? `.${profile}` : ""}.${format.ending}`;
  await folder.write(path, made.bytes);
  const kind = profile ? { profile } : {};
  rows.push({ path, flow: story.name, view, format: format.name, ...kind, step: place });
}

/** Nothing where the view has nothing to show yet: a page board before there is a page. */
async function madeOrLate(format: Format, wish: Picture) {
  try {
    return await format.make(wish);
  } catch (error) {
    if (error instanceof Stop && error.exit === 2 && LATE.test(error.message)) return undefined;
    throw error;
  }
}

const LATE = /: (no [\w ]+ to show|no time has passed|nothing to count) at (@|step )/;
