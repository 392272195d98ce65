/**
 * Every distinct drawing of a key frame goes through git as a commit message and as a mail: what
 * comes out are the bytes that went in. b4's and mutt's own rules are applied to the same texts.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { draw, mailText, type View, viewsOf } from "../../../diagrams/index.ts";
import { keySteps, NAMES, runOf } from "./runs.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;
/** Where all tools are meant to be there, one that is not is a failure and no skip. */
const withGit = test.skipIf(!hasGit && process.env.REQUIRE_TOOLS !== "1");
const LONG = 240_000;

/** The texts as they are pasted, each once: for a mail, and for a commit with a link. */
const TEXTS: readonly string[] = [
  ...new Set(
    NAMES.flatMap((name) => {
      const run = runOf(name);
      return keySteps(run).flatMap(({ label = "" }) =>
        viewsOf(run).flatMap((view) =>
          [72, 40].flatMap((width) => textsOf(name, label, view, width)),
        ),
      );
    }),
  ),
];

function textsOf(name: string, label: string, view: View, width: number): readonly string[] {
  const drawn = draw(runOf(name), { at: `@${label}`, view, width });
  if (!drawn.ok) return [];
  const { picture } = drawn;
  const command = `wd show ${name}@${label}`;
  const url = `https://example.org/flows/${name}/#${label}`;
  const mails = [
    mailText({ picture, command, for: "mail" }),
    ...(width === 72 ? [mailText({ picture, url, for: "commit" })] : []),
  ];
  return mails.map((mail) => {
    if (!mail.ok) throw new Error(`${name}@${label} ${view}: ${mail.message}`);
    return mail.text;
  });
}

let folder = "";
let first = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wd-mail-"));
  if (!hasGit) return;
  git(["init", "-q", "-b", "main", "sent"]);
  writeFileSync(join(folder, "sent", "count"), "0\n");
  git(["config", "core.fsync", "none"], "sent");
  git(["add", "count"], "sent");
  git(["commit", "-q", "-m", "start"], "sent");
  first = git(["rev-parse", "HEAD"], "sent").trim();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Nobody's settings but these. */
const SETTINGS = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A U Thor",
  GIT_AUTHOR_EMAIL: "author@example.org",
  GIT_AUTHOR_DATE: "1700000000 +0000",
  GIT_COMMITTER_NAME: "C O Mitter",
  GIT_COMMITTER_EMAIL: "committer@example.org",
  GIT_COMMITTER_DATE: "1700000000 +0000",
};

function git(
  args: readonly string[],
  where = ".",
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync("git", [...args], {
    cwd: join(folder, where),
    encoding: "utf8",
    env: { ...SETTINGS, ...env },
    maxBuffer: 1 << 28,
  });
}

/** A subject, a blank line, and the text as it is. */
function messageOf(text: string, index: number): string {
  return `docs: drawing ${index}\n\n${text}`;
}

/** One commit for each message on a new branch. */
function commitAll(branch: string, all: readonly string[], commit: (file: string) => void): void {
  git(["checkout", "-q", "-b", branch, first], "sent");
  const file = join(folder, "message");
  for (const [index, message] of all.entries()) {
    writeFileSync(join(folder, "sent", "count"), `${index + 1}\n`);
    writeFileSync(file, message);
    commit(file);
  }
}

/** The messages from the start on, oldest first, byte for byte. */
function messages(where: string): readonly string[] {
  const log = git(["log", "--reverse", "--format=%B%x00", `${first}..HEAD`], where);
  return log.split("\0\n").slice(0, -1);
}

const MESSAGES = TEXTS.map(messageOf);

withGit(
  "a message from a file is kept",
  () => {
    commitAll("file", MESSAGES, (file) => git(["commit", "-q", "-a", "-F", file], "sent"));
    expect(messages("sent")).toEqual(MESSAGES);
  },
  LONG,
);

/** An editor's message is cleaned line by line: so several drawings may stand in one. */
const TOGETHER = 20;

withGit(
  "a message from an editor is kept",
  () => {
    const bodies = TEXTS.filter((text) => !text.includes("\nLink: "));
    const groups = Array.from({ length: Math.ceil(bodies.length / TOGETHER) }, (_, at) =>
      messageOf(bodies.slice(at * TOGETHER, (at + 1) * TOGETHER).join("\n"), at),
    );
    commitAll("editor", groups, (file) => {
      git(["commit", "-q", "-a"], "sent", { GIT_EDITOR: `cp '${file}'` });
    });
    expect(messages("sent")).toEqual(groups);
  },
  LONG,
);

withGit.each([["--no-scissors"], ["--scissors"]])(
  "a message comes back from format-patch and am %s",
  (option) => {
    git(["checkout", "-q", "file"], "sent");
    const box = git(["format-patch", "-q", "--stdout", `${first}..file`], "sent");
    const where = `received${option}`;
    git(["clone", "-q", "--shared", "sent", where]);
    git(["checkout", "-q", "-b", "mail", first], where);
    writeFileSync(join(folder, "box"), box);
    git(["am", "-q", option, join(folder, "box")], where);
    expect(messages(where)).toEqual(MESSAGES);
  },
  LONG,
);

/** b4's LoreMessage.find_trailers, and the default of mutt's quote_regexp. */
const B4_TRAILER = /^\s*(\w\S+):\s+(\S.*)/;
const MUTT_QUOTE = /^([ \t]*[|>:}#])+/;

test("no line is a trailer to b4, but the link that is meant to be one", () => {
  const lines = TEXTS.flatMap((text) => text.split("\n"));
  expect(lines.filter((line) => B4_TRAILER.test(line) && !/^Link: /.test(line))).toEqual([]);
});

test("no line is a quotation to mutt", () => {
  const lines = TEXTS.flatMap((text) => text.split("\n"));
  expect(lines.filter((line) => MUTT_QUOTE.test(line))).toEqual([]);
});

test("there are many texts, and none is longer than two screens", () => {
  expect(TEXTS.length).toBeGreaterThan(100);
  expect(Math.max(...TEXTS.map((text) => text.split("\n").length))).toBeLessThan(100);
});
