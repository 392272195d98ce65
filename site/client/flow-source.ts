/** Fetches a flow and those that it is given, and runs them as the build did. */
import { parseFlow, type Run, runFlow } from "../../engine/index.ts";

/** @returns the run; refused where a file is missing or is no flow */
export async function fetchRun(name: string): Promise<Run> {
  const library = new Map<string, string>();
  await fetchFlow(name, library);
  const result = runFlow({ text: library.get(name) ?? "", file: `${name}.flow` }, library);
  if (!result.ok) throw new Error(result.errors[0]?.message ?? name);
  return result.run;
}

async function fetchFlow(name: string, library: Map<string, string>): Promise<void> {
  if (library.has(name)) return;
  library.set(name, "");
  const base = document.documentElement.dataset.base ?? "/";
  const answer = await fetch(`${base}flows/${name}.flow`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const text = await answer.text();
  library.set(name, text);
  const parsed = parseFlow(text, `${name}.flow`);
  const given = parsed.ok ? parsed.flow.header.given : [];
  await Promise.all(given.map((other) => fetchFlow(other, library)));
}
