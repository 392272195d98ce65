/** Blocks and states themselves, for formats that place things on their own. */

import type { Run, Step } from "../../engine/index.ts";
import type { Blocks } from "../layout/index.ts";
import { blocksOf } from "./blocks-view.ts";
import { type NotDrawn, wantedOf } from "./draw.ts";
import { statesOf } from "./states-view.ts";
import { placeOf } from "./views.ts";

export type BlocksView = "blocks" | "states";

/** Refuses: as `drawFrom`, but for columns. */
export function blocksAt(
  run: Run,
  { at, view }: { readonly at: string; readonly view: BlocksView },
): { readonly ok: true; readonly scene: Blocks; readonly step: Step } | NotDrawn {
  const wanted = wantedOf(run, { at });
  if ("ok" in wanted) return wanted;
  const { step, width } = wanted;
  const scene = view === "blocks" ? blocksOf(run, step, width) : statesOf(run, step);
  if (scene) return { ok: true, scene, step };
  return { ok: false, kind: "view", message: `no ${view} to show at ${placeOf(step)}` };
}
