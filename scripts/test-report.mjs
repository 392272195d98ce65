// What a step of `npm test` found, from its own report where it writes one.

import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/**
 * @typedef {object} Found
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} names what failed, or was skipped where nothing may be: file and title
 */

/**
 * Passed, failed and skipped tests of one step; a step without a report counts as one. Under
 * `strict` a skip is a failure: there everything is meant to run.
 *
 * @param {{ name: string, results?: string }} step
 * @param {number} status how its process ended
 * @param {boolean} strict
 * @returns {Found}
 */
export function found(step, status, strict) {
  const report = step.results && existsSync(step.results) ? readJson(step.results) : undefined;
  const tests =
    report === undefined ? [] : report.testResults ? ofVitest(report) : ofPlaywright(report);
  const count = (outcome) => tests.filter((test) => test.outcome === outcome).length;
  const bad = tests.filter(
    ({ outcome }) => outcome === "failed" || (strict && outcome === "skipped"),
  );
  const result = {
    passed: report === undefined && status === 0 ? 1 : count("passed"),
    failed: bad.length,
    skipped: strict ? 0 : count("skipped"),
    names: bad.map(({ name, outcome }) => (outcome === "skipped" ? `${name} (skipped)` : name)),
  };
  // It ended badly, and no test of it says so: a file that could not be loaded, a crash.
  if (status === 0 || result.failed > 0) return result;
  return { ...result, failed: 1, names: [`${step.name} ended with ${status}`] };
}

function ofVitest({ testResults }) {
  const outcomes = { passed: "passed", failed: "failed" };
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({
      name: `${relative(".", name)} ${fullName}`,
      outcome: outcomes[status] ?? "skipped",
    })),
  );
}

function ofPlaywright({ suites }) {
  const outcomes = { expected: "passed", skipped: "skipped" };
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  return suites.flatMap(specs).flatMap(({ file, title, tests }) =>
    tests.map(({ status }) => ({
      name: `tests/e2e/${file} ${title}`,
      outcome: outcomes[status] ?? "failed",
    })),
  );
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
