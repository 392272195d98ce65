import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  ladderAt,
  toAscii,
  toMermaid,
  toSvg,
  toTrace,
  traceOf,
  type View,
  viewsOf,
} from "../diagrams/index.ts";
import type { Step } from "../engine/index.ts";
import { projectText } from "./content.ts";
import { addressOf, type Drawn, drawStep, isRepeatable, mailOf } from "./drawing.ts";
import { fileStop } from "./input.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, no, quote } from "./stop.ts";
import { flowName, openStory, reportFailures, restOf, type Story, stepAt } from "./story.ts";

/** What some options are for; the others are for every format. */
const ONLY: readonly (readonly [option: string, formats: readonly string[]])[] = [
  ["--profile", ["svg"]],
  ["--width", ["ascii", "svg"]],
  ["--charset", ["ascii"]],
  ["--for", ["ascii"]],
];

/** One drawing, as text, SVG or Mermaid. */
export async function run(asked: Asked, io: Io): Promise<number> {
  const { operands, option } = asked;
  const format = option("--format") ?? "ascii";
  for (const [name, formats] of ONLY) {
    if (option(name) !== undefined && !formats.includes(format)) {
      throw bad(`${name} is for --format ${formats.join(" or ")}, not for ${format}`);
    }
  }
  const story = await openStory(operands[0] ?? "", io);
  const { step, from } = placeOf(story, asked);
  const text =
    format === "trace"
      ? traceText(story, { step, from }, asked)
      : format === "mermaid"
        ? mermaidOf(story, { step, from }, asked)
        : drawn(story, { step, from }, asked, io);
  const file = option("-o") ?? "-";
  const isSame = resolve(io.folder, file) === resolve(io.folder, story.name);
  if (file !== "-" && !story.isOurs && isSame) {
    throw bad(`-o ${quote(file)} would overwrite the story`);
  }
  await write(text, file, io);
  return reportFailures(story, io);
}

/** The step on screen, and where the slice begins. */
function placeOf(story: Story, { option }: Asked): Slice {
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

interface Slice {
  readonly step: Step;
  readonly from?: Step | undefined;
}

interface Place extends Slice {
  readonly drawn: Drawn;
}

/** A trace is of the whole run; the step on screen is where it is opened again. */
function traceText(story: Story, { step, from }: Slice, { option }: Asked): string {
  const view = option("--view");
  if (view !== undefined && view !== "timeline") {
    throw bad(`--format trace is for --view timeline, not for ${view}`);
  }
  if (from) throw bad("--format trace is of the whole run: expected --at, found --steps");
  const { run, name, seed, picks } = story;
  const made = toTrace(traceOf({ run, flow: flowName(name), seed, picks, step }));
  if (!made.ok) throw no(`${addressOf(story, step)}: ${made.message}`);
  return made.text;
}

/** Mermaid places things itself, so it takes no picture. */
function mermaidOf(story: Story, { step, from }: Slice, { option }: Asked): string {
  const view = option("--view");
  if (view !== undefined && view !== "sequence") {
    throw bad(`--format mermaid is for --view sequence, not for ${view}`);
  }
  const made = ladderAt(story.run, {
    at: step.number,
    ...(from === undefined ? {} : { from: from.number }),
  });
  if (!made.ok) throw bad(`${addressOf(story, step)}: ${made.message}`);
  return toMermaid(made.ladder);
}

function drawn(story: Story, { step, from }: Slice, asked: Asked, io: Io): string {
  const width = asked.option("--width");
  const picture = drawStep(story, {
    step,
    from,
    view: asked.option("--view") as View | undefined,
    width: width === undefined ? undefined : Number(width),
  });
  return asked.option("--format") === "svg"
    ? svgOf(story, step, picture, asked)
    : textOf(story, { step, from, drawn: picture }, asked, io);
}

function textOf(story: Story, { step, from, drawn }: Place, asked: Asked, io: Io): string {
  const { option } = asked;
  const use = option("--for");
  const charset = option("--charset") === "unicode" ? "unicode" : "ascii";
  if (use !== undefined) {
    const command = commandOf(story, { step, from, drawn }, asked);
    const goal = use === "commit" ? "commit" : "mail";
    return mailOf(story, { ...drawn, step, command, for: goal, charset, siteUrl: io.siteUrl });
  }
  const text = toAscii(drawn.picture, { charset });
  if (!text.ok) throw no(`${addressOf(story, step)}: ${text.message}`);
  return text.text;
}

/** What prints this drawing again; where that is too long for a line, what shows its step. */
function commandOf(
  story: Story,
  { step, from, drawn }: Place,
  { option }: Asked,
): string | undefined {
  if (!isRepeatable(story)) return undefined;
  const view = drawn.view === viewsOf(story.run)[0] ? "" : ` --view ${drawn.view}`;
  const show = `wd show ${addressOf(story, step)}${view}`;
  const width = option("--width");
  const charset = option("--charset");
  const use = option("--for");
  if (!from && width === undefined && charset === undefined) return show;
  const place = (some: Step) => (some.label === undefined ? some.number : `@${some.label}`);
  const words = [
    `wd export ${story.name}${view}`,
    from ? `--steps ${place(from)}..${place(step)}` : `--at ${place(step)}`,
    ...(width === undefined ? [] : [`--width ${width}`]),
    ...(charset === undefined ? [] : [`--charset ${charset}`]),
    `--for ${use}`,
  ];
  const whole = words.join(" ");
  return "  [1] ".length + whole.length <= drawn.picture.asked ? whole : show;
}

function svgOf(story: Story, step: Step, { picture }: Drawn, { option }: Asked): string {
  const { name, version } = JSON.parse(projectText("package.json"));
  const text = toSvg(picture, {
    profile: option("--profile") === "site" ? "site" : "kernel",
    title: story.run.flow.header.title,
    desc: step.caption.join(" ") || step.text,
    source: `${addressOf(story, step)}, ${name} ${version}`,
  });
  if (!text.ok) throw no(`${addressOf(story, step)}: ${text.message}`);
  return text.text;
}

async function write(text: string, file: string, io: Io): Promise<void> {
  if (file === "-") {
    io.out(text);
    return;
  }
  try {
    await writeFile(resolve(io.folder, file), text);
  } catch (error) {
    throw fileStop(file, error, "no such folder");
  }
}
