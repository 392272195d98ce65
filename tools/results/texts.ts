/**
 * Every text that Copy for mail gives of our stories: each story step in each view, each slice that a
 * page shows, and of key frames the form for a commit message too.
 */

import { readdirSync, readFileSync } from "node:fs";
import {
  ALL_VIEWS,
  drawFrom,
  mailKey,
  mailText,
  type Picture,
  viewsOf,
} from "../../diagrams/index.ts";
import { formatError, type Run, runFlow, type Step } from "../../engine/index.ts";
import { readPage, type Slice } from "../../text/index.ts";
import { withCheckpoints } from "../../wd/index.ts";

const CONTENT = new URL("../../content/", import.meta.url);

/** What an exporter is asked for: part of the key, so that another wish is another build. */
export const WIDTH = 72;

/** One text as it is pasted. */
export interface Sent {
  readonly key: string;
  readonly text: string;
}

/** The texts of content/flows/, by name. */
export function library(): ReadonlyMap<string, string> {
  return new Map(files("flows", ".flow").map((name) => [name, read(`flows/${name}.flow`)]));
}

/** What the pages show of stories in place. */
export function slices(): readonly Slice[] {
  const pages = ["questions", "concepts"].flatMap((folder) =>
    files(folder, ".mdx").map((name) =>
      readPage(`content/${folder}/${name}.mdx`, read(`${folder}/${name}.mdx`)),
    ),
  );
  return pages.flatMap(({ flow }) => (flow?.from === undefined ? [] : [flow]));
}

function files(folder: string, ending: string): readonly string[] {
  const all = readdirSync(new URL(`${folder}/`, CONTENT)).filter((file) => file.endsWith(ending));
  return all.map((file) => file.slice(0, -ending.length)).sort();
}

function read(path: string): string {
  return readFileSync(new URL(path, CONTENT), "utf8");
}

/**
 * The texts of one story, each once, in the order of its steps.
 * @throws where the story does not hold, or a drawing breaks the contract
 */
export function sentOf(
  name: string,
  {
    flows,
    shown,
  }: { readonly flows: ReadonlyMap<string, string>; readonly shown: readonly Slice[] },
): readonly Sent[] {
  const result = runFlow({ text: flows.get(name) ?? "", file: `${name}.flow` }, flows);
  if (!result.ok) throw new Error(result.errors.map(formatError).join("\n"));
  const run = withCheckpoints(result.run);
  const known = new Map<string, Sent>();
  const keep = (text: string) => known.set(mailKey(text), { key: mailKey(text), text });
  for (const { step, from } of placesOf(run, name, shown)) {
    for (const view of viewsOf(run)) {
      const begin = from === undefined ? {} : { from };
      const wish = { at: step.number, view, width: WIDTH, ...begin };
      const drawn = drawFrom(ALL_VIEWS, run, wish);
      if (drawn.ok) for (const text of textsOf(name, step, drawn.picture, run)) keep(text);
    }
  }
  return [...known.values()];
}

interface Place {
  readonly step: Step;
  /** The number of the step that a slice begins with. */
  readonly from?: string;
}

function placesOf(run: Run, name: string, shown: readonly Slice[]): readonly Place[] {
  const own = run.steps.filter(({ number }) => number !== "0");
  const inSlices = shown
    .filter((slice) => slice.name === name)
    .flatMap(({ from, to, at }) => {
      const index = (label = at) => own.findIndex((step) => step.label === label);
      const first = own[index(from)];
      const lines = own.slice(index(from), index(to) + 1);
      return first ? lines.map((step) => ({ step, from: first.number })) : [];
    });
  return [...own.map((step) => ({ step })), ...inSlices];
}

function textsOf(name: string, step: Step, picture: Picture, run: Run): readonly string[] {
  const place = step.label ?? step.number;
  const command = `wd show ${name}@${place}`;
  const url = `https://example.org/flows/${name}/#${place}`;
  const isKey = run.flow.header.show.includes(step.label ?? "");
  const made = [
    mailText({ picture, command, for: "mail" }),
    ...(isKey ? [mailText({ picture, url, for: "commit" })] : []),
  ];
  return made.map((mail) => {
    if (!mail.ok) throw new Error(`${name}@${place} ${picture.view}: ${mail.message}`);
    return mail.text;
  });
}
