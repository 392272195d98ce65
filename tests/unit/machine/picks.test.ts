import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  copyOf,
  deaf,
  decode,
  enabled,
  encode,
  hash,
  type Machine,
  step,
} from "../../../engine/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { LIBRARY, NAMES, runOf } from "./flows.ts";

/**
 * A run is a function of flow, seed and picks. Whatever is picked, it comes to an end: the story
 * is over, a call can never return, or the kernel crashed. It never throws.
 */

const STARTS: readonly Machine[] = NAMES.map((name) => runOf(name).machineAt(0));

/**
 * Stories with a call of the library that tries again until it has something: it has no end while
 * its device is starved. There a run is cut off.
 */
const IS_LOOP = NAMES.map((name) => LIBRARY.get(name)?.includes("_sync(") ?? false);
const LOOP_STEPS = 2_000;

/** More than any of these stories takes in time order, and far more than time order's worst. */
const STEPS_MAX = 20_000;

/** Which of those enabled, over and over: a few numbers make a habit, such as starving one. */
const someWishes = fc.array(fc.nat(4), { minLength: 1, maxLength: 40 });

/** Runs to the end. @returns the picks that were made */
function runBy(machine: Machine, wishes: readonly number[], which: number): number[] {
  const sink = deaf();
  const rows: number[] = [];
  const picks: number[] = [];
  for (;;) {
    enabled(machine, rows);
    if (rows.length === 0 || machine.end) return picks;
    const pick = (wishes[picks.length % wishes.length] as number) % rows.length;
    if (!step(machine, sink, pick)) return picks;
    picks.push(pick);
    if (IS_LOOP[which] && picks.length === LOOP_STEPS) return picks;
    if (picks.length > STEPS_MAX) throw new Error(`no end after ${STEPS_MAX} steps`);
  }
}

function again(start: Machine, picks: readonly number[]): Machine {
  const machine = copyOf(start);
  const sink = deaf();
  for (const pick of picks) expect(step(machine, sink, pick)).toBe(true);
  return machine;
}

const aStart = fc.nat(STARTS.length - 1);

test(
  "any picks come to an end, and the same picks to the same one",
  () =>
    check(
      fc.property(aStart, someWishes, (which, wishes) => {
        const start = STARTS[which] as Machine;
        const machine = copyOf(start);
        const picks = runBy(machine, wishes, which);
        expect(hash(again(start, picks)), `${NAMES[which]} by ${picks.join(" ")}`).toBe(
          hash(machine),
        );
      }),
    ),
  TIMEOUT,
);

test(
  "a checkpoint, and one read back from text, goes on by the same picks to the same end",
  () =>
    check(
      fc.property(aStart, someWishes, fc.nat(99), (which, wishes, percent) => {
        const start = STARTS[which] as Machine;
        const machine = copyOf(start);
        const picks = runBy(machine, wishes, which);
        const cut = Math.floor((picks.length * percent) / 100);
        const middle = again(start, picks.slice(0, cut));
        const rest = picks.slice(cut);
        const read = decode<Machine>(encode(middle));
        expect([hash(again(middle, rest)), hash(again(read, rest))]).toEqual([
          hash(machine),
          hash(machine),
        ]);
      }),
      { share: 0.5 },
    ),
  TIMEOUT,
);

describe("enabled", () => {
  test("offers one action of each actor, and time order's first", () => {
    for (const start of STARTS) {
      const machine = copyOf(start);
      const rows: number[] = [];
      do {
        enabled(machine, rows);
        const { actor, at } = machine.agenda.rows;
        expect(new Set(rows.map((row) => actor[row])).size).toBe(rows.length);
        const times = rows.map((row) => at[row] as number);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(rows.length > 0).toBe(machine.agenda.size > 0);
      } while (step(machine, deaf()));
    }
  });

  test("somewhere there is a choice: else nothing here would be tried", () => {
    let choices = 0;
    for (const start of STARTS) {
      const machine = copyOf(start);
      const rows: number[] = [];
      do {
        enabled(machine, rows);
        if (rows.length > 1) choices += 1;
      } while (step(machine, deaf()));
    }
    expect(choices).toBeGreaterThan(50);
  });
});

test("picks change what happens: a request can be done before its program looks", () => {
  const which = NAMES.indexOf("send-request");
  const sums = new Set<string>();
  for (const wishes of [[0], [1], [0, 1], [1, 1, 0], [2, 0, 1]]) {
    const machine = copyOf(STARTS[which] as Machine);
    runBy(machine, wishes, which);
    sums.add(hash(machine));
  }
  expect(sums.size).toBeGreaterThan(2);
});
