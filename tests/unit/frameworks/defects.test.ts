import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { absentIn, DEFECTS, type Defect, type DefectName } from "../../../engine/core/index.ts";
import { FRAMEWORKS, runFlow } from "../../../engine/index.ts";
import { LIBRARY } from "../machine/flows.ts";

const ROOT = new URL("../../../", import.meta.url);
const ROWS = Object.entries(DEFECTS) as [DefectName, Defect][];

/** Every file of the engine, by its path from the top. */
function* sources(folder: string): Generator<[path: string, text: string]> {
  for (const name of readdirSync(new URL(folder, ROOT))) {
    const path = `${folder}${name}`;
    if (statSync(new URL(path, ROOT)).isDirectory()) yield* sources(`${path}/`);
    else if (name.endsWith(".ts")) yield [path, readFileSync(new URL(path, ROOT), "utf8")];
  }
}

/** Which defects each file asks for. */
const ASKED = new Map<string, Set<string>>();
for (const [path, text] of sources("engine/")) {
  for (const [, name = ""] of text.matchAll(/hasDefect\(machine, "(D\d+)"\)/g)) {
    ASKED.set(name, (ASKED.get(name) ?? new Set()).add(path));
  }
}

/** Runs a flow as its header says, or with other defects mended. */
function run(flow: string, mended?: readonly string[]) {
  const options = mended ? { mended } : {};
  const ran = runFlow({ text: LIBRARY.get(flow) ?? "", file: flow }, LIBRARY, options);
  if (!ran.ok) throw new Error(JSON.stringify(ran.errors));
  return ran.run;
}

test("D1 to D26 are all there, and those found later follow", () => {
  const names = ROWS.map(([name]) => name);
  expect(names).toEqual(names.map((_, place) => `D${place + 1}`));
  expect(names.length).toBeGreaterThanOrEqual(26);
});

test("what the code asks for is in the table, and what the table says is asked for", () => {
  const said = ROWS.flatMap(([name, { file }]) => (file ? [`${name} ${file}`] : []));
  const asked = [...ASKED].map(([name, paths]) => `${name} ${[...paths].sort()[0]}`);
  expect(asked.sort()).toEqual(said.sort());
});

test.each(ROWS)("%s is modelled and shown by a flow, or says why not", (_name, defect) => {
  const { file, leftOut, flow, homes } = defect;
  expect(file === undefined).toBe(leftOut !== undefined);
  expect(flow === undefined).toBe(file === undefined);
  expect(homes.filter((home) => !(FRAMEWORKS as readonly string[]).includes(home))).toEqual([]);
});

describe("a flow shows it, and with the switch the other way it comes out differently", () => {
  const shown = ROWS.filter(([, { flow }]) => flow !== undefined);

  test.each(shown)("%s", (name, { flow = "", homes }) => {
    const [story = "", label = ""] = flow.split("@");
    const posted = run(story);
    expect(posted.failures).toEqual([]);
    const header = posted.flow.header;
    expect(homes).toContain(header.framework);
    expect(header.mended).not.toContain(name);
    const item = posted.flow.items.find((one) => "label" in one && one.label === label);
    expect(item, `${story} has no @${label}`).toBeDefined();
    const mended = run(story, [...header.mended, name]);
    const lines = mended.failures.map(({ line }) => line);
    expect([...lines, mended.end ?? ""].join()).not.toBe("");
  });
});

test("a framework has only its own defects", () => {
  expect(absentIn("spimdev")).toContain("D25");
  expect(absentIn("sdmdev")).toEqual(expect.arrayContaining(["D3", "D22", "D27"]));
  expect(absentIn("sdmdev")).not.toContain("D13");
  expect(absentIn("uacce-v3")).not.toContain("D28");
  expect(absentIn("hvf")).toHaveLength(ROWS.length);
});
