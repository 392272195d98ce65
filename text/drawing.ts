/** Drawings in the middle of a text: no title, since the words around it say what it is. */

import { draw, type Part, toAscii, viewsOf } from "../diagrams/index.ts";
import { findStep, type Run } from "../engine/index.ts";
import { WIDTH } from "./fill.ts";
import type { Slice } from "./page.ts";

const PARTS: readonly Part[] = ["drawing", "legend"];

/** The run of a flow. It throws where there is no such flow, or an expectation of it fails. */
export type RunOf = (flow: string) => Run;

/**
 * The drawing of a slice in 72 columns, ending in a newline. Where its view says nothing of the step,
 * the first view that does.
 *
 * @throws where the step is not there, or no view of it fits
 */
export function drawingOf({ name, at, from, view }: Slice, runOf: RunOf, file: string): string {
  const run = runOf(name);
  const step = stepOf(run, at, name, file);
  const since = from === undefined ? undefined : stepOf(run, from, name, file).number;
  let why = "there is no view of it";
  for (const one of [...(view ? [view] : []), ...viewsOf(run)]) {
    const drawn = draw(run, {
      at: step.number,
      view: one,
      width: WIDTH,
      ...(since === undefined ? {} : { from: since }),
    });
    const text = drawn.ok ? toAscii(drawn.picture, { parts: PARTS }) : drawn;
    if (text.ok) return text.text;
    why = text.message;
  }
  throw new Error(`${file}: ${name}@${at}: ${why}`);
}

function stepOf(run: Run, address: string, name: string, file: string) {
  const found = findStep(run.steps, /^\d/.test(address) ? address : `@${address}`);
  if (found) return found;
  const labels = run.steps.flatMap(({ label }) => (label === undefined ? [] : [`@${label}`]));
  throw new Error(
    `${file}: ${name} has no step @${address}; it has ${labels.join(" ") || "no label"}`,
  );
}
