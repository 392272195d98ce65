// From Stryker's report to what is kept of it.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { OPEN, reasonOf } from "./reasons.mjs";

/** Percent of all mutants that a test must find. */
export const SCORE_MIN = 85;

/** @param {string} file */
export function readResult(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** What the sources of a room are, in 16 letters. */
export function hashOf(room) {
  const hash = createHash("sha256");
  const home = `engine/${room}`;
  for (const file of readdirSync(home).sort()) hash.update(readFileSync(`${home}/${file}`));
  return hash.digest("hex").slice(0, 16);
}

/** The text between two places, lines and columns from 1. */
function between(source, { start, end }) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.map((line) => line.trim()).join(" ");
}

function short(text) {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

/** Killed, found by never ending, not found, reached by no test; compile errors count as nothing. */
export function summary(report, room) {
  const counts = { killed: 0, timeout: 0, survived: 0, uncovered: 0 };
  const names = {
    Killed: "killed",
    Timeout: "timeout",
    Survived: "survived",
    NoCoverage: "uncovered",
  };
  const survivors = [];
  const faults = [];
  for (const [file, { mutants, source }] of Object.entries(report.files).sort()) {
    for (const mutant of mutants) {
      const name = names[mutant.status];
      if (name === undefined) continue;
      counts[name] += 1;
      if (name === "survived" && mutant.testsCompleted === 0) {
        faults.push(`${file}:${mutant.location.start.line} survived, and no test was tried`);
      }
      if (name === "killed" || name === "timeout") continue;
      const survivor = {
        file,
        line: mutant.location.start.line,
        mutator: mutant.mutatorName,
        code: short(between(source, mutant.location)),
        becomes: short(mutant.replacement ?? ""),
        isReached: name === "survived",
      };
      const text = source.split("\n")[survivor.line - 1] ?? "";
      survivors.push({ ...survivor, reason: reasonOf({ ...survivor, text }) });
    }
  }
  const found = counts.killed + counts.timeout;
  const all = found + counts.survived + counts.uncovered;
  const score = Math.floor((1000 * found) / all) / 10;
  const open = survivors.filter(({ reason }) => reason === OPEN).length;
  return { result: { sources: hashOf(room), score, counts, open, survivors }, faults };
}
