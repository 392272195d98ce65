/** Drawings of a story, as pictures and as the texts that go into mails. */

import {
  draw,
  drawFutures,
  drawMoments,
  mailText,
  type NotDrawn,
  type Picture,
  type Two,
  type View,
  viewsOf,
} from "../diagrams/index.ts";
import { type Run, type Step, stepLink } from "../engine/index.ts";
import { fileName } from "./input.ts";
import { bad, no, quote } from "./stop.ts";
import type { Story } from "./story.ts";

export interface Wish {
  readonly step: Step;
  /** Where a slice begins, or the moment before. */
  readonly from?: Step | undefined;
  /** The same story with one thing otherwise. */
  readonly other?: Run | undefined;
  /** The first that says something of the step, where absent. */
  readonly view?: View | undefined;
  readonly width?: number | undefined;
}

const WIDTH = 72;

export interface Drawn {
  readonly picture: Picture;
  readonly view: View;
}

/** @throws Stop: 1 with the width that it needs, 2 where there is no such view */
export function drawStep(story: Story, wish: Wish): Drawn {
  let why = "there is no view of it";
  for (const view of wish.view ? [wish.view] : viewsOf(story.run)) {
    const drawn = drawView(story.run, wish, view);
    if (drawn.ok) return drawn;
    if (drawn.kind === "narrow") throw no(`${addressOf(story, wish.step)}: ${drawn.message}`);
    why = drawn.message;
  }
  throw bad(`${addressOf(story, wish.step)}: ${why}`);
}

/** One moment, two of them, or two futures. */
function drawView(
  run: Run,
  { step, from, other, width = WIDTH }: Wish,
  view: View,
): Two | NotDrawn {
  if (other) return drawFutures(run, other, { view, step, from, width });
  if (from) return drawMoments(run, { view, step, from, width });
  return draw(run, { at: step.number, view, width });
}

/** Can a command say this name again? Standard input is over, and some names need quotes. */
export function isRepeatable({ name }: Story): boolean {
  return name !== "-" && /^[\w.+,/@-]+$/.test(name);
}

/** "send-request@done", "./mine.flow@3" */
export function addressOf({ name }: Story, { label, number }: Step): string {
  return `${fileName(name)}@${label ?? number}`;
}

export interface MailWish {
  readonly picture: Picture;
  readonly step: Step;
  readonly for: "mail" | "commit";
  /** What prints this drawing again. */
  readonly command: string | undefined;
  readonly charset?: "ascii" | "unicode" | undefined;
  readonly siteUrl?: string | undefined;
}

/** Title, drawing, legend, and where to find it again. */
export function mailOf(story: Story, wish: MailWish): string {
  const { picture, step, command, charset, siteUrl } = wish;
  const text = mailText({
    picture,
    url: story.isOurs ? linkTo(story, step, siteUrl) : undefined,
    command,
    for: wish.for,
    charset,
  });
  if (!text.ok) throw no(`${addressOf(story, step)}: ${text.message}`);
  return text.text;
}

function linkTo({ name, run }: Story, step: Step, siteUrl: string | undefined): string | undefined {
  if (siteUrl === undefined) return undefined;
  if (!/^https?:\/\/[!-~]+$/.test(siteUrl)) {
    throw bad(`SITE_URL: expected an address, https://..., found ${quote(siteUrl)}`);
  }
  return `${siteUrl.replace(/\/+$/, "")}/${stepLink(name, run.steps, step)}`;
}
