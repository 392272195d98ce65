/** Fetches a flow as the build has read it, and plays it as the build did. */
import { decode, playBy, type Run, type Told } from "../../engine/index.ts";
import { fetchFamily } from "./families.ts";

/** @returns the run; refused where the file or the framework's drivers are missing */
export async function fetchRun(name: string, framework: string): Promise<Run> {
  const base = document.documentElement.dataset.base ?? "/";
  const [answer, family] = await Promise.all([
    fetch(`${base}flows/${name}.json`),
    fetchFamily(framework),
  ]);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return playBy(family, decode<Told>(await answer.text()));
}
