import { describe, expect, test } from "vitest";
import {
  allSteps,
  DEPTHS,
  findStep,
  KIND_NAMES,
  runFlow,
  type Step,
} from "../../../engine/index.ts";
import { LIBRARY, NAMES, runOf } from "../machine/flows.ts";
import { stepFaults } from "./step-faults.ts";

/** Steps and their numbers: what links, pictures and players go by. */

const RUNS = NAMES.map((name) => [name, runOf(name)] as const);

function shown(steps: readonly Step[], depth: (typeof DEPTHS)[number]): Step[] {
  const rank = DEPTHS.indexOf(depth);
  return allSteps(steps).filter((step) => DEPTHS.indexOf(step.depth) <= rank);
}

describe.each(RUNS)("%s", (_name, { steps, machine, events, flow }) => {
  const all = allSteps(steps);

  test("numbers count up, and each step begins where the one beside it ended", () => {
    expect(stepFaults(steps, machine.agenda.step)).toEqual([]);
    expect(new Set(all.map(({ number }) => number)).size).toBe(all.length);
    const times = steps.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("a step is listed before those inside it, and they before the next", () => {
    const keys = all.map(({ number }) => number.split(".").map(Number));
    for (const [at, key] of keys.entries()) {
      const before = keys[at - 1];
      if (before)
        expect(isBefore(before, key), `${before.join(".")} and ${key.join(".")}`).toBe(true);
    }
  });

  test("a number means the same at every depth", () => {
    const deepest = new Map(shown(steps, "kernel").map((step) => [step.number, step]));
    expect(deepest.size).toBe(all.length);
    for (const depth of DEPTHS) {
      for (const step of shown(steps, depth)) expect(deepest.get(step.number)).toBe(step);
    }
  });

  test("what lies inside a step is no less deep than the step", () => {
    for (const step of all) {
      for (const child of step.children) {
        expect(DEPTHS.indexOf(child.depth)).toBeGreaterThanOrEqual(DEPTHS.indexOf(step.depth));
      }
    }
    expect(steps.every(({ depth }) => depth === "story")).toBe(true);
  });

  test("every event of the flow's own calls is inside some step, once", () => {
    const seen = all.flatMap(({ event }) => (event ? [event] : []));
    const first = steps[0]?.after ?? 0;
    const told = ["call.enter", "call.return"].map((kind) =>
      KIND_NAMES.indexOf(kind as "call.enter"),
    );
    let wanted = 0;
    for (let at = 0; at < events.count; at += 1) {
      const isLate = (events.step[at] as number) > first && (events.span[at] as number) >= 0;
      if (isLate && !told.includes(events.kind[at] as number)) wanted += 1;
    }
    expect(seen).toHaveLength(wanted);
  });

  test("every statement is a step, in the order of the file", () => {
    const statements = flow.items.filter((item) => item.kind === "statement");
    const lines = steps.flatMap(({ line }) => (line === undefined ? [] : [line]));
    expect(lines).toEqual(statements.map(({ at }) => at.line));
  });

  test("a label, a number and a sub-step lead to their step", () => {
    for (const step of all) expect(findStep(steps, step.number)).toBe(step);
    for (const step of all) {
      if (step.label === undefined) continue;
      expect(findStep(steps, `@${step.label}`)).toBe(step);
      for (const [at, child] of step.children.entries()) {
        expect(findStep(steps, `@${step.label}.${at + 1}`)).toBe(child);
        const deeper = child.children[0];
        if (deeper) expect(findStep(steps, `@${step.label}.${at + 1}.1`)).toBe(deeper);
      }
    }
  });
});

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return false;
    if (part !== other) return part < other;
  }
  return left.length < right.length;
}

const { steps: STEPS } = runOf("send-request");

test.each([
  "",
  "@",
  "@nowhere",
  "@send.99",
  "99",
  "1.99",
  "-1",
  "1.",
  ".1",
  "@send.",
  "@send.x",
  "01",
  "1.01",
  " 1",
  "__proto__",
])("the address %j leads nowhere", (address) => {
  expect(findStep(STEPS, address)).toBeUndefined();
});

test("step 0 is what was given", () => {
  expect(STEPS[0]).toMatchObject({
    number: "0",
    text: "after open-a-queue",
    before: 0,
    children: [],
  });
  expect(STEPS[0]?.after).toBeGreaterThan(10);
  const { steps } = runOf("open-a-queue");
  expect(steps[0]).toMatchObject({ text: "before the first step", before: 0, after: 0 });
});

test("a request of the device is a step of its own, behind the statement that rang", () => {
  const send = findStep(STEPS, "@send") as Step;
  const next = STEPS[Number(send.number) + 1] as Step;
  expect([next.actor, next.line, next.children.length > 3]).toEqual([
    "hisi_zip-0",
    undefined,
    true,
  ]);
  expect(send.children.map(({ text }) => text)).toEqual([
    expect.stringContaining("store request"),
    expect.stringContaining("store doorbell"),
  ]);
});

test("what the IOMMU does for an access lies inside that access", () => {
  const accesses = allSteps(STEPS).filter(({ event }) => event?.kind === "dma.read");
  expect(accesses.length).toBeGreaterThan(1);
  for (const { children } of accesses) {
    expect(children.map(({ event }) => event?.kind)).toEqual([
      expect.stringMatching(/^iommu\.(hit|walk)$/),
    ]);
  }
});

test("a call that never returns is a step too", () => {
  const text = `title T\nkernel v4.18\nframework ioctl\ndevice hisi_zip-0 kind=zip held
app: zip = open("/dev/hisi_zip-0", O_RDWR)
app: ioctl(zip, WD_IOCTL_COMPRESS, {len: 0}) = <unfinished ...>
hisi_zip-0: step()
`;
  const result = runFlow({ text, file: "f.flow" }, LIBRARY);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const { steps, machine } = result.run;
  expect(steps.map(({ line }) => line)).toEqual([undefined, 5, 6, 7]);
  expect(steps[2]?.text).toContain("<unfinished ...>");
  expect(steps.at(-1)?.after).toBeLessThanOrEqual(machine.agenda.step);
});
