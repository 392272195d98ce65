/** A drawing of a run at a step: which views there are, and each of them laid out. */

import {
  allSteps,
  type Depth,
  findStep,
  nearest,
  type Run,
  type Step,
} from "../../engine/index.ts";
import {
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

/** Draws the run up to a step. Refuses: an unknown step; a view that says nothing; too few columns. */
export function draw(run: Run, options: DrawOptions): Drawn {
  const step = findStep(run.steps, options.at);
  if (!step) return noStep(run, options.at);
  const from = options.from === undefined ? undefined : findStep(run.steps, options.from);
  if (options.from !== undefined && !from) return noStep(run, options.from);
  const views = viewsOf(run);
  const view = options.view ?? (views[0] as View);
  if (!views.includes(view)) {
    return noView(`no view ${view} of this run; there is ${views.join(" and ")}`);
  }
  const made = layouts(run, { ...options, step, from })[view]();
  if (typeof made === "string") return noView(made);
  if (made.ok) return { ok: true, picture: made.picture, step, view };
  const { needs } = made;
  return { ok: false, kind: "narrow", message: `needs ${needs} columns`, needs };
}

interface Wanted extends Omit<DrawOptions, "from"> {
  readonly step: Step;
  readonly from: Step | undefined;
}

/** Each view laid out, or why it says nothing at this step. */
function layouts(
  run: Run,
  { step, from, detail, width = WIDTH }: Wanted,
): Readonly<Record<View, () => Layout | string>> {
  const place = step.label === undefined ? `step ${step.number}` : `@${step.label}`;
  return {
    sequence: () => {
      const machine = run.machineAt(step.after);
      const rows = width < WIDTH ? ROWS_NARROW : ROWS_WIDE;
      return layoutSequence(ladderOf({ run, machine, step, from, detail, rows }), width);
    },
    memory: () => {
      const board = boardOf({ run, moments: momentsOf(run, step, from) });
      return board ? layoutMemory(board, width) : `no page is shared or touched yet at ${place}`;
    },
    rings: () => {
      const [before, machine] = [run.machineAt(step.before), run.machineAt(step.after)];
      const ring = ringOf({ run, step, before, machine });
      return ring ? layoutRings(ring, width) : `no ring is there yet at ${place}`;
    },
  };
}

function noView(message: string): Drawn {
  return { ok: false, kind: "view", message };
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
