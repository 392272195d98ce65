import { findings } from "./draft.ts";
import { fileName, readText } from "./input.ts";
import type { Io } from "./io.ts";
import type { Asked } from "./options.ts";
import { bad, quote } from "./stop.ts";

/** Reads drafts by the text contract: a line a finding, with who minds it and how to mend it. */
export async function run({ operands, option }: Asked, io: Io): Promise<number> {
  const width = Number(option("--width") ?? 72);
  const isCommit = option("--for") === "commit";
  const unicode = option("--charset") === "unicode";
  const twice = operands.find((name, at) => operands.indexOf(name) < at);
  if (twice !== undefined) throw bad(`${quote(twice)} is given twice`);
  let found = 0;
  for (const name of operands) {
    const text = await readText(name, io);
    const file = fileName(name);
    for (const finding of findings(text, width, { for: isCommit ? "commit" : "mail", unicode })) {
      io.out(`${file}:${finding}\n`);
      found += 1;
    }
  }
  return found > 0 ? 1 : 0;
}
