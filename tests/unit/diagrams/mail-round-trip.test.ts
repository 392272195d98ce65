/**
 * Every distinct drawing of every key frame (where all tools are meant to be there: of every step of
 * the stories), of two moments and of two futures goes through git as a commit message and as a mail: what
 * comes out are the bytes that went in. b4's and mutt's own rules are applied to the same texts.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  draw,
  drawFutures,
  drawMoments,
  mailText,
  type Picture,
  type TwoWish,
  type View,
  viewsOf,
} from "../../../diagrams/index.ts";
import { type Run, readChange, type Step } from "../../../engine/index.ts";
import { keySteps, NAMES, runOf } from "./runs.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;
/** Where all tools are meant to be there, one that is not is a failure and no skip. */
const isStrict = process.env.REQUIRE_TOOLS === "1";
const withGit = test.skipIf(!hasGit && !isStrict);
const LONG = 240_000;

/** The texts as they are pasted, each once: for a mail, and for a commit with a link. */
const TEXTS: readonly string[] = [
  ...new Set(
    NAMES.flatMap((name) => {
      const run = runOf(name);
      const keys = keySteps(run);
      return viewsOf(run).flatMap((view) => [
        ...shownSteps(run).flatMap((step) => textsOf(run, { step, view, width: 72 })),
        ...keys.flatMap((step) => textsOf(run, { step, view, width: 40 })),
        ...pairsOf(run, view),
      ]);
    }),
  ),
];

function shownSteps(run: Run): readonly Step[] {
  const own = run.steps.filter(({ number }) => number !== "0");
  return isStrict ? own : keySteps(run);
}

function textsOf(run: Run, { step, view, width }: TwoWish & { view: View }): readonly string[] {
  const drawn = draw(run, { at: step.number, view, width });
  const isKey = keySteps(run).includes(step) && width === 72;
  return drawn.ok ? mails(run, step, drawn.picture, isKey) : [];
}

/** First and last key frame in one drawing, and the last beside what it would be. */
function pairsOf(run: Run, view: View): readonly string[] {
  const keys = keySteps(run);
  const [from, step] = [keys[0], keys.at(-1)];
  if (!from || !step || (!isStrict && view !== viewsOf(run)[0])) return [];
  const change = readChange("fail pin 1");
  if (!change) throw new Error("no change");
  const other = run.otherwise({ change, after: run.steps[1]?.before ?? 0 });
  const wish = { view, step, width: 72 };
  const early = from.before < step.before ? [drawMoments(run, { ...wish, from })] : [];
  return [...early, drawFutures(run, other, wish)].flatMap((two) =>
    two.ok ? mails(run, step, two.picture, false) : [],
  );
}

function mails(run: Run, step: Step, picture: Picture, isCommit: boolean): readonly string[] {
  const name = run.flow.file.replace(/\.flow$/, "");
  const place = step.label ?? step.number;
  const command = `wd show ${name}@${place}`;
  const url = `https://example.org/flows/${name}/#${place}`;
  return [
    mailText({ picture, command, for: "mail" }),
    ...(isCommit ? [mailText({ picture, url, for: "commit" })] : []),
  ].map((mail) => {
    if (!mail.ok) throw new Error(`${name}@${place} ${picture.view}: ${mail.message}`);
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

test("quoted four times, every line stays within 80 columns", () => {
  const lines = TEXTS.flatMap((text) => text.split("\n")).filter((line) => !/^Link: /.test(line));
  expect(lines.filter((line) => `> > > > ${line}`.length > 80)).toEqual([]);
});

/** Debian's linux-source-6.1 brings checkpatch.pl. */
const KERNEL = "/usr/src/linux-source-6.1.tar.xz";
const SCRIPTS = ["checkpatch.pl", "spelling.txt", "const_structs.checkpatch"];

// To unpack it takes a quarter of a minute.
test.skipIf(!isStrict)(
  "checkpatch.pl has nothing to say of a message with drawings (linux-source-6.1)",
  () => {
    const names = SCRIPTS.map((name) => `linux-source-6.1/scripts/${name}`);
    execFileSync("tar", ["-xf", KERNEL, "-C", folder, ...names]);
    const bodies = TEXTS.filter((text) => !text.includes("\nLink: "));
    const message = `${messageOf(bodies.join("\n"), 0)}\nSigned-off-by: A U Thor <author@example.org>\n`;
    commitAll("checked", [message], (file) => git(["commit", "-q", "-a", "-F", file], "sent"));
    const mail = git(["format-patch", "-q", "--stdout", "-1", "checked"], "sent");
    const script = join(folder, "linux-source-6.1", "scripts", "checkpatch.pl");
    const said = spawnSync("perl", [script, "--no-tree", "--terse", "-"], {
      input: mail,
      encoding: "utf8",
    });
    expect([said.stdout, said.stderr, said.status]).toEqual(["", "", 0]);
  },
  LONG,
);

/** Two moments of a state machine, one above the other, are the longest; they come when strict. */
const LINES_MAX = isStrict ? 600 : 150;

test(`there are many texts, and none is longer than ${LINES_MAX} lines`, () => {
  expect(TEXTS.length).toBeGreaterThan(100);
  expect(Math.max(...TEXTS.map((text) => text.split("\n").length))).toBeLessThan(LINES_MAX);
});
