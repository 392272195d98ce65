/** What a view has to tell about itself to be drawn. */

import type { Depth, Run, Step } from "../../engine/index.ts";
import type { Layout, View } from "../layout/index.ts";

/** What is to be drawn: the step on screen, where a slice begins, how deep, in how many columns. */
export interface Wanted {
  readonly step: Step;
  readonly from: Step | undefined;
  readonly detail: Depth | undefined;
  readonly width: number;
}

export interface ViewMaker {
  /** Does it say something about this run? */
  readonly has: (run: Run) => boolean;
  /** The view laid out, or why it says nothing at this step: "no ring to show at @share". */
  readonly layout: (run: Run, wanted: Wanted) => Layout | string;
}

/** Views to draw from. A page has few of them until a reader asks for others. */
export type ViewTable = { readonly [name in View]?: ViewMaker };

/** "@send", "step 5": a step, in the words of a refusal. */
export function placeOf({ label, number }: Step): string {
  return label === undefined ? `step ${number}` : `@${label}`;
}
