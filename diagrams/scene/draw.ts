/** A drawing of a run at a step: which step, which view, and that view laid out. */

import {
  allSteps,
  type Depth,
  findStep,
  nearest,
  type Run,
  type Step,
} from "../../engine/index.ts";
import { type Ladder, type Picture, VIEWS, type View } from "../layout/index.ts";
import { ladder } from "./first-views.ts";
import type { ViewTable, Wanted } from "./views.ts";

export interface DrawOptions {
  /** The step on screen: "@send", "17", "17.2", "@send.2". */
  readonly at: string;
  /** The first of `viewsOf` where absent. */
  readonly view?: View;
  /** How deep the rows of a ladder go; as deep as is good to read where absent. */
  readonly detail?: Depth;
  /** Where a slice begins (ladder), the moment before (page board). */
  readonly from?: string;
  /** In columns; 72 where absent. */
  readonly width?: number;
}

/** Why there is no drawing: one line, for a person. */
export interface NotDrawn {
  readonly ok: false;
  readonly kind: "step" | "view" | "narrow";
  readonly message: string;
  /** The width that suffices, where `kind` is "narrow". */
  readonly needs?: number;
}

export type Drawn =
  | { readonly ok: true; readonly picture: Picture; readonly step: Step; readonly view: View }
  | NotDrawn;

/** Columns of a text for mail. */
const WIDTH = 72;

/**
 * Draws the run up to a step, in one of these views.
 * Refuses: an unknown step, a slice that begins behind its end; a view that says nothing; too few
 * columns.
 */
export function drawFrom(
  views: ViewTable,
  run: Run,
  options: DrawOptions & { readonly view: View },
): Drawn {
  const wanted = wantedOf(run, options);
  if ("ok" in wanted) return wanted;
  const { view } = options;
  const maker = views[view];
  if (!maker?.has(run)) {
    const there = VIEWS.filter((name) => views[name]?.has(run));
    return noView(`no view ${view} of this run; there is ${there.join(" and ")}`);
  }
  const made = maker.layout(run, wanted);
  if (typeof made === "string") return noView(made);
  if (made.ok) return { ok: true, picture: made.picture, step: wanted.step, view };
  const { needs } = made;
  return { ok: false, kind: "narrow", message: `needs ${needs} columns`, needs };
}

/** The ladder itself, for formats that lay it out on their own. Refuses: as `drawFrom`, but for columns. */
export function ladderAt(
  run: Run,
  options: Omit<DrawOptions, "view">,
): { readonly ok: true; readonly ladder: Ladder; readonly step: Step } | NotDrawn {
  const wanted = wantedOf(run, options);
  if ("ok" in wanted) return wanted;
  return { ok: true, ladder: ladder(run, wanted), step: wanted.step };
}

export function wantedOf(
  run: Run,
  { at, from, detail, width = WIDTH }: Omit<DrawOptions, "view">,
): Wanted | NotDrawn {
  const step = findStep(run.steps, at);
  if (!step) return noStep(run, at);
  const first = from === undefined ? undefined : findStep(run.steps, from);
  if (from !== undefined && !first) return noStep(run, from);
  if (first && first.before > step.before) {
    return { ok: false, kind: "step", message: `${from} comes after ${at}` };
  }
  return { step, from: first, detail, width };
}

function noView(message: string): NotDrawn {
  return { ok: false, kind: "view", message };
}

/** "no step @foo; there are @send @done; did you mean @send?" */
function noStep(run: Run, address: string): NotDrawn {
  const all = allSteps(run.steps);
  const labels = all.flatMap(({ label }) => (label === undefined ? [] : [`@${label}`]));
  const last = run.steps.at(-1)?.number ?? "0";
  const known = [...labels, `0 to ${last}`].join(" ");
  const near = nearest(address, labels);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return { ok: false, kind: "step", message: `no step ${address}; there are ${known}${hint}` };
}
