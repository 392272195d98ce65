// Results that take time, made anew where they are of something else by now.
//
// usage: npm run results [-- --fresh]
//
// mail.json: texts that are not on record are put through git, b4 and checkpatch; --fresh puts all of
// them through, and so does another version of one of the programs. mutants.json takes hours: what is
// to be done for it is only said.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { hashOf } from "../mutants/summary.mjs";
import { drawnNow, onRecord, putThrough, stale, unproven, write } from "./mail.ts";
import { programs } from "./post.ts";

const { values } = parseArgs({ options: { fresh: { type: "boolean", default: false } } });

/** @returns the exit code */
function renewMail(): number {
  const used = programs();
  const missing = Object.entries(used).filter(([, version]) => version === undefined);
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(", ");
    console.error(`mail.json: ${names} not found; Debian has git, b4 and linux-source-6.1`);
    return 2;
  }
  const drawn = drawnNow();
  const record = onRecord();
  const isSame = JSON.stringify(record?.programs) === JSON.stringify(used);
  const outdated = stale(drawn, record);
  const texts = unproven(drawn, values.fresh || !isSame ? undefined : record);
  console.error(`mail.json: ${outdated.length} of ${drawn.size} flows are not on record as drawn`);
  const distinct = [...new Map(texts.map((one) => [one.key, one.text])).values()];
  const faults =
    distinct.length === 0 ? [] : putThrough(distinct, (words) => console.error(`  ${words}`));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  write(drawn, used);
  const count = new Set([...drawn.values()].flat().map(({ key }) => key)).size;
  console.log(
    `mail.json: ${count} texts of ${drawn.size} flows, ${distinct.length} of them put through now`,
  );
  return 0;
}

/** What the mutants on record were made of. */
function sayMutants(): void {
  const file = new URL("../../content/results/mutants.json", import.meta.url);
  const { rooms } = JSON.parse(readFileSync(file, "utf8"));
  for (const [room, { sources, score }] of Object.entries<{ sources: string; score: number }>(
    rooms,
  )) {
    const isFresh = sources === hashOf(room);
    const state = isFresh
      ? "of the sources as they are"
      : `of other sources: npm run mutants -- ${room}`;
    console.log(`mutants.json: ${room} ${score} %, ${state}`);
  }
}

const status = renewMail();
sayMutants();
process.exit(status);
