import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KIND_NAMES } from "../../../engine/core/index.ts";
import { allSteps, type Run, runFlow, type Step } from "../../../engine/index.ts";

const FOLDER = new URL("../../../content/flows/", import.meta.url);
const TEXTS = new Map(
  readdirSync(FOLDER).map((file) => [
    file.replace(/\.flow$/, ""),
    readFileSync(new URL(file, FOLDER), "utf8"),
  ]),
);

function ran(name: string): Run {
  const result = runFlow({ text: TEXTS.get(name) ?? "", file: `${name}.flow` }, TEXTS);
  if (!result.ok) throw new Error(`${name} does not run`);
  return result.run;
}

/** The steps inside a labelled one, by kind of event, in their order. */
function inside(run: Run, label: string): Step[] {
  const step = run.steps.find((one) => one.label === label);
  return step ? allSteps([step]).filter(({ event }) => event !== undefined) : [];
}

const WAITING = ["ring.doorbell", "task.sleep", "dma.read", "irq.raise", "task.wake", "ring.reap"];

test("a call that waits for a chip sleeps, is interrupted and wakes, in that order", () => {
  const kinds = inside(ran("send-request-ioctl"), "send").map(({ event }) => event?.kind ?? "");
  const seen = kinds.filter((kind) => WAITING.includes(kind));
  expect(seen.filter((kind, at) => kind !== seen[at - 1])).toEqual(WAITING);
});

test("who only polls is not interrupted, and never sleeps", () => {
  const { counts } = ran("send-request").machine;
  for (const kind of ["task.sleep", "task.wake", "irq.raise"] as const) {
    expect(counts[KIND_NAMES.indexOf(kind)], kind).toBe(0);
  }
});

test("a call that has not returned ends in its sleep, and its rest begins with waking", () => {
  const { steps } = ran("mdev-remove-busy");
  const parts = steps.filter(({ text }) => text.includes("write"));
  const ends = parts.map(({ children }) => [
    children[0]?.event?.kind,
    children.at(-1)?.event?.kind,
  ]);
  expect(ends[0]).toEqual(["task.sleep", "task.sleep"]);
  expect(ends.at(-1)?.[0]).toBe("task.wake");
});

/** Where a step of a kind is read, once for each. */
function sources(name: string, label: string, kind: string): string[] {
  const steps = inside(ran(name), label).filter(({ event }) => event?.kind === kind);
  return [...new Set(steps.map(({ source = "nobody's" }) => source))];
}

// biome-ignore format: one ring a line
const RINGS = [
  ["send-request",       "send",   "ring.submit",   /^hisi_qm_add_to_dio_q, .*hisi_qm_udrv\.c/],
  ["send-request",       "send",   "ring.doorbell", /^hisi_qm_add_to_dio_q, .*hisi_qm_udrv\.c/],
  ["too-big",            "send",   "ring.submit",   /dummy_drv\.c/],
  ["too-big",            "success", "ring.reap",    /dummy_drv\.c/],
  ["too-big",            "flush",  "ring.refuse",   /dummy_wd_dev\.c/],
  ["send-request-ioctl", "send",   "ring.submit",   /^nobody's$/],
  ["send-request-ioctl", "send",   "ring.reap",     /^nobody's$/],
] as const;

test.each(RINGS)("%s@%s: %s names the file it is read in", (name, label, kind, source) => {
  const found = sources(name, label, kind);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(source);
});

test("an errno that a driver writes 0 over is told all the same", () => {
  const [refused] = inside(ran("too-big"), "flush");
  expect(refused).toMatchObject({
    text: "refuse request: EINVAL, then 0 over it",
    event: { kind: "ring.refuse", args: [0, 1, 22, 0] },
  });
});
