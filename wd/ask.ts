import { find, printPage, printTerm } from "../text/index.ts";
import { pages, terms } from "./content.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, quote } from "./stop.ts";
import { provenRun } from "./story.ts";

/** The answer to a term or a question, in plain text. Words need no quotes around them. */
export async function run({ operands }: Asked, { out, siteUrl }: Io): Promise<number> {
  const asked = operands.join(" ");
  const all = await pages();
  const table = await terms();
  const found = find(asked, all, table);
  if (found.kind === "none") {
    const near = found.near.map((name) => `"wd ask ${name}"`).join(", ");
    const hint = near === "" ? '; "wd help ask" lists what there is' : `; near it: ${near}`;
    throw bad(`no answer to ${quote(asked)}${hint}`);
  }
  const options = { terms: table, runOf: provenRun(), siteUrl };
  out(found.kind === "term" ? printTerm(found.term, options) : printPage(found.page, options));
  return 0;
}
