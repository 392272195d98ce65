/** content/results/mail.json: which texts were put through git, b4 and checkpatch, and by which of these. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Passed } from "../../diagrams/index.ts";
import { textDigest } from "../../engine/index.ts";
import { messageOf, Post, type programs, signed, together } from "./post.ts";
import { library, type Sent, sentOf, slices, WIDTH } from "./texts.ts";

const FILE = new URL("../../content/results/mail.json", import.meta.url);

export interface Record {
  readonly version: 1;
  readonly programs: ReturnType<typeof programs>;
  readonly flows: Readonly<{ [name: string]: Passed }>;
}

export type Drawn = ReadonlyMap<string, readonly Sent[]>;

/** All texts as they are drawn now, by flow. */
export function drawnNow(): Drawn {
  const [flows, shown] = [library(), slices()];
  return new Map([...flows.keys()].map((name) => [name, sentOf(name, { flows, shown })]));
}

export function onRecord(): Record | undefined {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : undefined;
}

/** What the record says of these texts once they have passed. */
export function passedOf(sent: readonly Sent[]): Passed {
  const texts = sent
    .map(({ key }) => key)
    .sort()
    .join(" ");
  return { build: textDigest(`${WIDTH} ascii ${texts}`).slice(0, 8), texts };
}

/** Texts that are drawn now and not on record. */
export function unproven(drawn: Drawn, record: Record | undefined): readonly Sent[] {
  return [...drawn].flatMap(([name, sent]) => {
    const known = new Set(record?.flows[name]?.texts.split(" "));
    return sent.filter(({ key }) => !known.has(key));
  });
}

/** Flows whose record is not of what is drawn now; flows that are gone count too. */
export function stale(drawn: Drawn, record: Record | undefined): readonly string[] {
  const names = new Set([...drawn.keys(), ...Object.keys(record?.flows ?? {})]);
  return [...names].filter((name) => {
    const sent = drawn.get(name);
    const now = sent && passedOf(sent);
    const then = record?.flows[name];
    return !now || !then || now.build !== then.build || now.texts !== then.texts;
  });
}

/**
 * Puts texts through the programs.
 * @returns what did not come back as it was sent, a line each
 */
export function putThrough(
  texts: readonly string[],
  say: (words: string) => void,
): readonly string[] {
  const post = new Post();
  const messages = texts.map(messageOf);
  const differing = (way: string, sent: readonly string[], got: readonly string[]) =>
    sent.flatMap((message, at) => (message === got[at] ? [] : [`${way} changed:\n${message}`]));
  try {
    say(`git commit -F: ${texts.length} texts`);
    post.commit("file", messages);
    const faults = differing("git commit -F", messages, post.messages("sent", "file"));
    say("git commit, by an editor");
    const groups = together(texts, 20);
    post.commit("editor", groups, "editor");
    faults.push(...differing("git commit", groups, post.messages("sent", "editor")));
    for (const option of ["--no-scissors", "--scissors"] as const) {
      say(`git format-patch, git am ${option}`);
      faults.push(...differing(`git am ${option}`, messages, post.mail("file", option)));
    }
    say("b4 am");
    faults.push(...differing("b4 am", messages.map(signed), post.mailByB4("file")));
    say("checkpatch.pl");
    const bodies = texts.filter((text) => !text.includes("\nLink: "));
    const said = post.checkpatch(messageOf(bodies.join("\n"), 0));
    return said === "" ? faults : [...faults, `checkpatch.pl: ${said}`];
  } finally {
    post.close();
  }
}

/** A line a flow, so that two changes of two flows do not meet. */
export function write(drawn: Drawn, used: Record["programs"]): void {
  const rows = [...drawn].map(
    ([name, sent]) => `  ${JSON.stringify(name)}: ${JSON.stringify(passedOf(sent))}`,
  );
  const head = `{\n "version": 1,\n "programs": ${JSON.stringify(used)},\n "flows": {\n`;
  writeFileSync(FILE, `${head}${rows.join(",\n")}\n }\n}\n`);
}
