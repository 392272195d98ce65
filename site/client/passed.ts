/** Which texts of a story were put through git, b4 and checkpatch: fetched when one is copied. */
import type { Passed } from "../../diagrams/index.ts";

/** Nothing where there is no such file: then nothing is said of it. */
export async function passedOf(name: string): Promise<Passed | undefined> {
  const base = document.documentElement.dataset.base ?? "/";
  const answer = await fetch(`${base}flows/${name}.passed.json`).catch(() => undefined);
  return answer?.ok ? await answer.json() : undefined;
}
