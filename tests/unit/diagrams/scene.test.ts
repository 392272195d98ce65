/** What a scene says is what the run did: rows, marks, rights and slots against the engine. */

import { describe, expect, test } from "vitest";
import {
  draw,
  type Ladder,
  ladderAt,
  type Message,
  toAscii,
  viewsOf,
} from "../../../diagrams/index.ts";
import type { Portraits } from "../../../diagrams/scene/portrait.ts";
import { allSteps, evaluate, KIND_NAMES, type Run } from "../../../engine/index.ts";
import { brokenBy, LIBRARY, NAMES, runOf } from "./runs.ts";

function ladder(run: Run, at: string, more: { detail?: "kernel" | "calls"; from?: string } = {}) {
  const made = ladderAt(run, { at, ...more });
  if (!made.ok) throw new Error(made.message);
  return made.ladder;
}

function messages({ rows }: Ladder): readonly Message[] {
  return rows.filter((row) => row.kind === "message");
}

function textAt(run: Run, at: string, more: object = {}): string {
  const drawn = draw(run, { at, ...more });
  if (!drawn.ok) throw new Error(drawn.message);
  const text = toAscii(drawn.picture);
  if (!text.ok) throw new Error(text.message);
  return text.text;
}

/** How often a kind happened in the run's own steps. */
function happened(run: Run, kind: string): number {
  const start = run.steps[0]?.after ?? 0;
  let count = 0;
  for (let at = 0; at < run.events.count; at += 1) {
    const isOwn = (run.events.step[at] as number) > start;
    if (isOwn && KIND_NAMES[run.events.kind[at] as number] === kind) count += 1;
  }
  return count;
}

// @ts-expect-error a kind that nobody drew does not compile
const none: Portraits<"ring"> = {};
expect(none).toEqual({});

test.each([...LIBRARY.keys()])("the flow %s runs, so that it can be drawn", (name) => {
  expect(brokenBy(name)).toBeUndefined();
});

/** Flows in which nothing repeats often enough to fold. */
const UNFOLDED = NAMES.filter((name) => {
  const run = runOf(name);
  const rows = messages(ladder(run, run.steps.at(-1)?.number ?? "0", { detail: "calls" }));
  return !rows.some(({ step, label }) => step.includes("..") || label.startsWith("the same"));
});

describe.each(UNFOLDED)("%s", (name) => {
  const run = runOf(name);
  const last = run.steps.at(-1)?.number ?? "0";

  test("each DMA is a row that meets the IOMMU, passed or refused, and nothing else is", () => {
    const rows = messages(ladder(run, last, { detail: "calls" }));
    const passed = happened(run, "dma.read") + happened(run, "dma.write");
    if (run.flow.header.iommus.length === 0) {
      expect(rows.filter((row) => row.iommu)).toEqual([]);
      return;
    }
    expect(rows.filter((row) => row.iommu === "o")).toHaveLength(passed);
    expect(rows.filter((row) => row.iommu === "X")).toHaveLength(happened(run, "dma.fault"));
    for (const { iommu, role } of rows) if (iommu) expect(role).toBe("device");
  });

  test("what the process stores and loads runs from and to its lane, past the IOMMU", () => {
    const rows = messages(ladder(run, last, { detail: "calls" }));
    for (const row of rows) {
      if (row.role !== "process") continue;
      expect(row.iommu).toBeUndefined();
      for (const { from, to } of row.hops) {
        expect([from, to].some((lane) => lane.startsWith("process") || lane === "kernel")).toBe(
          true,
        );
      }
    }
  });

  test("at kernel depth every event of a call has a row, alone or as all that its call does", () => {
    const rows = messages(ladder(run, last, { detail: "kernel" }));
    const told = new Set(rows.flatMap(({ step }) => numbersOf(step)));
    for (const { number, event, children } of allSteps(run.steps)) {
      const only = children.length === 1 ? children[0] : undefined;
      if (event) expect(told, number).toContain(number);
      else if (only?.event && told.has(number)) told.add(only.number);
    }
  });
});

/** "6.1..15" stands for fifteen numbers. */
function numbersOf(step: string): readonly string[] {
  const [, before = "", first, last] = /^(.*?)(\d+)\.\.(\d+)$/.exec(step) ?? [];
  if (first === undefined) return [step];
  const count = Number(last) - Number(first) + 1;
  return Array.from({ length: count }, (_, at) => `${before}${Number(first) + at}`);
}

describe.each(NAMES)("%s", (name) => {
  const run = runOf(name);

  test("nothing is drawn that came after the step on screen", () => {
    for (const { number } of allSteps(run.steps)) {
      const [whole] = number.split(".").map(Number);
      for (const { step } of messages(ladder(run, number))) {
        const first = Number(step.split(".")[0]);
        expect(step === "" || first <= (whole ?? 0), `${step} at ${number}`).toBe(true);
      }
    }
  });

  test("the step on screen is marked, and no other", () => {
    for (const { number } of allSteps(run.steps)) {
      if (number === "0") continue;
      const rows = messages(ladder(run, number)).filter((row) => row.current);
      expect(rows.length, number).toBeGreaterThan(0);
      for (const { step } of rows) {
        const isInside = step === "" || step === number || step.startsWith(`${number}.`);
        expect(isInside || step.startsWith(number), `${step} at ${number}`).toBe(true);
      }
    }
  });
});

test("system calls are counted part by part, as the flow's own expectations count them", () => {
  expect(ladder(runOf("send-request"), "@done").notes[0]).toBe(
    "System calls = 2 in the first part, 0 in the second. Pages pinned = 2.",
  );
  expect(ladder(runOf("send-request"), "@done", { from: "@send" }).notes[0]).toBe(
    "System calls = 0. Pages pinned = 2.",
  );
  expect(ladder(runOf("send-request-ioctl"), "@done").notes[0]).toContain(
    "1 in the second. Bytes copied by the kernel = 2661.",
  );
});

test("equal requests fold to one row with their slots, and a refusal says which check it was", () => {
  const text = textAt(runOf("ring-full"), "@room", { view: "sequence" });
  expect(text).toMatch(/^ {3}3\.\.17 +wd_send, slots 0 to 14 +\|-+>\|$/m);
  expect(text).toMatch(/18 +wd_send = -EBUSY/);
  expect(text).toMatch(/\[note\] the ring is full/);
  expect(text).toMatch(/the same, 14 times more/);
});

/** Both sides of an `expect` of the flow, as they are at a step, in the names of `app`. */
function asked(run: Run, label: string, at: string): readonly [unknown, unknown] {
  const step = allSteps(run.steps).find((some) => `@${some.label}` === at);
  const machine = run.machineAt(step?.after ?? 0);
  const pid = machine.tasks.findIndex((task) => task.name === "app");
  const item = run.flow.items.find((some) => some.kind === "expect" && some.label === label);
  if (item?.kind !== "expect") throw new Error(label);
  const [left, right] = [item.query, item.value].map((side) => evaluate(machine, pid, side));
  return [left?.ok ? left.value : left?.why, right?.ok ? right.value : right?.why];
}

test("a board says what the queries say: who has which page, and that they have come apart", () => {
  const run = runOf("fork-cow");
  const [own, engine] = asked(run, "parent-moved", "@lost");
  const [child] = asked(run, "child-stayed", "@lost");
  expect(engine).toBe(child);
  expect(own).not.toBe(engine);
  const text = textAt(run, "@lost", { view: "memory" });
  const row = (name: string) =>
    text
      .split("\n")
      .find((line) => line.startsWith(`  ${name} `))
      ?.trim()
      .split(/ {2,}/)
      .slice(1);
  expect(text).toMatch(new RegExp(`page ${engine} +page ${own} +page ${engine} +page ${own}\n`));
  expect(row("app")).toEqual(["r-", ".", ". *", "rw *"]);
  expect(row("child")).toEqual(["r-", ".", "r-", "."]);
  expect(row("engine")).toEqual(["rw", ".", "rw", "."]);
  expect(row("pins")).toEqual(["1", "0", "1", "0"]);
  expect(row("same page?")).toEqual(["yes", "NO * [1]"]);
});

test("the moment before is the last one at which device and process saw one page", () => {
  expect(textAt(runOf("fork-cow"), "@lost", { view: "memory" })).toContain("before (@forked)");
  expect(textAt(runOf("gup-dontneed"), "@split", { view: "memory" })).toContain("before (@shared)");
  const chosen = textAt(runOf("fork-cow"), "@lost", { view: "memory", from: "@copied" });
  expect(chosen).toContain("before (@copied)");
});

test("a ring has as many requests as were sent and not received, at every step", () => {
  const run = runOf("ring-full");
  for (const step of run.steps) {
    if (step.number === "0") continue;
    const done = run.steps.filter(({ after }) => after <= step.after);
    const count = (call: string) => done.filter(({ text }) => text.includes(call)).length;
    const sent = done.filter(({ text }) => /wd_send.* = 0$/.test(text)).length;
    const text = textAt(run, step.number, { view: "rings" });
    expect(text, step.number).toContain(`${sent - count("wd_recv")} of 16 used`);
  }
});

test("both ends of a queue manager's ring stand under their slots, named as their driver does", () => {
  const text = textAt(runOf("send-request"), "@send", { view: "rings" });
  const lines = text.split("\n");
  const at = (name: string) => lines.find((line) => line.includes(name))?.indexOf("^");
  const heads = lines.find((line) => line.startsWith("  slot")) ?? "";
  expect(at("sqc.head = 0, engine takes requests")).toBe(heads.indexOf("0"));
  expect(at("sq_tail = 1, app adds requests")).toBe(heads.indexOf("1..1023"));
  expect(at("cq_head = 0, app takes results")).toBe(heads.indexOf("0"));
});

test("a request that is stored and not announced is told apart from one that is", () => {
  const run = runOf("send-request");
  expect(textAt(run, "@send.1", { view: "rings" })).toMatch(/state +\| stored\*/);
  expect(textAt(run, "@send", { view: "rings" })).toMatch(/state +\| REQ\*/);
  expect(textAt(run, "6.1", { view: "rings" })).toMatch(/state +\| busy\*/);
  expect(textAt(run, "6", { view: "rings" })).toMatch(/state +\| done\*/);
});

test("a run's first view is what its story is about", () => {
  const first = Object.fromEntries(NAMES.map((name) => [name, viewsOf(runOf(name))[0]]));
  expect(first).toMatchObject({
    "fork-cow": "memory",
    "gup-dontneed": "memory",
    "share-memory": "memory",
    "ring-full": "rings",
    "send-request": "sequence",
    "send-request-ioctl": "sequence",
    "open-a-queue": "sequence",
  });
});

test("a refusal is one line that says what there is", () => {
  const run = runOf("send-request");
  const said = (at: string, more: object = {}) => {
    const drawn = draw(run, { at, ...more });
    return drawn.ok ? "drawn" : `${drawn.kind}: ${drawn.message}`;
  };
  expect(said("@foo")).toBe(
    "step: no step @foo; there are @share @send @done @again @again-done 0 to 10",
  );
  expect(said("@sent")).toMatch(/; did you mean @send\?$/);
  expect(said("@send", { from: "@done" })).toBe("step: @done comes after @send");
  expect(said("1", { view: "memory" })).toBe("view: no page to show at step 1");
  expect(said("@done", { width: 20 })).toMatch(/^narrow: needs \d+ columns$/);
  const dummy = draw(runOf("ring-full"), { at: "@full", view: "memory" });
  expect(dummy).toMatchObject({ ok: false, kind: "view" });
});

test("a device's first step, drawn behind a fork that comes later, has a lane for the child", () => {
  const [head = ""] = (LIBRARY.get("send-request") ?? "").split("\nshow ");
  const calls = [
    "app: buf = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
    "app: store(buf, text(2K)) = 0",
    "app: wd_send(q, {src: buf, len: 2K, dst: buf+4K, room: 4K}) = 0",
    "app: fork()",
    "app: wait 20us",
  ];
  const run = runOf("fork-beside", `${head}\n\n${calls.join("\n")}\n`);
  const request = run.steps.find(({ text }) => /request in slot/.test(text));
  const inner = allSteps(request ? [request] : []).map(({ number }) => number);
  expect(inner.length).toBeGreaterThan(3);
  for (const at of inner) {
    expect(textAt(run, at, { view: "sequence" })).toMatch(/fork/);
  }
});
