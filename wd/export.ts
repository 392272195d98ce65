import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type View, viewsOf } from "../diagrams/index.ts";
import type { Step } from "../engine/index.ts";
import { addressOf, drawStep, isRepeatable, mailOf } from "./drawing.ts";
import { type ExportWish, FORMATS, type Format, fileWord, PICKY } from "./formats.ts";
import { fileStop } from "./input.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, quote } from "./stop.ts";
import { openStory, reportFailures, restOf, type Story, stepAt } from "./story.ts";
import { whatIfOf } from "./what-if.ts";

/** One drawing in one format, or all of them. */
export async function run(asked: Asked, io: Io): Promise<number> {
  const { operands, option } = asked;
  if (option("--all") !== undefined) {
    const { exportAll } = await import("./export-all.ts");
    return exportAll(asked, io);
  }
  if (option("--every-step") !== undefined) throw bad("--every-step is for --all");
  if (operands[0] === undefined) throw bad("expected one flow or file, found nothing");
  const format = formatOf(asked);
  const story = await openStory(operands[0], io);
  const wish = wishOf(story, asked);
  const file = option("-o") ?? "-";
  const isSame = resolve(io.folder, file) === resolve(io.folder, story.name);
  if (file !== "-" && !story.isOurs && isSame) {
    throw bad(`-o ${quote(file)} would overwrite the story`);
  }
  if (option("--for") !== undefined) await write(mail(wish, asked, io), file, io);
  else await writeMade(wish, format, file, io);
  return reportFailures(story, io);
}

/** The format that was asked for; what it does not take is refused. */
function formatOf({ option }: Asked): Format {
  const name = option("--format") ?? "ascii";
  const format = FORMATS.find((one) => one.name === name) as Format;
  for (const picky of PICKY) {
    if (option(picky) === undefined || format.takes.includes(picky)) continue;
    const others = FORMATS.filter(({ takes }) => takes.includes(picky)).map((one) => one.name);
    throw bad(`${picky} is for --format ${others.join(" or ")}, not for ${name}`);
  }
  const view = option("--view") as View | undefined;
  if (view !== undefined && format.views && !format.views.includes(view)) {
    throw bad(`--format ${name} is for --view ${format.views.join(" or ")}, not for ${view}`);
  }
  return format;
}

function wishOf(story: Story, asked: Asked): ExportWish {
  const { option } = asked;
  const width = option("--width");
  const words = option("--if");
  return {
    story,
    ...placeOf(story, asked),
    other: words === undefined ? undefined : whatIfOf(story, words).other,
    view: option("--view") as View | undefined,
    width: width === undefined ? undefined : Number(width),
    charset: option("--charset") as ExportWish["charset"],
    profile: option("--profile") as ExportWish["profile"],
    scale: Number(option("--scale") ?? 1),
  };
}

/** The step on screen, and where the slice begins. */
function placeOf(story: Story, { option }: Asked): { readonly step: Step; readonly from?: Step } {
  const at = option("--at");
  const steps = option("--steps");
  if (steps === undefined) return { step: at === undefined ? restOf(story) : stepAt(story, at) };
  if (at !== undefined) throw bad("expected --at or --steps, found both");
  const [, first, last] = /^(.+?)\.\.(.+)$/.exec(steps) ?? [];
  if (first === undefined || last === undefined) {
    throw bad(`--steps: expected A..B, such as @send..@done, found ${quote(steps)}`);
  }
  const [from, step] = [stepAt(story, first), stepAt(story, last)];
  if (from.before > step.before) throw bad(`--steps: ${first} comes after ${last}`);
  return { step, from };
}

/** As it is pasted: with where to find it again. */
function mail(wish: ExportWish, asked: Asked, { siteUrl }: Io): string {
  const { story, step, charset } = wish;
  const drawn = drawStep(story, wish);
  const goal = asked.option("--for") === "commit" ? "commit" : "mail";
  const command = commandOf(wish, drawn.view, drawn.picture.asked, asked);
  return mailOf(story, { ...drawn, step, command, for: goal, charset, siteUrl });
}

/** What prints this drawing again; where that is too long for a line, what shows its step. */
function commandOf(
  { story, step, from, other }: ExportWish,
  view: View,
  columns: number,
  { option }: Asked,
): string | undefined {
  if (!isRepeatable(story)) return undefined;
  const shown = view === viewsOf(story.run)[0] ? "" : ` --view ${view}`;
  const show = `wd show ${addressOf(story, step)}${shown}`;
  const given = ["--width", "--charset"].filter((name) => option(name) !== undefined);
  if (!from && !other && given.length === 0) return show;
  const place = (some: Step) => (some.label === undefined ? some.number : `@${some.label}`);
  const words = [
    `wd export ${story.name}${shown}`,
    from ? `--steps ${place(from)}..${place(step)}` : `--at ${place(step)}`,
    ...(other ? [`--if '${option("--if")}'`] : []),
    ...given.map((name) => `${name} ${option(name)}`),
    `--for ${option("--for")}`,
  ].join(" ");
  // Two futures are on no page: their command goes on in a second line.
  return other || "  [1] ".length + words.length <= columns ? words : show;
}

async function writeMade(wish: ExportWish, format: Format, file: string, io: Io): Promise<void> {
  const isPiped = file === "-";
  const stem = basename(file).replace(/\.[^.]*$/, "");
  const figure = isPiped ? undefined : `${fileWord(stem)}.svg`;
  const { bytes, beside } = await format.make({ ...wish, figure });
  if (beside && isPiped) {
    io.err(`wd export: the figure ${beside.name} is not written; -o FILE writes both\n`);
  } else if (beside) {
    const rival = join(dirname(file), beside.name.replace(/svg$/, "dot"));
    if (existsSync(resolve(io.folder, rival))) {
      throw bad(`${quote(rival)} is there: of two sources of one name Sphinx shows one twice`);
    }
    await write(beside.text, join(dirname(file), beside.name), io);
  }
  await write(bytes, file, io);
}

async function write(bytes: string | Uint8Array, file: string, io: Io): Promise<void> {
  if (file === "-") {
    io.out(bytes);
    return;
  }
  try {
    await writeFile(resolve(io.folder, file), bytes);
  } catch (error) {
    throw fileStop(file, error, "no such folder");
  }
}
