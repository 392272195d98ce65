// Run by main.mjs, which says the room and its tests.

const { MUTANTS_ROOM: room, MUTANTS_CONCURRENCY: concurrency = "1" } = process.env;
const { MUTANTS_STATIC = "no" } = process.env;
const home = "test-results/mutants";

const plugin = (name) => new URL(name, import.meta.url).href;

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  packageManager: "npm",
  testRunner: "in-process",
  plugins: [plugin("runner.mjs"), plugin("words.mjs")],
  ignorers: ["words"],
  mutate: [`engine/${room}/**/*.ts`],
  ignorePatterns: [
    "**",
    "!engine/**",
    "!tests/unit/**",
    "!tests/mutants/**",
    "!content/**",
    "!package.json",
  ],
  coverageAnalysis: "perTest",
  // What runs only while modules load needs a process for each: constants, and rows of tables.
  ignoreStatic: MUTANTS_STATIC !== "yes",
  concurrency: Number(concurrency),
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: `${home}/${room}.json` },
  incremental: true,
  incrementalFile: `${home}/${room}.incremental.json`,
  tempDirName: `${home}/sandbox-${room}`,
  // A machine that does other work too is slow, not wrong: what loops is cut off by its count of hits.
  timeoutMS: 15_000,
  timeoutFactor: 1,
  dryRunTimeoutMinutes: 20,
};
