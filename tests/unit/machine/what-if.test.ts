/** One thing is otherwise from a step on: the past stays, the story goes on, and where it parts is told. */

import { expect, test } from "vitest";
import {
  type Change,
  changeWords,
  counterpart,
  findStep,
  hash,
  idle,
  parting,
  type Run,
  readChange,
  runFlow,
  type Step,
} from "../../../engine/index.ts";
import { LIBRARY, NAMES, runOf } from "./flows.ts";

function changeOf(words: string): Change {
  const change = readChange(words);
  if (!change) throw new Error(`not read: ${words}`);
  return change;
}

function otherwise(name: string, words: string, at?: string): Run {
  const step = at === undefined ? undefined : findStep(runOf(name).steps, at);
  const result = runFlow({ text: LIBRARY.get(name) ?? "", file: `${name}.flow` }, LIBRARY, {
    whatIf: { change: changeOf(words), after: step?.before ?? 0 },
  });
  if (!result.ok) throw new Error(`no run of ${name}`);
  return result.run;
}

test.each(["mended D13", "fail pin 2", "fail invalidate 1", "iotlb=0", "iotlb=4096"])(
  "%s is read, and printed as it was",
  (words) => expect(changeWords(changeOf(words))).toBe(words),
);

test.each([
  "",
  "mended",
  "mended D0",
  "mended D99",
  "mended d13",
  "fail",
  "fail pin",
  "fail pin 0",
  "fail pins 1",
  "fail pin 99999",
  "iotlb",
  "iotlb=",
  "iotlb=-1",
  "iotlb=4097",
  "iotlb=1e3",
  " iotlb=0",
  "iotlb=0\n",
])("%j is no change", (words) => expect(readChange(words)).toBeUndefined());

test("a failure is counted from the change on, and what it breaks is named", () => {
  const run = runOf("send-request");
  const other = otherwise("send-request", "fail pin 1", "@share");
  const parted = parting(run.steps, other.steps);
  expect(parted?.one?.label).toBe("share");
  expect(parted?.other?.text).toMatch(/= -1 [A-Z]+$/);
  expect(parted?.inner?.one?.depth).toBe("kernel");
  const late = otherwise("send-request", "fail pin 1", "@send");
  expect(parting(run.steps, late.steps)).toBeUndefined();
});

test("a defect that is mended lets the story go on as it was meant", () => {
  const run = runOf("bad-address");
  const other = otherwise("bad-address", "mended D18");
  const parted = parting(run.steps, other.steps);
  expect(parted?.one?.text).not.toBe(parted?.other?.text);
  expect(other.failures.length).toBeGreaterThan(0);
  expect(other.ok).toBe(true); // shown, not failed
});

test("without an IOTLB each access walks", () => {
  const other = otherwise("send-request", "iotlb=0");
  const walks = (run: Run) =>
    run.steps.flatMap(({ children }) => children).filter(({ text }) => /walk/.test(text)).length;
  const all = (steps: readonly Step[]): readonly Step[] =>
    steps.flatMap((step) => [step, ...all(step.children)]);
  const kinds = (run: Run) => all(run.steps).map(({ event }) => event?.kind);
  expect(kinds(other)).not.toContain("iommu.hit");
  expect(kinds(runOf("send-request"))).toContain("iommu.hit");
  expect(walks(other)).toBeGreaterThanOrEqual(walks(runOf("send-request")));
});

test("what would change nothing says why", () => {
  const { machine } = runOf("bad-address-mended");
  expect(idle(machine, "spimdev", changeOf("mended D18"))).toBe("D18 is mended already");
  expect(idle(machine, "spimdev", changeOf("mended D26"))).toBe("spimdev does not have D26");
  expect(idle(machine, "spimdev", changeOf("mended D13"))).toBeUndefined();
  const bare = runOf("no-iommu").machine;
  expect(idle(bare, "spimdev", changeOf("iotlb=0"))).toBe("there is no IOMMU");
});

const WORDS = ["fail pin 1", "fail map 1", "fail allocate 3", "fail invalidate 1", "iotlb=0"];
const TURNS = NAMES.map((name, at) => [name, WORDS[at % WORDS.length] as string] as const);

test.each(TURNS)("%s, what if %s: one past, an end, the same bits again", (name, words) => {
  const run = runOf(name);
  const middle = run.steps[Math.floor(run.steps.length / 2)] as Step;
  const other = otherwise(name, words, middle.number);
  expect(hash(other.machineAt(middle.before))).toBe(hash(run.machineAt(middle.before)));
  expect(hash(other.machineAt(Number.MAX_SAFE_INTEGER))).toBe(hash(other.machine));
  const last = other.steps.at(-1) as Step;
  expect(counterpart(other.steps, last)).toBe(last);
});
