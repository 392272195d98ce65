// Mutation testing of the kernel's rooms: changes the code in small ways, one at a time, and counts the
// changes that no test sees.
//
// usage: npm run mutants [-- mm iommu vfio] [--concurrency N] [--fresh] [--static] [--mutate FILE]
//
// Writes content/results/mutants.json: of each room its score, and each survivor with its reason from reasons.mjs.
// What did not change since the last run is not tried again; --fresh tries all.
// --static tries what only runs while modules load as well: a process for each, an hour a room.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readResult, SCORE_MIN, summary } from "./summary.mjs";

/** Which tests speak of a room: its own first, then those that say most about it. */
const TESTS = {
  mm: ["mm/*", "task/*", "iommu/page-table"],
  iommu: ["iommu/*", "third-party/io-pgtable"],
  vfio: ["vfio/*", "third-party/pin-under-unmap", "mdev/*", "task/execute"],
};
const RESULTS = "content/results/mutants.json";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: "string", default: "1" },
    static: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    mutate: { type: "string" },
  },
});
const rooms = positionals.length > 0 ? positionals : Object.keys(TESTS);
const unknown = rooms.find((room) => !Object.hasOwn(TESTS, room));
if (unknown !== undefined) {
  console.error(`no room ${unknown}; known: ${Object.keys(TESTS).join(", ")}`);
  process.exit(2);
}

const stryker = "tools/mutants/node_modules/@stryker-mutator/core/bin/stryker.js";

function run(room) {
  const globs = TESTS[room].map((some) => `tests/unit/${some}.test.ts`);
  const env = {
    ...process.env,
    MUTANTS_ROOM: room,
    MUTANTS_CONCURRENCY: values.concurrency,
    MUTANTS_STATIC: values.static ? "yes" : "no",
    MUTANTS_TESTS: [...globs, "tests/mutants/*.test.ts"].join(" "),
    FUZZ_RUNS: "10",
    FUZZ_SHRINK: "no",
  };
  if (values.fresh) rmSync(`test-results/mutants/${room}.incremental.json`, { force: true });
  const some = values.mutate === undefined ? [] : ["--mutate", values.mutate];
  const args = [stryker, "run", "tools/mutants/stryker.config.mjs", ...some];
  return spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0;
}

const known = JSON.parse(readFileSync(RESULTS, "utf8"));
let isGood = true;
for (const room of rooms) {
  if (!run(room)) process.exit(1);
  const found = summary(readResult(`test-results/mutants/${room}.json`), room);
  for (const fault of found.faults) console.error(`${room}: ${fault}`);
  isGood &&= found.faults.length === 0 && found.result.score >= SCORE_MIN;
  const { score, counts } = found.result;
  console.log(`${room}: ${score} % (${JSON.stringify(counts)})`);
  if (values.mutate === undefined) known.rooms[room] = found.result;
  writeFileSync(RESULTS, `${JSON.stringify(known, null, 2)}\n`);
}
process.exit(isGood ? 0 : 1);
