/** The text contract, at every step of every flow, in every view, in 72 and in 40 columns. */

import { describe, expect, test } from "vitest";
import {
  breaches,
  draw,
  formatBreach,
  inForm,
  mailText,
  type Picture,
  toAscii,
  toSvg,
  viewsOf,
} from "../../../diagrams/index.ts";
import { allSteps } from "../../../engine/index.ts";
import { withCheckpoints } from "../../../wd/index.ts";
import { NAMES, runOf } from "./runs.ts";

const LONG = 120_000;

/** What git, b4 and mutt look for, written as they have it and not as the contract does. */
// biome-ignore format: one program a line
const EATEN: readonly (readonly [who: string, what: RegExp])[] = [
  ["b4 takes a trailer",    /^\s*(\w\S+):\s+(\S.*)/m],
  ["mutt takes a quotation", /^[ \t]*[|>:}#]/m],
  ["git am cuts here",      /^(---(\s|$)|diff -|Index: )/m],
  ["git strips a blank",    /[ \t]+$/m],
  ["git folds blank lines", /\n\n\n/],
];

/** Everything that is wrong with a text of a picture; nothing, where it keeps the contract. */
function faults(picture: Picture, width: number): readonly string[] {
  const text = toAscii(picture);
  if (!text.ok) return [text.message];
  const eaten = EATEN.filter(([, what]) => what.test(text.text)).map(([who]) => who);
  const lost = inForm(picture, "text").labels.flatMap((label) =>
    label.split(" ").filter((word) => !text.text.includes(word)),
  );
  const broken = breaches(text.text, width, { for: "mail" }).map(formatBreach);
  return [...broken, ...eaten, ...lost];
}

const NOT_YET =
  /^(no (page|ring|walk|blocks|states) to show|no time has passed|nothing to count) at (@\S+|step \S+)$/;

describe.each(NAMES)("%s", (name) => {
  // Its machines are megabytes: they go with the test.
  const whole = runOf(name);

  test.each([72, 40])(
    "keeps the contract at every step in %i columns",
    (width) => {
      const run = withCheckpoints(whole);
      const wrong: string[] = [];
      for (const { number } of allSteps(run.steps)) {
        for (const view of viewsOf(run)) {
          const drawn = draw(run, { at: number, view, width });
          const found = drawn.ok ? faults(drawn.picture, width) : [drawn.message];
          const isLate = !drawn.ok && NOT_YET.test(drawn.message);
          if (!isLate) wrong.push(...found.map((what) => `@${number} ${view}: ${what}`));
        }
      }
      expect(wrong).toEqual([]);
    },
    LONG,
  );

  test(
    "is whole as a mail and as kernel SVG at every story step",
    () => {
      const run = withCheckpoints(whole);
      const wrong: string[] = [];
      for (const { number } of run.steps) {
        for (const view of viewsOf(run)) {
          const drawn = draw(run, { at: number, view });
          if (!drawn.ok) continue;
          const { picture } = drawn;
          const mail = mailText({ picture, command: `wd show ${name}@${number}`, for: "mail" });
          const svg = toSvg(picture, { profile: "kernel", title: name, desc: "A drawing." });
          for (const made of [mail, svg]) if (!made.ok) wrong.push(`@${number}: ${made.message}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    LONG,
  );
});
