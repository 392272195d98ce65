import { expect, test } from "vitest";
import { handedOut, unsaid } from "./docstrings.ts";
import { repository } from "./sources.ts";

const SOURCES = new Map(repository().map((source) => [source.path, source]));
const ROOMS = ["core", "mm", "task", "iommu", "hw", "vfio", "mdev", "frameworks", "user"];
const DOORS = ROOMS.map((room) => `engine/${room}/index.ts`);

test("every function that a room hands out says what it does, and with what it refuses", () => {
  const handed = DOORS.flatMap((door) => {
    const index = SOURCES.get(door);
    return index ? [...handedOut(index, SOURCES)] : [];
  });
  expect(handed.length).toBeGreaterThan(200);
  expect(handed.flatMap((one) => [...unsaid(one)])).toEqual([]);
});

/** A function of a file, and what is missing above it. */
// biome-ignore format: one case a line
const CASES: readonly (readonly [text: string, said: RegExp | undefined])[] = [
  ["export function a(): void {}", /a says nothing/],
  ["// A comment.\nexport function a(): void {}", /a says nothing/],
  ["/** It does. */\nexport function a(): void {}", undefined],
  ["/** It does. */\nexport function a(): Result<void> {}", /does not say with what/],
  ["/** Refuses: EINVAL. */\nexport function a(): Result<void> {}", undefined],
  ["/** Refuses: as `b`. */\nexport function a(): Reply {}", undefined],
  ["/** Refuses: A_CHECKS in order. */\nexport function a(): Reply {}", undefined],
];

test.each(CASES)("%s", (text, said) => {
  const index = { path: "engine/mm/index.ts", text: 'export { a } from "./x.ts";' };
  const sources = new Map([["engine/mm/x.ts", { path: "engine/mm/x.ts", text }]]);
  const [fault] = [...handedOut(index, sources)].flatMap((one) => [...unsaid(one)]);
  if (said) expect(fault).toMatch(said);
  else expect(fault).toBeUndefined();
});
