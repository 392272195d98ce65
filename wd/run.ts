import type { Depth, Framework, Kernel } from "../engine/index.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { openStory, reportFailures } from "./story.ts";
import { asJson, transcript } from "./transcript.ts";

/** Runs a story and prints it as strace would; what does not hold goes to the errors. */
export async function run({ operands: [name = ""], option }: Asked, io: Io): Promise<number> {
  const kernel = option("--kernel") as Kernel | undefined;
  const framework = option("--framework") as Framework | undefined;
  const seed = Number(option("--seed") ?? 1);
  const detail = (option("--detail") ?? "story") as Depth;
  const story = await openStory(name, io, {
    seed,
    ...(kernel ? { kernel } : {}),
    ...(framework ? { framework } : {}),
  });
  const isJson = option("--json") !== undefined;
  io.out(isJson ? asJson(story.run, { seed, detail }) : transcript(story.run, detail, io.columns));
  return reportFailures(story, io);
}
