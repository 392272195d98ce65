import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { reachedFrom } from "../../../scripts/reach.mjs";
import { ROOT } from "../repo/sources.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "reach-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** Writes the files, and says which of them `start.ts` needs. */
function needed(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
  return [...reachedFrom(join(FOLDER, "start.ts"))].map((path) => relative(FOLDER, path)).sort();
}

test("behind a door only the files of the names asked for are needed, however deep", () => {
  const files = {
    "start.ts": 'import { a as mine, type T } from "./room/index.ts"; import "./side.ts";',
    "side.ts": 'import type { b } from "./room/b.ts"; const later = () => import("./late.ts");',
    "late.ts": "",
    "room/index.ts":
      'export { inner as a, type T } from "./deep/index.ts"; export { b } from "./b.ts";',
    "room/b.ts": "export const b = 1;",
    "room/deep/index.ts":
      'export { inner } from "./inner.ts"; export { other } from "./other.ts"; export type { T } from "./t.ts";',
    "room/deep/inner.ts": 'import * as all from "../all.ts"; export const inner = all;',
    "room/deep/other.ts": "",
    "room/deep/t.ts": "",
    "room/all.ts": 'export { d } from "./d.ts";',
    "room/d.ts": "",
  };
  expect(needed(files)).toEqual([
    "room/all.ts",
    "room/d.ts",
    "room/deep/inner.ts",
    "side.ts",
    "start.ts",
  ]);
});

test("the player's first touch needs the ladder, and neither the parser of checks nor an export", () => {
  const reached = [...reachedFrom(join(ROOT, "site/client/player.ts"))].map((path) =>
    relative(ROOT, path),
  );
  expect(reached).toEqual(
    expect.arrayContaining(["engine/machine.ts", "diagrams/layout/sequence.ts"]),
  );
  const late =
    /^engine\/(check|load)\/|^diagrams\/export\/|^diagrams\/layout\/(memory|rings|walk)|^text\//;
  expect(reached.filter((path) => late.test(path))).toEqual([]);
});
