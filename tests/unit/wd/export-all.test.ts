/** `wd export --all`, of few flows: the index and the files say the same, and each file is the export of its step. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { viewsOf } from "../../../diagrams/index.ts";
import { exportFlows } from "../../../wd/export-all.ts";
import { FORMATS } from "../../../wd/formats.ts";
import type { Io } from "../../../wd/io.ts";
import { openStory } from "../../../wd/story.ts";
import { FOLDER, wd } from "./shell.ts";

const FLOWS = ["ring-full", "fork-cow"];
const LONG = 120_000;

const io: Io = {
  out: () => undefined,
  err: () => undefined,
  input: async () => new Uint8Array(),
  folder: FOLDER,
};

interface Row {
  readonly path: string;
  readonly flow: string;
  readonly view: string;
  readonly format: string;
  readonly profile?: string;
  readonly step: string;
}

/** What was written below a folder: its index, and the files beside it. */
function written(name: string): { readonly rows: readonly Row[]; readonly files: string[] } {
  const root = join(FOLDER, name);
  const all = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const index = JSON.parse(readFileSync(join(root, "index.json"), "utf8"));
  expect(Object.keys(index)).toEqual(["version", "files"]);
  expect(index.version).toBe(1);
  const files = all.filter((path) => path !== "index.json" && path !== ".wd-export");
  return { rows: index.files, files: files.sort() };
}

function read(name: string, { path }: Row): Buffer {
  return readFileSync(join(FOLDER, name, path));
}

/** What `wd export` is asked for this row. */
function words({ flow, view, format, profile, step }: Row): readonly string[] {
  const at = /^\d/.test(step) ? step : `@${step}`;
  const kind = profile === undefined ? [] : ["--profile", profile];
  return ["export", flow, "--view", view, "--at", at, "--format", format, ...kind];
}

test(
  "the labelled steps of each flow are there, in every view and format, as one export gives them",
  async () => {
    await exportFlows(FLOWS, "few", false, io);
    const { rows, files } = written("few");
    expect(rows.map(({ path }) => path).sort()).toEqual(files);
    expect([...new Set(rows.map(({ flow }) => flow))]).toEqual(FLOWS);
    expect(new Set(rows.map(({ format }) => format))).toEqual(
      new Set(FORMATS.map(({ name }) => name)),
    );
    for (const flow of FLOWS) {
      const { run } = await openStory(flow, io);
      const own = rows.filter((row) => row.flow === flow);
      const labels = run.steps.flatMap(({ label = "", number }) => (number === "0" ? [] : [label]));
      expect(new Set(own.map(({ step }) => step))).toEqual(new Set(labels.filter(Boolean)));
      expect(new Set(own.map(({ view }) => view))).toEqual(new Set(viewsOf(run)));
      const svgs = own.filter(({ format }) => format === "svg");
      expect(own.filter(({ format }) => format === "png")).toHaveLength(svgs.length / 2);
    }
    // Of each view and format of each flow, one: the bytes that a single export prints.
    const some = new Map(
      rows.map((row) => [[row.flow, row.view, row.format, row.profile].join(), row]),
    );
    for (const row of some.values()) {
      const { out, exit } = await wd(words(row));
      const kept = row.format === "rst" ? figureless : (text: string) => text;
      expect([exit, kept(out)], row.path).toEqual([0, kept(read("few", row).toString("latin1"))]);
    }
  },
  LONG,
);

/** A reST file names the picture beside it, which has another name in a folder of many. */
function figureless(text: string): string {
  return text.replace(/^\.\. kernel-figure:: .*$/m, "");
}

test("the picture that a reST file names lies beside it", () => {
  const { rows, files } = written("few");
  const texts = rows.filter(({ format }) => format === "rst");
  expect(texts.length).toBeGreaterThan(5);
  for (const row of texts) {
    const figure = /^\.\. kernel-figure:: (.*)$/m.exec(read("few", row).toString())?.[1];
    expect(files).toContain(row.path.replace(/[^/]+$/, figure ?? "none"));
  }
});

test(
  "with every step the numbered ones are there too, at each depth, without PNG of those",
  async () => {
    await exportFlows(["fork-cow"], "every", true, io);
    const { rows, files } = written("every");
    expect(rows.map(({ path }) => path).sort()).toEqual(files);
    const numbered = rows.filter(({ step }) => /^\d/.test(step));
    expect(numbered.some(({ step }) => /^\d+\.\d+\.\d+$/.test(step))).toBe(true);
    expect(numbered.filter(({ format }) => format === "png")).toEqual([]);
    expect(rows.filter(({ format }) => format === "png").length).toBeGreaterThan(0);
  },
  LONG,
);
