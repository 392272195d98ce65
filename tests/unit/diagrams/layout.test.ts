/** What the layouts promise, one sentence a test. */

import { expect, test } from "vitest";
import {
  type Board,
  type Ladder,
  type LadderRow,
  type Layout,
  layoutMemory,
  layoutRings,
  layoutSequence,
  type Ring,
  toAscii,
} from "../../../diagrams/index.ts";
import { message, PAGES, REQUEST, RING, RING_16, RING_FOLDED } from "./scenes.ts";

function read(layout: Layout): string {
  if (!layout.ok) throw new Error(`needs ${layout.needs} columns`);
  const text = toAscii(layout.picture);
  if (!text.ok) throw new Error(text.message);
  return text.text;
}

function ladder(rows: readonly LadderRow[], lanes = REQUEST.lanes): Ladder {
  return { title: [], lanes, rows, notes: [] };
}

/** The rows below the names. */
function rowsOf(rows: readonly LadderRow[], width = 72): readonly string[] {
  return read(layoutSequence(ladder(rows), width))
    .split("\n")
    .slice(1);
}

test("a call runs to its lane, a return is dashed, the rest is dots", () => {
  const [call, back] = rowsOf([
    message("1", "a", "app>engine", "process"),
    message("2", "b", "app<kernel", "kernel"),
  ]);
  expect(call).toBe("   1 a  |-------------->|       .       .");
  expect(back).toBe("   2 b  |< - - -|       .       .       .");
});

test("what the IOMMU passes shows o in its lane, what it refuses ends there", () => {
  const [passed, refused, stored] = rowsOf([
    message("1", "a", "engine>memory", "device", { iommu: "o" }),
    message("2", "b", "engine>memory", "device", { iommu: "X" }),
    message("3", "c", "app>memory", "process"),
  ]);
  expect(passed).toMatch(/\|-------o------>\|$/);
  expect(refused).toMatch(/\|------>X {7}\.$/);
  expect(stored).toMatch(/\|-{30}>\|$/);
});

test("a read that is refused starts at the device: no data left the memory", () => {
  const [row] = rowsOf([message("1", "a", "memory>engine", "device", { iommu: "X" })]);
  expect(row).toMatch(/\. {7}\. {7}\|------>X {7}\.$/);
});

test("a refusal says its errno once, as strace does where the result stands", () => {
  const [plain, said, traced] = rowsOf([
    message("1", "open", "app>kernel", "process", { refused: "EBUSY" }),
    message("2", "open = EBUSY", "app>kernel", "process", { refused: "EBUSY" }),
    message("3", "open = -1", "app>kernel", "process", { refused: "EBUSY" }),
  ]);
  expect(plain).toMatch(/^ {3}1 open = EBUSY +\|------>X/);
  expect(said).toMatch(/^ {3}2 open = EBUSY +\|------>X/);
  expect(traced).toMatch(/^ {3}3 open = -1 EBUSY +\|------>X/);
});

test("a verdict of the IOMMU that no arrow meets is said in words", () => {
  const [row] = rowsOf([message("1", "a", "app>kernel", "process", { iommu: "X" })]);
  expect(row).toContain("a, refused by the IOMMU");
});

test("the current step is marked behind its number, and dotted numbers stand under whole ones", () => {
  const rows = rowsOf([
    message("9", "a", "", "process"),
    message("10.2", "b", "", "process", { current: true }),
    message("", "c", "", "process", { current: true }),
  ]);
  expect(rows.map((row) => row.slice(0, 9))).toEqual(["   9    a", "  10.2> b", "        c", ""]);
});

test("arrows of one message share a row where they meet, and take two where they overlap", () => {
  const rows = rowsOf([
    message("1", "a", "app>kernel kernel>iommu", "process"),
    message("2", "b", "app>kernel app<kernel", "process"),
    message("3", "c", "app>engine kernel>kernel", "process"),
  ]);
  expect(rows.filter((row) => row !== "")).toHaveLength(5);
});

test("an unknown lane is told, with those that there are", () => {
  const bad = ladder([message("1", "a", "app>nobody", "process")]);
  expect(() => layoutSequence(bad, 72)).toThrow(
    'no lane "nobody"; there are app, kernel, engine, iommu, memory',
  );
});

test("a ladder without lanes or rows is drawn all the same", () => {
  expect(read(layoutSequence(ladder([], []), 72))).toBe("");
  expect(read(layoutSequence(ladder([message("1", "a", "", "process")], []), 72))).toBe("   1 a\n");
});

test("a label is never broken inside a word: the width is refused", () => {
  const long = ladder([message("1", "x".repeat(60), "app>kernel", "process")]);
  const narrow = layoutSequence(long, 40);
  expect(narrow).toEqual({ ok: false, needs: 65 });
  expect(read(layoutSequence(long, 65))).toContain("x".repeat(60));
  expect(layoutSequence(long, 64)).toEqual({ ok: false, needs: 65 });
});

test("names that do not fit side by side stand in two rows, then as letters with a legend", () => {
  const lanes = REQUEST.lanes.map((lane, index) => ({
    ...lane,
    name: `${lane.name}-process-${index}`,
  }));
  const rows = [message("1", "a", "app>memory", "process")];
  const two = read(layoutSequence(ladder(rows, lanes), 72));
  expect(two.split("\n").slice(0, 2).join(" ")).toContain("kernel-process-1");
  const letters = read(layoutSequence(ladder(rows, lanes), 40));
  expect(letters.replace(/\n {2}/g, " ")).toContain("= memory-process-4");
});

test("nine lanes fit 40 columns", () => {
  const lanes = Array.from({ length: 9 }, (_, index) => ({
    id: `l${index}`,
    name: `lane${index}`,
    role: "process" as const,
  }));
  const rows = lanes.map((_, index) => message(`${index}`, "step", `l0>l${index}`, "process"));
  expect(read(layoutSequence(ladder(rows, lanes), 40)).split("\n")[0]?.length).toBeLessThanOrEqual(
    40,
  );
});

test("moments stand side by side, or one under the other where that is too wide", () => {
  expect(read(layoutMemory(PAGES, 72))).toMatch(/before \(@forked\) +after \(@lost\)/);
  expect(read(layoutMemory(PAGES, 40))).toMatch(
    /before \(@forked\)\n[\s\S]*\n\n +after \(@lost\)\n/,
  );
});

test("a moment too wide for its row goes on below, and says once what holds for all frames", () => {
  const moment = PAGES.moments[0];
  if (!moment) throw new Error("the board has moments");
  const columns = Array.from({ length: 6 }, (_, index) => ({
    frame: `page ${index}`,
    content: "x".repeat(12),
    changed: false,
  }));
  const cells = columns.map((_, index) => ({ text: `r${index}`, changed: false }));
  const board: Board = {
    ...PAGES,
    moments: [{ ...moment, columns }],
    rows: [
      { name: "app", role: "process", cells: [cells] },
      { name: "same page?", role: "memory", cells: [[{ text: "yes", changed: false }]] },
    ],
  };
  const text = read(layoutMemory(board, 40));
  for (const { frame } of columns) expect(text).toContain(frame);
  for (const { text: rights } of cells) expect(text).toContain(rights);
  expect(text.match(/yes/g)).toHaveLength(1);
});

test("`^` stands under the slot that its end touches next, counters that run freely wrap", () => {
  const ring: Ring = { ...RING, ends: [{ role: "producer", name: "tail", value: 8 * 5 + 3 }] };
  const lines = read(layoutRings(ring, 72)).split("\n");
  const slots = lines[0] ?? "";
  const end = lines.find((line) => line.includes("producer")) ?? "";
  expect(end.indexOf("^")).toBe(slots.indexOf("3"));
  expect(end).toContain("tail = 43");
});

test("a name that does not fit to the right of its end stands to the left", () => {
  const ring: Ring = { ...RING, ends: [{ role: "producer", name: "a long name", value: 7 }] };
  expect(read(layoutRings(ring, 72))).toMatch(/producer +a long name = 7 \^\n/);
});

test("a run of equal slots folds to one column, and a run that wraps to two", () => {
  const [heads] = read(layoutRings(RING_FOLDED, 72)).split("\n");
  expect(heads).toMatch(/^ {2}slot +0\.\.3 +4\.\.1019 +1020\.\.1023$/);
});

test("what neighbours were is told at once, however many there are", () => {
  const states = ["REQ", "REQ", ...Array.from({ length: 1000 }, () => "free"), "busy"];
  const cells = states.map((was, slot) => ({ slot, state: "done", changed: true, was, label: "" }));
  const text = read(layoutRings({ ...RING_FOLDED, cells }, 72)).replace(/\n */g, " ");
  expect(text).toContain(
    "* = changed, slot 0 was REQ, slot 1 was REQ, slots 2..1001 were free, slot 1002 was busy",
  );
});

test("16 slots that do not fit stand in bands; each slot stands once", () => {
  for (const width of [40, 72]) {
    const text = read(layoutRings(RING_16, width));
    const heads = text.split("\n").filter((line) => line.startsWith("  slot "));
    const slots = heads.flatMap((line) => line.trim().split(/ +/).slice(1));
    expect(slots).toEqual(Array.from({ length: 16 }, (_, slot) => String(slot)));
  }
});

test("a slot that is not in the ring is told", () => {
  const ring: Ring = { ...RING, cells: [{ slot: 8, state: "REQ", label: "a" }] };
  expect(() => layoutRings(ring, 72)).toThrow("no slot 8 in a ring of 8");
});

test("a layout is a function of its scene and width, and leaves the scene alone", () => {
  const before = JSON.stringify([REQUEST, PAGES, RING]);
  for (const width of [40, 72]) {
    expect(layoutSequence(REQUEST, width)).toEqual(layoutSequence(REQUEST, width));
    expect(layoutMemory(PAGES, width)).toEqual(layoutMemory(PAGES, width));
    expect(layoutRings(RING, width)).toEqual(layoutRings(RING, width));
  }
  expect(JSON.stringify([REQUEST, PAGES, RING])).toBe(before);
});

test("every place in a picture is a whole number within the width that was asked", () => {
  for (const layout of [
    layoutSequence(REQUEST, 72),
    layoutMemory(PAGES, 72),
    layoutRings(RING, 72),
  ]) {
    if (!layout.ok) throw new Error("fits 72 columns");
    const numbers = layout.picture.items.flatMap((item) =>
      Object.values(item)
        .flat()
        .filter((value) => typeof value === "number"),
    );
    expect(numbers.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    expect(layout.picture.width).toBeLessThanOrEqual(72);
  }
});
