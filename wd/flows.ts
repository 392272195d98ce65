import { flowNames } from "./content.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { Stop } from "./stop.ts";
import { openStory, reportFailures } from "./story.ts";

/** Lists the stories: name, steps, title. One that cannot be told has `-` steps and an error. */
export async function run(_: Asked, io: Io): Promise<number> {
  const names = flowNames();
  const width = Math.max(...names.map((name) => name.length));
  let exit = 0;
  for (const name of names) {
    const [steps, title] = await openStory(name, io).then(
      (story) => {
        exit = Math.max(exit, reportFailures(story, io));
        return [story.run.steps.at(-1)?.number ?? "0", story.run.flow.header.title];
      },
      (error: unknown) => {
        if (!(error instanceof Stop)) throw error;
        io.err(`${error.message}\n`);
        exit = 1;
        return ["-", "(does not run)"];
      },
    );
    io.out(`${name.padEnd(width)}  ${String(steps).padStart(3)}  ${title}\n`);
  }
  return exit;
}
