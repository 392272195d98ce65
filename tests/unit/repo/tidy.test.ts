import { describe, expect, test } from "vitest";
import { doorless, importFaults } from "./imports.ts";
import { formFaults, linkFaults, privateFaults, strangeFaults } from "./rules.ts";
import { isCode, repository, type Source } from "./sources.ts";

const ALL = repository();
const CODE = ALL.filter(isCode);
const PATHS = ALL.map(({ path }) => path);

describe("this repository", () => {
  test("is read whole", () => {
    expect(PATHS).toEqual(
      expect.arrayContaining(["package.json", "engine/machine.ts", "tests/unit/repo/tidy.test.ts"]),
    );
    expect(CODE.length).toBeGreaterThan(150);
  });

  test("imports from its own place and from the left, through doors", () => {
    expect(CODE.flatMap((source) => [...importFaults(source)])).toEqual([]);
    expect([...doorless(PATHS)]).toEqual([]);
  });

  test("has an engine that does the same everywhere", () => {
    expect(CODE.flatMap((source) => [...strangeFaults(source)])).toEqual([]);
  });

  test("parses, in files and functions that fit in a head", () => {
    expect(ALL.flatMap((source) => [...formFaults(source)])).toEqual([]);
  });

  test("names no machine and no package server", () => {
    expect(ALL.flatMap((source) => [...privateFaults(source)])).toEqual([]);
  });

  test("links to what is there", () => {
    expect(ALL.flatMap((source) => [...linkFaults(source, PATHS)])).toEqual([]);
  });
});

/** Put together here, so that this file does not name what no file may name. */
const HOME = ["", "home", "somebody", "x"].join("/");
const ROOM = ["", "work", "x.md"].join("/");
const SERVER = ["registry", "example", "org"].join(".");
const INSIDE = ["http:/", "10.1.2.3:8080", "x"].join("/");

const LONG = "x;\n".repeat(80);

/** A path, what stands there, and the words of the rule that says no. */
// biome-ignore format: one case a line
const BAD: readonly (readonly [path: string, text: string, said: RegExp])[] = [
  ["engine/mm/x.ts", 'import { a } from "../vfio/index.ts";', /engine\/vfio\/index\.ts, which stands to its right/],
  ["engine/core/x.ts", 'export { a } from "../mm/index.ts";', /to its right/],
  ["engine/flow/x.ts", 'const a = await import("../machine.ts");', /to its right/],
  ["engine/flow/x.ts", "const a = await import(name);", /works out at run time/],
  ["engine/hw/x.ts", 'type A = import("../vfio/index.ts").A;', /to its right/],
  ["engine/vfio/x.ts", 'import { a } from "../mm/frame.ts";', /not an index\.ts/],
  ["engine/mm/x.ts", 'import { a } from "./frame";', /does not say its ending/],
  ["engine/mm/x.ts", 'import { a } from "node:fs";', /imports no package/],
  ["engine/mm/x.ts", 'import { a } from "d3";', /imports no package/],
  ["engine/mm/index.ts", 'export * from "./frame.ts";', /export \*/],
  ["diagrams/layout/x.ts", 'import { a } from "../scene/index.ts";', /to its right/],
  ["diagrams/scene/x.ts", 'import { a } from "../export/index.ts";', /to its right/],
  ["diagrams/export/x.ts", 'import { a } from "../view/index.ts";', /to its right/],
  ["diagrams/layout/x.ts", 'import { a } from "../../engine/mm/index.ts";', /not an index\.ts/],
  ["diagrams/layout/x.ts", 'import { max } from "d3";', /only diagrams\/view/],
  ["diagrams/view/x.ts", 'import { a } from "mermaid";', /only diagrams\/view/],
  ["diagrams/export/x.ts", 'import { a } from "../../site/lib/x.ts";', /to its right/],
  ["text/x.ts", 'import { a } from "../wd/x.ts";', /to its right/],
  ["wd/x.ts", 'import { a } from "../text/head.ts";', /not an index\.ts/],
  ["wd/x.ts", 'import { a } from "../site/lib/x.ts";', /to its right/],
  ["engine/x.ts", 'import { a } from "../diagrams/index.ts";', /to its right/],
  ["site/lib/x.ts", 'import { a } from "../../engine/flow/index.ts";', /not an index\.ts/],
  ["site/lib/x.ts", 'import { a } from "../../tests/x.ts";', /to its right/],
  ["site/lib/x.ts", 'import { a } from "@/lib/y.ts";', /an alias/],
  ["site/client/x.ts", 'import { a } from "node:fs";', /no Node/],
  ["site/pages/x.astro", '---\nimport { a } from "../../engine/mm/index.ts";\n---\n', /not an index\.ts/],
  ["site/pages/x.astro", '<p>\n<script>\nimport "../../tests/x.ts";\n</script>', /to its right/],

  ["engine/mm/x.ts", "const a = Date.now();", /:1 Date/],
  ["engine/mm/x.ts", "\nconst a = new Date();", /:2 Date/],
  ["engine/mm/x.ts", "const a = Math.random();", /Math\.random/],
  ["engine/mm/x.ts", "const a = Math.round(1.5);", /Math\.round/],
  ["engine/mm/x.ts", "const { pow } = Math;", /Math\.name in full/],
  ["engine/mm/x.ts", 'const a = Math["pow"](2, 3);', /Math\.name in full/],
  ["engine/mm/x.ts", "const a = performance.now();", /performance/],
  ["engine/mm/x.ts", "const a = new Intl.Collator();", /Intl/],
  ["engine/mm/x.ts", 'const a = "a".localeCompare("b");', /localeCompare/],
  ["engine/mm/x.ts", "const a = (1).toLocaleString();", /toLocaleString/],
  ["engine/mm/x.ts", 'const a = "a".normalize();', /normalize/],
  ["engine/mm/x.ts", "const a = 2 ** 3;", /\*\*/],
  ["engine/mm/x.ts", "let a = 2; a **= 3;", /\*\*=/],
  ["engine/mm/x.ts", "const a = [2, 1].sort();", /sort\(\)/],
  ["engine/mm/x.ts", "const a = [2, 1].toSorted();", /sort\(\)/],
  ["engine/mm/x.ts", "declare const document: { a: 1 }; const b = document.a;", /document/],
  ["engine/mm/x.ts", "setTimeout(() => 1);", /setTimeout/],
  ["engine/mm/x.ts", "async function a() { await 1; }", /waits for nothing/],
  ["engine/mm/x.ts", "const a = { now: globalThis.x };", /globalThis/],

  ["engine/mm/x.ts", "export default 1;", /a default/],
  ["site/lib/x.ts", "export default function a() {}", /a default/],
  ["site/lib/x.ts", "const a = 1; export { a as default };", /a default/],
  ["engine/mm/utils.ts", "", /named for no idea/],
  ["engine/mm/types.ts", "", /named for no idea/],
  ["site/lib/common.ts", "", /named for no idea/],
  ["tests/unit/misc.ts", "", /named for no idea/],
  ["engine/mm/x.ts", "\n".repeat(301), /301 lines of at most 300/],
  ["site/styles/x.css", "\n".repeat(301), /301 lines/],
  ["engine/mm/x.ts", `function a() {\n${LONG}}`, /:1 is a function of 82 lines/],
  ["engine/mm/x.ts", `const a = () => {\n${LONG}};`, /a function of 82 lines/],
  ["engine/mm/x.ts", `class A { b() {\n${LONG}} }`, /a function of 82 lines/],
  ["tests/unit/x.test.ts", `test("a", () => {\n${LONG}});`, /a function of 82 lines/],
  ["engine/mm/x.ts", "const a = ;", /:1 does not parse: Expression expected/],
  ["site/pages/x.astro", "---\nconst a = 1;\nconst b = {;\n---\n", /:3 does not parse/],

  ["README.md", `see ${HOME}`, /:1 names a path of a machine/],
  ["docs/x.md", `see\n(${ROOM})`, /:2 names a path of a machine/],
  ["package-lock.json", `"https://${SERVER}/a"`, /a package server/],
  ["x.json", `"${INSIDE}"`, /an address inside/],
  ["engine/README.md", "[a](mm/nowhere.ts)", /links to mm\/nowhere\.ts/],
];

function faultsOf(source: Source): string[] {
  return [
    ...(isCode(source) ? [...importFaults(source), ...strangeFaults(source)] : []),
    ...formFaults(source),
    ...privateFaults(source),
    ...linkFaults(source, ["engine/mm/frame.ts"]),
  ];
}

describe("a bad file is named", () => {
  test.each(BAD)("%s: %j", (path, text, said) => {
    const faults = faultsOf({ path, text });
    expect(faults).toContainEqual(expect.stringMatching(said));
  });

  test("a folder without a door", () => {
    expect([...doorless(["engine/index.ts", "engine/mm/x.ts", "site/lib/x.ts"])]).toEqual([
      "engine/mm has no index.ts to enter by",
    ]);
  });
});

/** What looks like a breach and is none. */
// biome-ignore format: one case a line
const GOOD: readonly (readonly [path: string, text: string])[] = [
  ["engine/vfio/x.ts", 'import { a } from "../mm/index.ts"; import { b } from "./y.ts";'],
  ["engine/run.ts", 'import { a } from "./mm/index.ts"; import { b } from "./machine.ts";'],
  ["engine/mm/x.ts", "// Date.now() ** 2\nconst a = \"Math.random\";"],
  ["engine/mm/x.ts", "const a = Math.floor(Math.sqrt(2)) + Math.imul(2, 3);"],
  ["engine/mm/x.ts", "const a = { Date: 1, process: 2 }; const b = a.process + a.Date;"],
  ["engine/mm/x.ts", "function fetch() {} fetch(); const window = 1; const b = window;"],
  ["engine/mm/x.ts", "const a = [1].sort((l, r) => l - r);"],
  ["diagrams/export/x.ts", 'import { a } from "../scene/index.ts"; import { b } from "../layout/index.ts";'],
  ["diagrams/scene/x.ts", 'import { a } from "../../engine/index.ts";'],
  ["diagrams/view/x.ts", 'import { scaleBand } from "d3";'],
  ["text/x.ts", 'import { a } from "../diagrams/index.ts"; import { b } from "../engine/index.ts";'],
  ["site/lib/x.ts", 'import { a } from "../../text/index.ts";'],
  ["wd/x.ts", 'import { a } from "../diagrams/index.ts"; import { b } from "../engine/check/index.ts";'],
  ["site/client/x.ts", 'import { a } from "../lib/y.ts"; import c from "../../content/reply.txt?raw";'],
  ["astro.config.mjs", 'import { a } from "./engine/mm/x.ts"; export default 1;'],
  ["site/pages/x.txt.ts", "export default 1;"],
  ["tests/unit/x.test.ts", `describe("a", () => {\n${LONG}});`],
  ["package-lock.json", "\n".repeat(900)],
  ["site/pages/x.astro", "---\nconst a = 1;\n---\n<p>{a ** Date}</p>"],
  ["docs/x.md", "see https://example.org/work/x and a/root/b"],
];

describe("a good file is not", () => {
  test.each(GOOD)("%s: %j", (path, text) => {
    expect(faultsOf({ path, text })).toEqual([]);
  });
});
