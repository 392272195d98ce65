/** Blocks and states themselves, for formats that place things on their own. */

import type { Run, Step } from "../../engine/index.ts";
import type { Blocks } from "../layout/index.ts";
import { blocksOf } from "./blocks-view.ts";
import { type NotDrawn, wantedOf } from "./draw.ts";
import { spaceOf } from "./space.ts";
import { statesOf } from "./states-view.ts";
import { placeOf } from "./views.ts";

export type BlocksView = "blocks" | "states" | "space";

/** Refuses: as `drawFrom`, but for columns. */
export function blocksAt(
  run: Run,
  { at, view }: { readonly at: string; readonly view: BlocksView },
): { readonly ok: true; readonly scene: Blocks; readonly step: Step } | NotDrawn {
  const wanted = wantedOf(run, { at });
  if ("ok" in wanted) return wanted;
  const { step, width } = wanted;
  const scene = made(run, step, { view, width });
  if (scene) return { ok: true, scene, step };
  return { ok: false, kind: "view", message: `no ${view} to show at ${placeOf(step)}` };
}

function made(
  run: Run,
  step: Step,
  { view, width }: { readonly view: BlocksView; readonly width: number },
): Blocks | undefined {
  if (view === "space") return spaceOf(run, step);
  return view === "blocks" ? blocksOf(run, step, width) : statesOf(run, step);
}
