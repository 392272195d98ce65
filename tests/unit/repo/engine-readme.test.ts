import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AGENDA_MAX } from "../../../engine/core/index.ts";
import { FRAMES_MAX } from "../../../engine/mm/index.ts";
import { OPS } from "../../../engine/ops.ts";
import { HEADING, leftOut, README, roomsOf, sentencesOf } from "./left-out.ts";
import { ROOT, repository } from "./sources.ts";

/** engine/README.md says what is so: it is compared with the code, part by part. */

const TEXT = readFileSync(join(ROOT, README), "utf8");
const ALL = repository();

/** The words in code style of the second cell, by the first cell of the row. */
function table(first: RegExp): Map<string, string[]> {
  const rows = [...TEXT.matchAll(/^\| (.*?) \| (.*?) \|/gm)];
  return new Map(
    rows.flatMap(([, name = "", cell = ""]) => {
      if (!first.test(name)) return [];
      return [
        [
          name.replaceAll("`", ""),
          [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word as string),
        ],
      ];
    }),
  );
}

test("the rooms are the folders, lowest first", () => {
  const folders = new Set(
    ALL.flatMap(({ path }) => /^engine\/(\w+)\//.exec(path)?.[1] ?? []).filter(
      (name) => name !== "",
    ),
  );
  expect(roomsOf(TEXT).toSorted()).toEqual([...folders].toSorted());
  expect(roomsOf(TEXT).slice(0, 4)).toEqual(["core", "mm", "task", "iommu"]);
});

test("every routine is listed with its rows, in order: these are the cuts", () => {
  const listed = table(/^`\w+`$/);
  for (const [name, rows] of Object.entries(OPS.routines)) {
    if (name !== "library") expect(listed.get(name), name).toEqual(Object.keys(rows));
    else expect(listed.has(name)).toBe(true);
  }
});

test("so is every row of the user library", () => {
  const listed = table(/^(`drv_open`|`wd_|a program's own access)/);
  const rows = new Set([...listed.values()].flat());
  expect([...rows].toSorted()).toEqual(Object.keys(OPS.routines.library ?? {}).toSorted());
});

test("every way up is listed", () => {
  const rows = TEXT.slice(TEXT.indexOf("| in `OPS` |"), TEXT.indexOf("## Three ways to fail"));
  const names = [...rows.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(names.toSorted()).toEqual(Object.keys(OPS).toSorted());
});

test("the limits are those of the code", () => {
  expect(TEXT).toContain(`${AGENDA_MAX.toLocaleString("en")}\npending actions`);
  expect(TEXT).toContain(`Memory is ${(FRAMES_MAX * 4) / 1024} MiB`);
});

test("what is left out is what the comments say (node tests/unit/repo/left-out.ts renews it)", () => {
  expect(TEXT.slice(TEXT.indexOf(HEADING))).toBe(leftOut(ALL, roomsOf(TEXT)));
});

test("a comment says what it leaves out up to its next heading", () => {
  const text = `/**
 * One sentence.
 * Refuses: EINVAL.
 * Leaves out: this,
 * and that: both.
 * Source: mm/mmap.c v4.18
 */
/** Leaves out: a third. @returns nothing */
/** Nothing. */`;
  expect(sentencesOf({ path: "engine/mm/x.ts", text }).map((said) => said.text)).toEqual([
    "this, and that: both",
    "a third",
  ]);
});
