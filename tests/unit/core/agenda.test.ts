import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ACTION,
  type Actor,
  AGENDA_MAX,
  agenda,
  clone,
  dropActor,
  enabled,
  ns,
  plan,
  reserve,
  take,
} from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "./fuzz.ts";

type Op =
  | { readonly kind: "plan"; readonly delay: number; readonly actor: number }
  | { readonly kind: "take"; readonly pick: number }
  | { readonly kind: "drop"; readonly actor: number };

/** Few values, so that times tie and actors meet. */
const anOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("plan" as const),
      delay: fc.nat(3),
      actor: fc.nat(4),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("take" as const), pick: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), actor: fc.nat(4) }) },
);

interface Row {
  readonly at: number;
  readonly id: number;
  readonly actor: number;
}

/** The plainest thing that could be right: a list, sorted (sort is stable, ids count upwards). */
function choices(model: readonly Row[]): Row[] {
  const sorted = model.toSorted((a, b) => a.at - b.at || a.id - b.id);
  return sorted.filter((row) => sorted.find((other) => other.actor === row.actor) === row);
}

function agreesWithList(ops: readonly Op[]): void {
  const real = agenda(512);
  let model: Row[] = [];
  let now = 0;
  for (const [id, op] of ops.entries()) {
    if (op.kind === "plan") {
      plan(real, ns(op.delay), ACTION.task, op.actor as Actor, id, -1);
      model.push({ at: now + ns(op.delay), id, actor: op.actor });
    } else if (op.kind === "drop") {
      dropActor(real, op.actor as Actor);
      model = model.filter(({ actor }) => actor !== op.actor);
    } else {
      const offered = choices(model);
      const rows: number[] = [];
      enabled({ agenda: real }, rows);
      expect(rows.map((row) => real.rows.arg[row])).toEqual(offered.map((row) => row.id));
      const chosen = offered[op.pick];
      expect(take(real, op.pick)).toBe(chosen !== undefined);
      if (!chosen) continue;
      now = Math.max(now, chosen.at);
      expect([real.now, real.arg, real.actor]).toEqual([now, chosen.id, chosen.actor]);
      model = model.filter((row) => row !== chosen);
    }
  }
  expect(real.size).toBe(model.length);
  const left: number[] = [];
  while (take(real)) left.push(real.arg);
  expect(left).toEqual(model.toSorted((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id));
}

test(
  "the heap takes, offers and drops what a sorted list would",
  () => check(fc.property(fc.array(anOp, { size: "max", maxLength: 400 }), agreesWithList)),
  TIMEOUT,
);

test("all actions of an actor are dropped, wherever in the heap they are", () => {
  // Rows 1 to 4 lie under row 0; taking row 5 out of the heap once moved row 1 past the search.
  const real = agenda();
  const rows = [
    [0, 9],
    [9, 7],
    [1, 9],
    [2, 9],
    [3, 9],
    [9, 7],
    [9, 9],
    [9, 9],
    [9, 9],
    [4, 9],
  ];
  for (const [delay = 0, actor] of rows) plan(real, ns(delay), ACTION.task, actor as Actor, delay);
  dropActor(real, 7 as Actor);
  expect(Array.from(real.rows.actor.subarray(0, real.size))).toEqual(Array(8).fill(9));
});

test("actions of one instant come in the order in which they were filed", () => {
  const real = agenda();
  for (let id = 0; id < 40; id += 1) plan(real, ns(5), ACTION.task, id as Actor, id);
  const taken: number[] = [];
  while (take(real)) taken.push(real.arg);
  expect(taken).toEqual(Array.from({ length: 40 }, (_, id) => id));
});

test("a pick that is not there takes nothing, and changes nothing", () => {
  const real = agenda();
  plan(real, ns(1), ACTION.task, 1 as Actor, 7);
  const before = clone(real);
  expect(take(real, 1)).toBe(false);
  expect(real).toEqual(before);
});

test("a later action taken first does not let the clock run back", () => {
  const real = agenda();
  plan(real, ns(1), ACTION.task, 1 as Actor, 1);
  plan(real, ns(9), ACTION.task, 2 as Actor, 2);
  expect(take(real, 1) && real.now).toBe(ns(9));
  expect(take(real) && [real.now, real.arg]).toEqual([ns(9), 1]);
});

test("an action remembers the step and the call that filed it", () => {
  const real = agenda();
  real.span = 3;
  plan(real, ns(1), ACTION.task, 1 as Actor, 0);
  plan(real, ns(2), ACTION.task, 1 as Actor, 0, 8);
  take(real);
  expect([real.step, real.cause, real.span]).toEqual([1, 0, 3]);
  take(real);
  expect([real.step, real.cause, real.span]).toEqual([2, 0, 8]);
});

test("columns grow between two steps, and keep what they hold", () => {
  const real = agenda(64);
  for (let round = 0; round < 4; round += 1) {
    expect(reserve(real)).toBe(true);
    for (let id = 0; id < 64; id += 1) plan(real, ns(1), ACTION.task, 1 as Actor, 64 * round + id);
  }
  expect(real.rows.at.length).toBeGreaterThanOrEqual(256);
  const taken: number[] = [];
  while (take(real)) taken.push(real.arg);
  expect(taken).toEqual(Array.from({ length: 256 }, (_, id) => id));
});

test("more than AGENDA_MAX actions are a refusal, not a crash", () => {
  const real = agenda(64);
  real.size = AGENDA_MAX - 10;
  expect(reserve(real)).toBe(false);
  expect(real.rows.at.length).toBe(64);
});

test("a step that files more than was reserved is the model's mistake", () => {
  const real = agenda(2);
  plan(real, ns(1), ACTION.task, 1 as Actor, 0);
  plan(real, ns(1), ACTION.task, 1 as Actor, 0);
  expect(() => plan(real, ns(1), ACTION.task, 1 as Actor, 0)).toThrow("more than it reserved");
});
