/** Single facts of scenes, each where a mistake in the adapter would show. */

import { expect, test } from "vitest";
import { draw, ladderAt, type Message, toAscii, type View } from "../../../diagrams/index.ts";
import { ringOf } from "../../../diagrams/scene/ring.ts";
import { allSteps } from "../../../engine/index.ts";
import { NAMES, runOf } from "./runs.ts";

function rows(name: string, at: string, detail?: "calls" | "kernel"): readonly Message[] {
  const made = ladderAt(runOf(name), { at, ...(detail ? { detail } : {}) });
  if (!made.ok) throw new Error(made.message);
  return made.ladder.rows.filter((row) => row.kind === "message");
}

/** `device 0>memory` for each hop of the rows whose label begins so. */
function ways(all: readonly Message[], start: RegExp): readonly string[] {
  const found = all.filter(({ label }) => start.test(label));
  return [...new Set(found.flatMap(({ hops }) => hops.map(({ from, to }) => `${from}>${to}`)))];
}

function textAt(name: string, at: string, view: View): string {
  const drawn = draw(runOf(name), { at, view });
  if (!drawn.ok) throw new Error(drawn.message);
  const text = toAscii(drawn.picture);
  if (!text.ok) throw new Error(text.message);
  return text.text;
}

/** The cells of a row of a board or a ring. */
function cells(text: string, name: string): readonly string[] {
  const line = text.split("\n").find((some) => some.startsWith(`  ${name} `)) ?? "";
  return line
    .trim()
    .split(/ {2,}|\|/)
    .slice(1)
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
}

test("data flows from memory when the engine reads, and to it when the engine writes", () => {
  const all = rows("send-request", "@done");
  expect(ways(all, /^(fetch|read) /)).toEqual(["memory>device 0"]);
  expect(ways(all, /^write /)).toEqual(["device 0>memory"]);
  expect(ways(all, /store request/)).toEqual(["process 1>memory"]);
  expect(ways(all, /doorbell/)).toEqual(["process 1>device 0"]);
  expect(ways(all, /poll|completion, done/)).toEqual(["memory>process 1"]);
});

test("inside a system call it is the kernel that copies, stores and rings", () => {
  const all = rows("send-request-ioctl", "@done");
  expect(ways(all, /from user/)).toEqual(["memory>kernel"]);
  expect(ways(all, /to user/)).toEqual(["kernel>memory"]);
  expect(ways(all, /^store request/)).toEqual(["kernel>memory"]);
  expect(ways(all, /^store doorbell/)).toEqual(["kernel>device 0"]);
  expect(ways(all, /^return$/)).toEqual(["kernel>process 0"]);
});

test("what the kernel tells the IOMMU inside a call shows beside the call", () => {
  const all = rows("send-request", "@share");
  expect(ways(all, /MAP_DMA/)).toEqual(["process 1>kernel", "kernel>iommu"]);
  expect(ways(all, /^mmap/)).toEqual(["process 1>kernel"]);
  const below = rows("send-request", "@share", "kernel");
  expect(ways(below, /^ioctl MAP_DMA/)).toEqual(["process 1>kernel"]);
  expect(ways(below, /^map 2 pages/)).toEqual(["kernel>iommu"]);
});

/** Each step of each story, once: it grows with their square. */
const LONG = 240_000;

test(
  "a step inside a step hides what its outer step did later",
  () => {
    for (const name of NAMES) {
      for (const { number } of allSteps(runOf(name).steps)) {
        const parts = number.split(".").map(Number);
        for (const { step } of rows(name, number)) {
          const own = step.split("..")[0]?.split(".").map(Number) ?? [];
          const at = own.findIndex((part, place) => part !== parts[place]);
          const isLater = step !== "" && at >= 0 && (own[at] ?? 0) > (parts[at] ?? Infinity);
          expect(isLater, `${name}: ${step} at ${number}`).toBe(false);
        }
      }
    }
  },
  LONG,
);

test("system calls inside a call of the library count", () => {
  const made = ladderAt(runOf("open-a-queue"), { at: "@mapped" });
  expect(made.ok && made.ladder.notes[0]).toBe(
    "System calls = 3 in the first part, 11 in the second, 3 in the third.",
  );
});

test("two equal rows stay two, three become one", () => {
  const twice = rows("two-mdevs", "@refused").filter(({ label }) => label.startsWith("write"));
  expect(twice.map(({ step }) => step)).toEqual(["2", "3"]);
  const thrice = rows("many-queues", "@none-left").filter(({ label }) => /GET_Q,/.test(label));
  expect(thrice.map(({ step, label }) => `${step} ${label}`)).toEqual([
    "8..10 ioctl GET_Q, 3 times",
  ]);
});

test("a device that shares an address space reaches what the process reaches", () => {
  const text = textAt("uacce-request", "@done", "memory");
  expect(cells(text, "engine")).toEqual(cells(text, "app"));
  expect(cells(text, "engine")).toEqual(["rw", "rw", "rw", "rw"]);
  expect(cells(textAt("sva-page-fault", "@done", "memory"), "engine")).toEqual([
    "rw",
    ".",
    "rw",
    "rw *",
  ]);
});

test("an entry that the IOTLB should have forgotten still leads the engine to the page", () => {
  const text = textAt("stale-iotlb", "@leaked", "memory");
  expect(cells(text, "app")).toEqual(["rw", "rw", ". *", "rw"]);
  expect(cells(text, "other")).toEqual([".", ".", "rw *", "."]);
  expect(cells(text, "engine")).toEqual(["rw", "rw", "rw", "rw"]);
  expect(cells(text, "same page?")).toEqual(["yes", "yes", "NO * [1]", "yes"]);
  expect(text).toMatch(/the IOTLB\s+still lets the engine use page \d+, which only other can use/);
});

test("memory of a driver that a process maps is shared, what a refused call recorded is not", () => {
  expect(cells(textAt("v3-request", "@done", "memory"), "engine")).toEqual([
    "rw",
    "rw",
    "rw",
    "rw",
  ]);
  expect(textAt("share-memory", "@unshared", "memory")).toMatch(/Who reaches which page of buf\?/);
});

test("memory of parent and child has one name, that of two programs has two", () => {
  expect(textAt("fork-cow-child-first", "@arrived", "memory")).toMatch(/page\s+of\s+buf\?/);
  expect(textAt("uacce-two-programs", "@both", "memory")).toMatch(
    /page\s+of\s+app\.buf\s+and\s+other\.buf\?/,
  );
});

test("a ring tells requests from results: 15 wait, then all are done, then one is received", () => {
  const states = (at: string) => cells(textAt("ring-full", at, "rings"), "state").join("");
  expect(states("@full")).toBe(`${"R".repeat(15)}.`);
  expect(states("@flush")).toBe(`${"D*".repeat(15)}.`);
  expect(states("@received")).toBe(`.*${"D".repeat(14)}.`);
});

test("what a device was refused is told in words where no IOMMU says it", () => {
  const refused = rows("no-iommu", "16", "calls").filter(({ refused }) => refused);
  expect(refused.map(({ refused: why }) => why)).toContain("no memory there");
  expect(rows("no-iommu", "@reached").some(({ iommu }) => iommu)).toBe(false);
});

test("a program that goes past the device's head has no results waiting, not a ring full of them", () => {
  const run = runOf("two-heads");
  const step = run.steps.find(({ label }) => label === "told");
  if (!step) throw new Error("no step told");
  const before = run.machineAt(step.before);
  const machine = run.machineAt(step.after);
  const past = run.machineAt(step.after);
  const queue = past.userQueues[0]?.queue ?? -1;
  past.queues.head[queue] = (past.queues.head[queue] as number) - 1;
  const was = ringOf({ run, step, before, machine });
  const now = ringOf({ run, step, before, machine: past });
  expect(was?.cells.filter(({ state }) => state !== "free")).toEqual([]);
  expect(now?.cells.filter(({ state }) => state !== "free").map(({ slot }) => slot)).toEqual([1]);
});
