/** The flows of content/flows/, and their runs: each runs once for all pages that show it. */
import {
  encode,
  type FlowError,
  formatError,
  nearest,
  playFlow,
  type Run,
  readFlow,
  type Told,
} from "../../engine/index.ts";
import { CLAIMS } from "./claims.ts";

const FILES: Readonly<Record<string, string>> = import.meta.glob("../../content/flows/*.flow", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The texts of the flows, by name. */
export const LIBRARY: ReadonlyMap<string, string> = new Map(
  Object.entries(FILES)
    .map(([path, text]) => [path.replace(/^.*\/(.*)\.flow$/, "$1"), text] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

interface Known {
  readonly told: Told;
  readonly run: Run;
}

const KNOWN = new Map<string, Known>();

/**
 * The run of a flow. Without it nothing is built: the error says which page wanted it.
 * @param page the file that names the flow
 */
export function runOf(name: string, page: string): Run {
  return known(name, page).run;
}

/**
 * What a page needs to play a flow: the script, and the header. The lines that made them stay here,
 * and so do the flows that run first; they are in the script.
 */
export function toldOf(name: string): string {
  const { told } = known(name, `content/flows/${name}.flow`);
  const cast = { main: { ...told.cast.main, items: [] }, given: [] };
  return encode({ ...told, cast } satisfies Told);
}

function known(name: string, page: string): Known {
  const made = KNOWN.get(name);
  if (made) return made;
  const text = LIBRARY.get(name);
  if (text === undefined) {
    const names = [...LIBRARY.keys()];
    const near = nearest(name, names);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new Error(`${page}: no flow "${name}"; content/flows/ has ${names.join(" ")}${hint}`);
  }
  const read = readFlow({ text, file: `content/flows/${name}.flow` }, LIBRARY);
  if (!read.ok) throw new Error(`${page}: ${wording(read.errors)}`);
  const run = playFlow(read.told);
  if (!run.ok) throw new Error(`${page}: ${failure(run)}${resting(name, run)}`);
  const all = { told: read.told, run };
  KNOWN.set(name, all);
  return all;
}

function wording(errors: readonly FlowError[]): string {
  return errors.map(formatError).join("\n");
}

/** The sentences of the pages that are not true then: those of the steps that failed come first. */
function resting(name: string, { failures }: Run): string {
  const failed = failures.map(({ label }) => label);
  const own = CLAIMS.filter(({ flow }) => flow === name);
  const sorted = [
    ...own.filter(({ at }) => failed.includes(at)),
    ...own.filter(({ at }) => !failed.includes(at)),
  ];
  return sorted.map(({ page, at, text }) => `\n  claimed on ${page} @${at}: ${text}`).join("");
}

/** What did not hold, a line each: "content/flows/x.flow:12: expected 0, got -1 EBUSY (no free queue)". */
function failure(run: Run): string {
  const lines = run.failures.map(({ file, line, label, expected, got, chain }) => {
    const why = chain.map(({ errno, why: reason }) => `${errno} "${reason}"`).join(" < ");
    const at = label === undefined ? "" : ` @${label}`;
    return `${file}:${line}${at}: expected ${expected}, got ${got}${why ? ` (${why})` : ""}`;
  });
  if (run.end !== undefined) lines.push(`${run.flow.file}: ${run.end}`);
  return lines.join("\n");
}
