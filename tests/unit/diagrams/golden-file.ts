/** Expected files: readable in a diff, written where they are missing, left alone otherwise. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/** Compares with the file; a missing one is written on a person's machine, and fails in CI. */
export function agrees(folder: URL, name: string, text: string): void {
  const file = new URL(name, folder);
  if (!existsSync(file) && !process.env.CI) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  expect(readFileSync(file, "utf8")).toBe(text);
}
