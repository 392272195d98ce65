import { expect, test } from "vitest";
import { wordless } from "../../../scripts/wordless.mjs";
import { repository } from "../repo/sources.ts";

test("rows of checks and registers lose their words, and nothing else does", () => {
  const code = [
    "const SOURCE = 1;",
    'export const CHECKS = [{ errno: "EINVAL", source: "a.c v4.18", why: "no", refuses: () => true }];',
    'const R = { offset: 1, width: 2, fields: { a: [1, 0] }, source: SOURCE, within: "BAR 2", notes: `x` };',
    "const L = { size: 8, fields: { a: { at: 0, bytes: 8, notes: 'a, b' } }, source: of(1) };",
    'const E = { depth: "calls", source: "b.c v4.18" }; const O = { source: "c", text: "d" };',
  ].join("\n");
  expect(wordless(code, "x.ts")).toBe(
    [
      "const SOURCE = 1;",
      'export const CHECKS = [{ errno: "EINVAL",  why: "no", refuses: () => true }];',
      "const R = { offset: 1, width: 2, fields: { a: [1, 0] },    };",
      "const L = { size: 8, fields: { a: { at: 0, bytes: 8,  } }, source: of(1) };",
      'const E = { depth: "calls", source: "b.c v4.18" }; const O = { source: "c", text: "d" };',
    ].join("\n"),
  );
});

test("the engine has such words, and is whole without them", () => {
  const engine = repository().filter(({ path }) => /^engine\/.*\.ts$/.test(path));
  const spared = engine.map(({ path, text }) => text.length - wordless(text, path).length);
  expect(spared.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(4000);
});
