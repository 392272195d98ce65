import { describe, expect, test } from "vitest";
import { EXCEPTIONS, INVARIANTS, type InvariantName } from "../../../engine/check/index.ts";
import { FAIL_KINDS, type FailKind } from "../../../engine/core/index.ts";
import { copyOf, type Machine, playFlow, readFlow, type Told } from "../../../engine/index.ts";
import { LIBRARY, NAMES } from "../machine/flows.ts";
import { isAllowed, mayCrash, mayStay } from "./allowed.ts";
import { endAll } from "./farewell.ts";
import { counts, differences, withoutPeople } from "./left.ts";

/**
 * Whichever allocation, pin or mapping of a flow fails: the kernel refuses or crashes as it is known
 * to, no invariant breaks but those listed, and when all have gone the counters are where they began.
 */

/** An invalidation that fails is one that the kernel forgets: flow stale-iotlb shows what comes of it. */
const KINDS = FAIL_KINDS.filter((kind) => kind !== "invalidate");

const BREAKS = Object.keys(INVARIANTS) as readonly InvariantName[];

function read(name: string): Told {
  const text = LIBRARY.get(name) ?? "";
  const result = readFlow({ text, file: `${name}.flow` }, LIBRARY);
  if (!result.ok) throw new Error(`${name} cannot be read`);
  return result.told;
}

/** The same flow, in which the `nth` of a kind fails too. */
function failing(told: Told, kind: FailKind, nth: number): Told {
  const { main } = told.cast;
  const header = { ...main.header, fail: [...main.header.fail, { kind, nth }] };
  return { ...told, cast: { ...told.cast, main: { ...main, header } } };
}

function broken(machine: Machine, flow: string): string | undefined {
  for (const name of BREAKS) {
    if (EXCEPTIONS.some((one) => one.flow === flow && one.invariant === name)) continue;
    const said = INVARIANTS[name](machine);
    if (said !== undefined && !isAllowed(machine, { isGentle: false }, name)) return said;
  }
  return undefined;
}

/** Plays a flow to its end and beyond. @returns what is wrong, in words, and what was asked for */
function play(told: Told, flow: string): { readonly wrong: string[]; readonly asked: Int32Array } {
  const wrong: string[] = [];
  const look = (machine: Machine): void => {
    const said = wrong.length === 0 ? broken(machine, flow) : undefined;
    if (said !== undefined) wrong.push(said);
  };
  const run = playFlow(told, { onStep: look });
  const before = withoutPeople(counts(run.machineAt(0)));
  const machine = copyOf(run.machine);
  const { asked } = machine;
  if (!machine.end) endAll(machine, () => look(machine));
  const { end } = machine;
  if (end && !mayCrash(machine, end.why)) wrong.push(`${end.kind}: ${end.why}`);
  if (end) return { wrong, asked };
  for (const { name, before: was, after } of differences(before, counts(machine))) {
    if (!mayStay(machine, name)) wrong.push(`${name}: ${was}, then ${after}`);
  }
  return { wrong, asked };
}

/** What the given flows ask for: their own failures are theirs to show. */
function askedBefore(told: Told): Int32Array {
  const first = told.script.findIndex(({ isGiven }) => !isGiven);
  let asked: Int32Array = new Int32Array(FAIL_KINDS.length);
  playFlow(told, {
    onStep: (machine) => {
      if (machine.story.cursor < first) asked = machine.asked.slice();
    },
  });
  return asked;
}

describe.each(NAMES)("%s", (flow) => {
  const told = read(flow);
  const before = askedBefore(told);

  test("as it is", () => expect(play(told, flow).wrong).toEqual([]));

  test.each(KINDS)("whichever %s fails", (kind) => {
    const at = FAIL_KINDS.indexOf(kind);
    const wrong: string[] = [];
    for (let nth = (before[at] as number) + 1; ; nth += 1) {
      const { asked, wrong: found } = play(failing(told, kind, nth), flow);
      wrong.push(...found.map((what) => `${kind} ${nth}: ${what}`));
      if ((asked[at] as number) < nth) break;
    }
    expect(wrong).toEqual([]);
  });
});
