/** Two futures in one drawing: told as deep in both halves, and once where they are the same. */

import { expect, test } from "vitest";
import {
  drawFutures,
  futureLadder,
  type LadderRow,
  toAscii,
  type View,
  viewsOf,
} from "../../../diagrams/index.ts";
import { type Change, findStep, idle, type Run, type Step } from "../../../engine/index.ts";
import { NAMES, runOf } from "./runs.ts";

const CHANGES: readonly Change[] = [
  { kind: "fail", failure: { kind: "pin", nth: 1 } },
  { kind: "fail", failure: { kind: "allocate", nth: 2 } },
  { kind: "iotlb", entries: 1 },
];

const SEND = runOf("send-request");

function stepOf(run: Run, address: string): Step {
  const step = findStep(run.steps, address);
  if (!step) throw new Error(`no step ${address}`);
  return step;
}

function otherwise(run: Run, at: string, change = CHANGES[2] as Change): Run {
  return run.otherwise({ change, after: stepOf(run, at).before });
}

function textOf(run: Run, other: Run, view: View, at: string): string {
  const drawn = drawFutures(run, other, { view, step: stepOf(run, at), width: 72 });
  const text = drawn.ok ? toAscii(drawn.picture) : drawn;
  return text.ok ? text.text : text.message;
}

/** With an IOTLB of one entry nothing of this story tells of a walk. */
const SAME = viewsOf(SEND).filter((view) => view !== "walk");

test.each(SAME)("%s: what is the same up to this step is drawn once", (view) => {
  const other = otherwise(SEND, "@done"); // the IOTLB forgets only what came later
  const text = textOf(SEND, other, view, "@send");
  expect(text).toMatch(
    view === "memory" ? /^ +both futures$/m : /^ {2}== the same, as it is and what/m,
  );
  expect(text.replace(/\s+/g, " ")).toContain("The first difference is at step 9");
});

test("what differs is drawn twice, in each view that has it", () => {
  const other = otherwise(SEND, "@share", CHANGES[0]);
  for (const view of ["sequence", "memory"] as const) {
    const text = textOf(SEND, other, view, "@share");
    expect(text).not.toMatch(/the same, as|both futures/);
  }
  expect(textOf(SEND, other, "sequence", "@share")).toMatch(
    /== as it is [\s\S]*== what if fail pin 1/,
  );
});

/** Which steps of a half are told in parts: "5.1" and "5.2", not "5". */
function depths(rows: readonly LadderRow[]): ReadonlyMap<string, boolean> {
  const steps = rows.flatMap((row) => (row.kind === "message" && row.step ? [row.step] : []));
  return new Map(steps.map((step) => [step.split(".")[0] ?? "", step.includes(".")]));
}

function halves(rows: readonly LadderRow[]): readonly (readonly LadderRow[])[] {
  const starts = rows.flatMap((row, at) => (row.kind === "section" && row.level === 0 ? [at] : []));
  return starts.map((start, at) => rows.slice(start, starts[at + 1]));
}

const CASES = NAMES.flatMap((name) => CHANGES.map((change, at) => [name, at, change] as const));

test.each(CASES)(
  "%s, change %i: a step that both have is told as deep in both",
  (name, _, change) => {
    const run = runOf(name);
    if (idle(run.machine, run.flow.header.framework, change) !== undefined) return;
    const labelled = run.steps.filter(({ label }) => label !== undefined).slice(-3);
    const [first] = labelled;
    if (!first) return;
    const other = otherwise(run, first.number, change);
    for (const step of labelled) {
      for (const from of [undefined, run.steps[1]]) {
        if (from && from.before > step.before) continue;
        const { rows } = futureLadder(run, other, { step, from });
        const [one, two] = halves(rows).map(depths);
        for (const [root, isDeep] of one ?? []) {
          const [left, right] = [run, other].map(({ steps }) => findStep(steps, root));
          const isShared =
            left?.text === right?.text && left?.children.length === right?.children.length;
          const there = two?.get(root);
          if (isShared && there !== undefined)
            expect(there, `${root} at ${step.number}`).toBe(isDeep);
        }
      }
    }
  },
);
