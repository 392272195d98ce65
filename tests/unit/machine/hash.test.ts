import { describe, expect, test } from "vitest";
import { copyOf, fingerprint, hash, type Machine } from "../../../engine/index.ts";
import { runOf } from "./flows.ts";

/** A sum that leaves a part out would call two machines the same that are not. */

/** What is no state: the news of the last step, the story as it is written, room kept in hand. */
const NO_STATE = [
  /^news\b/, // told already
  /^script\b/, // never changes
  /^frames\.(slot|slots|freeSlots)\b/, // where content lies; the content itself counts
];

/** The path of every column, list and number that a machine keeps in place. */
function* places(part: object, path = ""): Generator<string> {
  for (const [name, field] of Object.entries(part)) {
    const here = path === "" ? name : `${path}.${name}`;
    if (NO_STATE.some((dead) => dead.test(here))) continue;
    if (
      typeof field === "object" &&
      field !== null &&
      !Array.isArray(field) &&
      !ArrayBuffer.isView(field)
    ) {
      yield* places(field, here);
    } else yield here;
  }
}

function at(
  machine: Machine,
  path: string,
): { readonly owner: Record<string, unknown>; readonly name: string } {
  const names = path.split(".");
  const name = names.pop() as string;
  const owner = names.reduce(
    (part: unknown, step) => (part as Record<string, unknown>)[step],
    machine,
  );
  return { owner: owner as Record<string, unknown>, name };
}

/** Changes one thing there. @returns false where there is nothing alive to change */
function change(machine: Machine, path: string): boolean {
  const { owner, name } = at(machine, path);
  const value = owner[name];
  if (ArrayBuffer.isView(value)) {
    const column = value as Float64Array;
    const place = Math.max(
      column.findIndex((word) => word !== 0),
      0,
    );
    if (column.length === 0) return false;
    column[place] = ((column[place] as number) + 1) % 200;
    return true;
  }
  if (Array.isArray(value)) value.push(value.at(-1) ?? "one more");
  else if (typeof value === "number") owner[name] = value + 1;
  else if (typeof value === "boolean") owner[name] = !value;
  else owner[name] = { kind: "limit", why: "changed" };
  return true;
}

/** Machines in the middle of different stories: between them every column is in use. */
const MIDDLES = ["send-request", "share-memory", "fork-cow", "send-request-ioctl"].flatMap(
  (name) => {
    const { machineAt, machine } = runOf(name);
    const last = machine.agenda.step;
    return [0.5, 0.7, 0.9].map((part) => machineAt(Math.floor(part * last)));
  },
);

const PATHS = [...places(MIDDLES[0] as Machine)];

test("there is something to change", () => {
  expect(PATHS).toEqual(
    expect.arrayContaining(["frames.refs", "agenda.rows.at", "tasks", "iotlb.entry", "end"]),
  );
});

describe("the hash sees a change of", () => {
  test.each(PATHS)("%s", (path) => {
    const seen = MIDDLES.filter((machine) => {
      const copy = copyOf(machine);
      return change(copy, path) && hash(copy) !== hash(machine);
    });
    expect(seen.length).toBeGreaterThan(0);
  });
});

test("the hash does not see what is no state", () => {
  for (const machine of MIDDLES) {
    const copy = copyOf(machine);
    copy.news.kind.fill(9);
    copy.news.count = 5;
    copy.agenda.rows.at[copy.agenda.size] = 77;
    copy.frames.refs[copy.frames.top] = 7;
    copy.tables.entries[copy.tables.made * 512] = 7;
    copy.queues.head[copy.queues.made] = 7;
    expect(hash(copy)).toBe(hash(machine));
  }
});

describe("the fingerprint", () => {
  const [machine] = MIDDLES as [Machine];

  test.each(["agenda.now", "agenda.step", "agenda.nextSeq", "counts"])(
    "does not see %s: it is history",
    (path) => {
      const copy = copyOf(machine);
      change(copy, path);
      expect(fingerprint(copy)).toBe(fingerprint(machine));
    },
  );

  test.each(["frames.refs", "tables.entries", "tasks", "queues.head", "mms", "iotlb.entry"])(
    "sees %s",
    (path) => {
      const copy = copyOf(machine);
      change(copy, path);
      expect(fingerprint(copy)).not.toBe(fingerprint(machine));
    },
  );
});
