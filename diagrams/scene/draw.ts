/** A drawing of a run at a step: which step, which view, and that view laid out. */

import {
  allSteps,
  type Depth,
  findStep,
  nearest,
  type Run,
  type Step,
} from "../../engine/index.ts";
import {
  type Ladder,
  type Layout,
  layoutMemory,
  layoutRings,
  layoutSequence,
  type Picture,
} from "../layout/index.ts";
import { boardOf } from "./board.ts";
import { ladderOf } from "./ladder.ts";
import { momentsOf } from "./moments.ts";
import { ringOf } from "./ring.ts";
import { type View, viewsOf } from "./views.ts";

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
/** So many messages of a ladder are good to read; in few columns each takes two lines. */
const ROWS_WIDE = 30;
const ROWS_NARROW = 20;

/**
 * Draws the run up to a step.
 * Refuses: an unknown step, a slice that begins behind its end; a view that says nothing; too few
 * columns.
 */
export function draw(run: Run, options: DrawOptions): Drawn {
  const wanted = wantedOf(run, options);
  if ("ok" in wanted) return wanted;
  const views = viewsOf(run);
  const view = options.view ?? (views[0] as View);
  if (!views.includes(view)) {
    return noView(`no view ${view} of this run; there is ${views.join(" and ")}`);
  }
  const made = LAYOUTS[view](run, wanted);
  if (typeof made === "string") return noView(made);
  if (made.ok) return { ok: true, picture: made.picture, step: wanted.step, view };
  const { needs } = made;
  return { ok: false, kind: "narrow", message: `needs ${needs} columns`, needs };
}

/** The ladder itself, for formats that lay it out on their own. Refuses: as `draw`, but for columns. */
export function ladderAt(
  run: Run,
  options: Omit<DrawOptions, "view">,
): { readonly ok: true; readonly ladder: Ladder; readonly step: Step } | NotDrawn {
  const wanted = wantedOf(run, options);
  if ("ok" in wanted) return wanted;
  return { ok: true, ladder: ladder(run, wanted), step: wanted.step };
}

interface Wanted {
  readonly step: Step;
  readonly from: Step | undefined;
  readonly detail: Depth | undefined;
  readonly width: number;
}

function wantedOf(run: Run, { at, from, detail, width = WIDTH }: DrawOptions): Wanted | NotDrawn {
  const step = findStep(run.steps, at);
  if (!step) return noStep(run, at);
  const first = from === undefined ? undefined : findStep(run.steps, from);
  if (from !== undefined && !first) return noStep(run, from);
  if (first && first.before > step.before) {
    return { ok: false, kind: "step", message: `${from} comes after ${at}` };
  }
  return { step, from: first, detail, width };
}

function ladder(run: Run, { step, from, detail, width }: Wanted): Ladder {
  const machine = run.machineAt(step.after);
  const rows = width < WIDTH ? ROWS_NARROW : ROWS_WIDE;
  return ladderOf({ run, machine, step, from, detail, rows });
}

/** Each view laid out, or why it says nothing at this step. */
const LAYOUTS: Readonly<Record<View, (run: Run, wanted: Wanted) => Layout | string>> = {
  sequence: (run, wanted) => layoutSequence(ladder(run, wanted), wanted.width),
  memory: (run, { step, from, width }) => {
    const board = boardOf({ run, moments: momentsOf(run, step, from) });
    return board ? layoutMemory(board, width) : `no page to show at ${placeOf(step)}`;
  },
  rings: (run, { step, width }) => {
    const [before, machine] = [run.machineAt(step.before), run.machineAt(step.after)];
    const ring = ringOf({ run, step, before, machine });
    return ring ? layoutRings(ring, width) : `no ring to show at ${placeOf(step)}`;
  },
};

function placeOf({ label, number }: Step): string {
  return label === undefined ? `step ${number}` : `@${label}`;
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
