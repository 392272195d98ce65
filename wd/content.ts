/** The stories and texts of content/, read when they are asked for. */

import { readdirSync, readFileSync } from "node:fs";
import type { Passed } from "../diagrams/index.ts";
import type { Page, Term } from "../text/index.ts";

const ROOT = new URL("../", import.meta.url);

/** A file of the project: "content/reply.txt". */
export function projectText(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** Names, without the ending, of the files in a folder of content/. */
function names(folder: string, ending: string): readonly string[] {
  return readdirSync(new URL(`content/${folder}/`, ROOT))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

export function flowNames(): readonly string[] {
  return names("flows", ".flow");
}

/** Where the story of that name stands. */
export function flowFile(name: string): string {
  return `content/flows/${name}.flow`;
}

/** The texts of all stories, by name: for `given`. */
export function flowTexts(): ReadonlyMap<string, string> {
  return new Map(flowNames().map((name) => [name, projectText(flowFile(name))]));
}

/** What is on record of the story's texts: that they went through git, b4 and checkpatch. */
export function passedTexts(story: {
  readonly name: string;
  readonly isOurs: boolean;
}): Passed | undefined {
  if (!story.isOurs) return undefined;
  const { flows } = JSON.parse(projectText("content/results/mail.json"));
  return flows[story.name];
}

/** The texts that may claim something, home first. */
export function textFiles(): readonly string[] {
  const inFolder = (folder: string) =>
    names(folder, ".mdx").map((name) => `content/${folder}/${name}.mdx`);
  return ["content/home.mdx", ...inFolder("questions"), ...inFolder("concepts")];
}

/** Questions first, in the order of the review, then terms. */
export async function pages(): Promise<readonly Page[]> {
  const { readPage } = await import("../text/index.ts");
  return ["questions", "concepts"].flatMap((folder) =>
    names(folder, ".mdx")
      .map((name) => `content/${folder}/${name}.mdx`)
      .map((file) => readPage(file, projectText(file)))
      .sort((a, b) => a.order - b.order),
  );
}

export async function terms(): Promise<readonly Term[]> {
  const { readTerms } = await import("../text/index.ts");
  return readTerms(projectText("content/terms.json"));
}
