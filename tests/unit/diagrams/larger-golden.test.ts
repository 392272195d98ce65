/** Walks, timelines, charts, and what is twice as large, as files: what a receiver of a mail reads. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  layoutChart,
  layoutMemory,
  layoutRings,
  layoutSequence,
  layoutTimeline,
  layoutWalk,
  toAscii,
} from "../../../diagrams/index.ts";
import { layoutStateTable } from "../../../diagrams/layout/index.ts";
import { drawn, FOLDER, type GoldenScene, goldenTests } from "./golden-scenes.ts";
import { NESTED, PAGES_DEVICE, PAGES_TWICE, RING_32, SEQ_28 } from "./larger-scenes.ts";
import { STATES, STATES_TWICE } from "./state-table-scenes.ts";
import {
  CURVES,
  HISTOGRAM,
  HISTOGRAM_20,
  TIMELINE,
  TIMELINE_FOLDED,
  WALK,
  WALK_REFUSED,
  WALK_TWICE,
} from "./walk-scenes.ts";

const SCENES: readonly GoldenScene[] = [
  ["walk", (width) => layoutWalk(WALK, width)],
  ["walk-refused", (width) => layoutWalk(WALK_REFUSED, width)],
  ["walk-twice", (width) => layoutWalk(WALK_TWICE, width)],
  ["histogram", (width) => layoutChart(HISTOGRAM, width)],
  ["histogram-20", (width) => layoutChart(HISTOGRAM_20, width)],
  ["curves", (width) => layoutChart(CURVES, width)],
  ["timeline", (width) => layoutTimeline(TIMELINE, width)],
  ["timeline-folded", (width) => layoutTimeline(TIMELINE_FOLDED, width)],
  ["seq-28", (width) => layoutSequence(SEQ_28, width)],
  ["nested", (width) => layoutSequence(NESTED, width)],
  ["ring-32", (width) => layoutRings(RING_32, width)],
  ["pages-device", (width) => layoutMemory(PAGES_DEVICE, width)],
  ["pages-twice", (width) => layoutMemory(PAGES_TWICE, width)],
  ["states", (width) => layoutStateTable(STATES, width)],
  ["states-twice", (width) => layoutStateTable(STATES_TWICE, width)],
];

goldenTests(SCENES);

test("a walk is as good as a hand would draw it: 69 columns, 10 rows, 8 labels", () => {
  const text = readFileSync(new URL("walk.72.txt", FOLDER), "utf8");
  const rows = text.trimEnd().split("\n");
  expect(rows).toHaveLength(10);
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(69);
  const labels = ["0x7f12_3456_7abc", "PGD[254]", "PUD[72]", "PMD[418]", "PTE[359]", "TTBR0"];
  for (const label of [...labels, "Page 0x8_1234_5000", "offset 0xabc"]) {
    expect(text).toContain(label);
  }
  // Each entry stands under its index.
  const column = (word: string, row: number) => rows[row]?.indexOf(word);
  expect(column("PMD[418]", 6)).toBe(column("418", 2));
});

test("a histogram is as good as a hand would draw it: 67 columns, 15 rows, 11 labels", () => {
  const text = readFileSync(new URL("histogram.72.txt", FOLDER), "utf8");
  const rows = text.trimEnd().split("\n");
  expect(rows.length).toBeLessThanOrEqual(15);
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(67);
  if (HISTOGRAM.kind !== "histogram") throw new Error("a histogram");
  for (const { label, value } of HISTOGRAM.rows) {
    const row = rows.find((line) => line.trim().startsWith(`${value} `)) ?? "";
    expect(row).toContain(label);
    const bars = (row.match(/#/g) ?? []).length;
    expect(Math.abs(bars * 40 - value)).toBeLessThanOrEqual(20);
  }
});

test("28 messages of 9 participants fit 72 columns, each label whole", () => {
  const text = readFileSync(new URL("seq-28.72.txt", FOLDER), "utf8");
  for (const row of SEQ_28.rows) if (row.kind === "message") expect(text).toContain(row.label);
  expect(text.split("\n").length).toBeLessThanOrEqual(54);
});

test("7 states and 9 calls are one table of 72 columns, twice as many fold", () => {
  const [text, twice] = ["states", "states-twice"].map((name) =>
    readFileSync(new URL(`${name}.72.txt`, FOLDER), "utf8"),
  ) as [string, string];
  expect(text.match(/^ +call /gm)).toHaveLength(1);
  expect(text.split("\n").length).toBeLessThanOrEqual(27);
  expect(twice.match(/^ +call /gm)?.length).toBeGreaterThan(1);
  // An errno stands under its state.
  const column = (word: string, from: string) =>
    text
      .split("\n")
      .find((line) => line.includes(from))
      ?.indexOf(word);
  expect(column("2", "UNSET_CONTAINER")).toBe(column("in 3", "call"));
  expect(column("7", "close group")).toBe(column("in 5", "call"));
});

test("what a legend speaks of stands in the drawing, in Unicode too", () => {
  for (const layout of [layoutChart(HISTOGRAM, 72), layoutTimeline(TIMELINE_FOLDED, 72)]) {
    const text = toAscii(drawn(layout), { charset: "unicode" });
    const [drawing = "", legend = ""] = (text.ok ? text.text : "").split("\n  one ");
    for (const [sign = ""] of legend.matchAll(/#|~~|(?<= )\.(?= is)/g)) {
      expect(drawing).toContain(sign);
    }
    expect(legend).toMatch(/^# is /);
  }
});
