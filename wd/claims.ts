import {
  type Claim,
  claimsOf,
  DOCUMENT_FILE,
  documentClaims,
  type Judged,
  judge,
  readTemplate,
} from "../text/index.ts";
import { flowNames, projectText, textFiles } from "./content.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { openStory } from "./story.ts";

/** What the pages claim, and whether the model says so too. Exit code 1 where it does not. */
export async function run({ option }: Asked, io: Io): Promise<number> {
  const claims = [
    ...textFiles().flatMap((file) => claimsOf(file, projectText(file))),
    ...documentClaims(readTemplate(projectText(DOCUMENT_FILE), DOCUMENT_FILE)),
  ];
  const runs = await runsOf(claims, io);
  const judged = claims.map((claim): Judged => {
    const story = runs.get(claim.flow);
    return story
      ? judge(claim, story)
      : { ...claim, holds: false, why: `there is no story ${claim.flow}` };
  });
  if (option("--json") === undefined) print(judged, io);
  else {
    const rows = judged.map(({ page, flow, at, text, holds }) => ({ page, flow, at, text, holds }));
    io.out(`${JSON.stringify({ version: 1, claims: rows }, null, 2)}\n`);
  }
  return judged.every(({ holds }) => holds) ? 0 : 1;
}

/** Each story runs once; one that is not there has no run. */
async function runsOf(claims: readonly Claim[], io: Io) {
  const known = flowNames();
  const names = [...new Set(claims.map(({ flow }) => flow))].filter((name) => known.includes(name));
  const stories = await Promise.all(names.map((name) => openStory(name, io)));
  return new Map(stories.map(({ name, run: story }) => [name, story]));
}

/** A line a claim: what proves it, the page, the sentence. What does not hold says why. */
function print(judged: readonly Judged[], { out, err }: Io): void {
  for (const { page, flow, at, text } of judged) out(`${flow}@${at}  ${page}  ${text}\n`);
  for (const { page, text, holds, why } of judged)
    if (!holds) err(`${page}: "${text}" does not hold: ${why}\n`);
  const held = judged.filter(({ holds }) => holds).length;
  out(`${judged.length} claims, ${held} hold\n`);
}
