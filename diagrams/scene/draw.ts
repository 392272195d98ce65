/** A drawing of a run at a step: which views there are, and each of them laid out. */

import {
  allSteps,
  type Depth,
  findStep,
  nearest,
  type Run,
  type Step,
} from "../../engine/index.ts";
import { layoutSequence, type Picture } from "../layout/index.ts";
import { ladderOf } from "./ladder.ts";

export type View = "sequence" | "memory" | "rings";

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

export type Drawn =
  | {
      readonly ok: true;
      readonly picture: Picture;
      readonly step: Step;
      readonly view: View;
    }
  | {
      readonly ok: false;
      readonly kind: "step" | "view" | "narrow";
      /** One line, for a person. */
      readonly message: string;
      /** The width that suffices, where `kind` is "narrow". */
      readonly needs?: number;
    };

/** Columns of a text for mail. */
const WIDTH = 72;
/** So many messages of a ladder are good to read; in few columns each takes two lines. */
const ROWS_WIDE = 30;
const ROWS_NARROW = 20;

/** Views that say something about this run; the first is the default. */
export function viewsOf(_run: Run): readonly View[] {
  return ["sequence"];
}

/** Draws the run up to a step. Refuses: an unknown step; a view that says nothing; too few columns. */
export function draw(run: Run, options: DrawOptions): Drawn {
  const step = findStep(run.steps, options.at);
  if (!step) return noStep(run, options.at);
  const from = options.from === undefined ? undefined : findStep(run.steps, options.from);
  if (options.from !== undefined && !from) return noStep(run, options.from);
  const views = viewsOf(run);
  const view = options.view ?? (views[0] as View);
  if (!views.includes(view)) {
    return { ok: false, kind: "view", message: `no view ${view}; there are ${views.join(" ")}` };
  }
  const machine = run.machineAt(step.after);
  const { detail, width = WIDTH } = options;
  const rows = width < WIDTH ? ROWS_NARROW : ROWS_WIDE;
  const layout = layoutSequence(ladderOf({ run, machine, step, from, detail, rows }), width);
  if (layout.ok) return { ok: true, picture: layout.picture, step, view };
  const { needs } = layout;
  return { ok: false, kind: "narrow", message: `needs ${needs} columns`, needs };
}

/** "no step @foo; there are @send @done" */
function noStep(run: Run, address: string): Drawn {
  const labels = allSteps(run.steps).flatMap(({ label }) =>
    label === undefined ? [] : [`@${label}`],
  );
  const last = run.steps.at(-1)?.number ?? "0";
  const numbered = labels.length > 0 ? labels.join(" ") : `1 to ${last}`;
  const near = nearest(address, labels);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return { ok: false, kind: "step", message: `no step ${address}; there are ${numbered}${hint}` };
}
