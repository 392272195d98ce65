import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { aboutMail, type View, viewsOf } from "../diagrams/index.ts";
import { passedTexts } from "./content.ts";
import { addressOf, drawStep, isRepeatable, mailOf } from "./drawing.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, quote } from "./stop.ts";
import { openStory, reportFailures, restOf, stepAt } from "./story.ts";

/** One step, as Copy for mail gives it; who watches is told what was checked, a pipe is not. */
export async function run({ operands: [word = ""], option }: Asked, io: Io): Promise<number> {
  const [name, address] = split(word, io.folder);
  const story = await openStory(name, io);
  const step = address === undefined ? restOf(story) : stepAt(story, address);
  const view = option("--view") as View | undefined;
  const drawn = drawStep(story, { step, view });
  const isFirst = drawn.view === viewsOf(story.run)[0];
  const again = `wd show ${addressOf(story, step)}${isFirst ? "" : ` --view ${drawn.view}`}`;
  const command = isRepeatable(story) ? again : undefined;
  const text = mailOf(story, { ...drawn, step, command, for: "mail", siteUrl: io.siteUrl });
  io.out(text);
  if (io.progress) io.err(`${aboutMail(text, { for: "mail", passed: passedTexts(story) })}\n`);
  return reportFailures(story, io);
}

/** "fork-cow@lost" in two. The name of a file may hold an @, a step's address holds no slash. */
function split(word: string, folder: string): readonly [name: string, address: string | undefined] {
  const [, name, address] = /^(.+)@([^/@]*)$/s.exec(word) ?? [];
  if (name === undefined || existsSync(resolve(folder, word))) return [word, undefined];
  if (address === "") throw bad(`expected a step behind @, found nothing in ${quote(word)}`);
  return [name, address];
}
