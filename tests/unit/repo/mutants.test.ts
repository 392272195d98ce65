import { expect, test } from "vitest";
import results from "../../../content/results/mutants.json" with { type: "json" };
import { SCORE_MIN, summary } from "../../../tools/mutants/summary.mjs";

interface Survivor {
  readonly file: string;
  readonly reason: string;
}

const ROOMS = Object.entries(results.rooms);

test.each(ROOMS)(
  "of the changes to %s so many are found, and each other has a reason",
  (room, result) => {
    const { score, counts } = result;
    const survivors: readonly Survivor[] = result.survivors;
    expect(score).toBeGreaterThanOrEqual(SCORE_MIN);
    expect(survivors).toHaveLength(counts.survived + counts.uncovered);
    for (const { file, reason } of survivors) {
      expect(file).toMatch(new RegExp(`^engine/${room}/`));
      expect(reason.length, file).toBeGreaterThan(10);
    }
  },
);

/** Survivors that nobody has judged yet. They may become fewer. */
const OPEN_MAX = 1;

test("no more survivors are left open than there were", () => {
  const all = ROOMS.flatMap(([, { survivors }]) => survivors);
  const open = all.filter(({ reason }) => reason.startsWith("open:"));
  expect(open.length).toBeLessThanOrEqual(OPEN_MAX);
});

test("the three rooms of the kernel are there", () => {
  expect(ROOMS.map(([room]) => room).sort()).toEqual(["iommu", "mm", "vfio"]);
});

/** A report with one change for each thing that may come of it. */
function report(...mutants: readonly object[]): object {
  const location = { start: { line: 2, column: 3 }, end: { line: 2, column: 8 } };
  const source = "first line\n  a > b;\n";
  const all = mutants.map((one) => ({ mutatorName: "X", replacement: "a >= b", location, ...one }));
  return { files: { "engine/mm/x.ts": { source, mutants: all } } };
}

test("found, looped, unseen and unreached are counted; what does not compile is not", () => {
  const statuses = [
    "Killed",
    "Killed",
    "Timeout",
    "Survived",
    "NoCoverage",
    "RuntimeError",
    "Ignored",
  ];
  const all = statuses.map((status) => ({ status, testsCompleted: 3 }));
  const { result, faults } = summary(report(...all), "mm");
  expect(result.counts).toEqual({ killed: 2, timeout: 1, survived: 1, uncovered: 1 });
  expect([result.score, faults]).toEqual([60, []]);
  expect(
    result.survivors.map(({ code, becomes, line, isReached }) => [code, becomes, line, isReached]),
  ).toEqual([
    ["a > b", "a >= b", 2, true],
    ["a > b", "a >= b", 2, false],
  ]);
});

test("one that survived although no test was tried is a fault of the set-up", () => {
  const { faults } = summary(report({ status: "Survived", testsCompleted: 0 }), "mm");
  expect(faults).toEqual(["engine/mm/x.ts:2 survived, and no test was tried"]);
});
