/** Expected files: readable in a diff, written where they are missing, left alone otherwise. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/**
 * Compares with the file. A missing one is written on a person's machine, and fails in CI; with
 * UPDATE_GOLDEN=1 every file is written anew.
 */
export function agrees(folder: URL, name: string, text: string): void {
  const file = new URL(name, folder);
  const isNew = process.env.UPDATE_GOLDEN === "1" || (!existsSync(file) && !process.env.CI);
  if (isNew) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  expect(readFileSync(file, "utf8")).toBe(text);
}
