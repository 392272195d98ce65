/**
 * Every distinct drawing of every key frame (where all tools are meant to be there: of every step of
 * the stories, and of every slice that a page shows), of two moments and of two futures goes through git
 * as a commit message and as a mail: what comes out are the bytes that went in. b4 (its rule always, the
 * program where all tools are meant to be there), mutt's rule and checkpatch see the same texts.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  draw,
  drawFutures,
  drawMoments,
  mailKey,
  mailText,
  type Picture,
  type TwoWish,
  type View,
  viewsOf,
} from "../../../diagrams/index.ts";
import { type Run, readChange, type Step } from "../../../engine/index.ts";
import { drawnNow, onRecord, putThrough, stale } from "../../../tools/results/mail.ts";
import { messageOf, Post, programs, signed, together } from "../../../tools/results/post.ts";
import { keySteps, NAMES, runOf } from "./runs.ts";

const hasGit = programs().git !== undefined;
/** Where all tools are meant to be there, one that is not is a failure and no skip. */
const isStrict = process.env.REQUIRE_TOOLS === "1";
const withGit = test.skipIf(!hasGit && !isStrict);
const LONG = 1_200_000;

/** What Copy for mail gives now, by flow: what the record is of. */
const DRAWN = drawnNow();

/** The texts as they are pasted, each once: for a mail, and for a commit with a link. */
const TEXTS: readonly string[] = [
  ...new Set([
    ...(isStrict ? [...DRAWN.values()].flat().map(({ text }) => text) : []),
    ...NAMES.flatMap((name) => {
      const run = runOf(name);
      const keys = keySteps(run);
      return viewsOf(run).flatMap((view) => [
        ...keys.flatMap((step) => textsOf(run, { step, view, width: 72 })),
        ...keys.flatMap((step) => textsOf(run, { step, view, width: 40 })),
        ...pairsOf(run, view),
      ]);
    }),
  ]),
];

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

let post: Post | undefined;

beforeAll(() => {
  if (hasGit) post = new Post();
});

afterAll(() => post?.close());

function office(): Post {
  if (!post) throw new Error("no git");
  return post;
}

const MESSAGES = TEXTS.map(messageOf);

withGit(
  "a message from a file is kept",
  () => {
    office().commit("file", MESSAGES);
    expect(office().messages("sent", "file")).toEqual(MESSAGES);
  },
  LONG,
);

withGit(
  "a message from an editor is kept",
  () => {
    const groups = together(TEXTS, 20);
    office().commit("editor", groups, "editor");
    expect(office().messages("sent", "editor")).toEqual(groups);
  },
  LONG,
);

withGit.each([["--no-scissors"], ["--scissors"]] as const)(
  "a message comes back from format-patch and am %s",
  (option) => expect(office().mail("file", option)).toEqual(MESSAGES),
  LONG,
);

test.skipIf(!isStrict)(
  "a message comes back from b4 am, with the line that signs it off and no other",
  () => expect(office().mailByB4("file")).toEqual(MESSAGES.map(signed)),
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

// To unpack it takes a quarter of a minute.
test.skipIf(!isStrict)(
  "checkpatch.pl has nothing to say of a message with drawings (linux-source-6.1)",
  () => {
    const [all = ""] = together(TEXTS, TEXTS.length);
    expect(office().checkpatch(all)).toBe("");
  },
  LONG,
);

test("content/results/mail.json is of what is drawn now (else: npm run results)", () => {
  expect(stale(DRAWN, onRecord())).toEqual([]);
});

test("a step that is drawn otherwise is missed on record, and so is a flow that is gone", () => {
  const record = onRecord();
  const [name = "", sent = []] = [...DRAWN][0] ?? [];
  const [first, ...others] = sent;
  const text = first?.text.replace("wd show", "  wd show") ?? "";
  const other = new Map(DRAWN).set(name, [{ key: mailKey(`${text}.`), text }, ...others]);
  expect(stale(other, record)).toContain(name);
  const fewer = new Map([...DRAWN].slice(1));
  expect(stale(fewer, record)).toContain(name);
});

// biome-ignore format: one program a line
const BAD: readonly (readonly [way: string, text: string])[] = [
  ["checkpatch.pl: ",                 `  ${"x ".repeat(50)}y\n`],
  ["git commit changed:\n",           "  above\n# head\n  below\n"],
  ["git am --scissors changed:\n",    "  above\n  ---- >8 ----\n  below\n"],
  ["b4 am changed:\n",              "  above\n  ---- >8 ----\n  below\n"],
  ["git am --no-scissors changed:\n", "  above\n---\n  below\n"],
];

test.skipIf(!isStrict)(
  "what a program changes is no result, whichever program it is",
  () => {
    const good = "  A drawing.\n\n  [1] wd show x\n";
    const silent = () => undefined;
    expect(putThrough([good], silent)).toEqual([]);
    const faults = putThrough([good, ...BAD.map(([, text]) => text)], silent);
    for (const [way, text] of BAD) {
      const isSaid = (fault: string) => fault.startsWith(way) && fault.includes(text.slice(0, 20));
      expect(faults.some(isSaid) || way.startsWith("check"), `${way} ${text}`).toBe(true);
      expect(
        faults.some((fault) => fault.startsWith(way)),
        way,
      ).toBe(true);
    }
    expect(faults.filter((fault) => fault.includes("A drawing."))).toHaveLength(1); // by the editor
  },
  LONG,
);

/** Two moments of a state machine, one above the other, are the longest; they come when strict. */
const LINES_MAX = isStrict ? 600 : 150;

test(`there are many texts, and none is longer than ${LINES_MAX} lines`, () => {
  expect(TEXTS.length).toBeGreaterThan(100);
  expect(Math.max(...TEXTS.map((text) => text.split("\n").length))).toBeLessThan(LINES_MAX);
});
