/** Fetches a flow as the build has read it, and plays it as the build did. */
import { decode, playFlow, type Run, type Told } from "../../engine/index.ts";

/** @returns the run; refused where the file is missing */
export async function fetchRun(name: string): Promise<Run> {
  const base = document.documentElement.dataset.base ?? "/";
  const answer = await fetch(`${base}flows/${name}.json`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return playFlow(decode<Told>(await answer.text()));
}
