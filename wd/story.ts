/** A story that was named on the command line: found, read, run. */

import { looksLikeTrace, readTrace } from "../diagrams/index.ts";
import {
  type FailedExpectation,
  findStep,
  formatError,
  type Run,
  type RunOptions,
  runFlow,
  type Step,
  storyDigest,
} from "../engine/index.ts";
import { flowFile, flowTexts } from "./content.ts";
import { fileName, readText } from "./input.ts";
import type { Io } from "./io.ts";
import { bad, badLine, no, printable, quote, Stop } from "./stop.ts";

export interface Story {
  /** Its name where it is one of ours, else what was typed: what a command prints to be found again. */
  readonly name: string;
  readonly isOurs: boolean;
  readonly run: Run;
  /** How it was run. */
  readonly seed: number;
  readonly picks: readonly number[];
  /** The step that a trace was at. */
  readonly at?: string;
}

/**
 * A story by its name, or from a file: a name without a slash is a story if there is one.
 * @throws Stop, where there is no such story, or it is not well formed
 */
export async function openStory(name: string, io: Io, options: RunOptions = {}): Promise<Story> {
  const library = flowTexts();
  const ours = library.get(name);
  if (ours !== undefined)
    return told({ name, isOurs: true }, flowFile(name), ours, library, options);
  const text = await readText(name, io).catch((error: unknown) => {
    throw isPath(name) ? error : unknownFlow(name, [...library.keys()], error);
  });
  if (looksLikeTrace(text)) return tracedStory({ name, text }, library, io);
  return told({ name, isOurs: false }, fileName(name), text, library, options);
}

/**
 * The story of a trace, run again. It goes by its name where our flow of that name still gives that
 * story; else the text in the trace is run, and where that gives another story by now it is said.
 */
function tracedStory(
  { name, text }: { readonly name: string; readonly text: string },
  library: ReadonlyMap<string, string>,
  io: Io,
): Story {
  const read = readTrace(text);
  if (!read.ok) throw badLine(`${fileName(name)}: ${read.message}`);
  const { flow, text: source, seed, picks, digest, step, label } = read.source;
  const options = { seed, picks };
  const isSame = ({ run }: Story) => storyDigest(run.steps) === digest;
  const known = seed === 1 && picks.length === 0 ? library.get(flow) : undefined;
  const named =
    known && told({ name: flow, isOurs: true }, flowFile(flow), known, library, options);
  const story =
    named && isSame(named)
      ? named
      : told({ name, isOurs: false }, fileName(name), source, library, options);
  const { steps } = story.run;
  const labelled = label === undefined ? undefined : findStep(steps, `@${label}`);
  const at = isSame(story) ? step : (labelled ?? findStep(steps, step))?.number;
  if (!isSame(story)) {
    const place = at === undefined ? "and has no such step" : `this is its step ${at}`;
    io.err(`${fileName(name)}: the story is another one by now, ${place}\n`);
  }
  return at === undefined ? story : { ...story, at };
}

/** "send-request", "mine": what a story is called apart from where it lies. */
export function flowName(name: string): string {
  const file = name.split("/").at(-1) ?? name;
  return file.replace(/\.(flow|json)$/, "") || "story";
}

function isPath(name: string): boolean {
  return name === "-" || name.includes("/");
}

/** A bare word that is no story: a file of that name may still have been there, and unreadable. */
function unknownFlow(name: string, known: readonly string[], error: unknown): unknown {
  if (error instanceof Stop && !error.message.endsWith("no such file")) return error;
  const word = name.replace(/\.flow$/, "");
  const isEnding = known.includes(word);
  const hint = isEnding ? `did you mean "${word}"?` : '"wd flows" lists them';
  return bad(`no flow ${quote(name)}; ${hint}`, { word, known });
}

function told(
  who: Pick<Story, "name" | "isOurs">,
  file: string,
  text: string,
  library: ReadonlyMap<string, string>,
  options: RunOptions,
): Story {
  const result = runFlow({ text, file }, library, options);
  const { seed = 1, picks = [] } = options;
  if (result.ok) return { ...who, run: result.run, seed, picks };
  const [first] = result.errors;
  const more = result.errors.length - 1;
  const others = more > 0 ? ` (and ${more} more ${more === 1 ? "error" : "errors"})` : "";
  throw badLine(`${first ? formatError(first) : file}${others}`);
}

/** The step at an address: `@send`, `send`, `17`, `17.2`, `@send.2`. */
export function stepAt({ name, run }: Story, address: string): Step {
  const isNamed = address.startsWith("@") || /^\d/.test(address);
  const found = findStep(run.steps, isNamed ? address : `@${address}`);
  if (found) return found;
  const labels = run.steps.flatMap(({ label }) => (label === undefined ? [] : [`@${label}`]));
  const last = run.steps.at(-1)?.number ?? "0";
  const has = [...labels, `0 to ${last}`].join(" ");
  throw bad(`${fileName(name)} has no step ${quote(address)}; it has ${has}`, {
    word: address.replace(/^@?/, "@"),
    known: labels,
  });
}

/** Where a trace was; the picture at rest: the first key frame, else the last step. */
export function restOf({ run, at }: Story): Step {
  const left = at === undefined ? undefined : findStep(run.steps, at);
  if (left) return left;
  const [key] = run.flow.header.show;
  const found = key === undefined ? undefined : findStep(run.steps, `@${key}`);
  return found ?? (run.steps.at(-1) as Step);
}

/** Says what did not hold, a line each. @returns the exit code */
export function reportFailures({ run }: Story, io: Io): 0 | 1 {
  for (const failure of run.failures) io.err(`${failureLine(failure, run)}\n`);
  if (run.end !== undefined) io.err(`${run.flow.file}: ${printable(run.end)}\n`);
  return run.ok ? 0 : 1;
}

/** `x.flow:12: expected 0, got -1 EBUSY (EBUSY "no free queue") @send` */
function failureLine(
  { file, line, label, expected, got, chain }: FailedExpectation,
  run: Run,
): string {
  const place =
    file === run.flow.file || file.includes("/") ? file : flowFile(file.replace(/\.flow$/, ""));
  const why = chain.map(({ errno, why: check }) => `${errno} ${JSON.stringify(check)}`).join(" < ");
  const said = `expected ${expected}, got ${got}${why && ` (${why})`}`;
  return printable(`${place}:${line}: ${said}${label === undefined ? "" : ` @${label}`}`);
}

/** Runs of our stories for texts that rest on them: each runs once, and has to hold. */
export function provenRun(): (name: string) => Run {
  const library = flowTexts();
  const runs = new Map<string, Run>();
  return (name) => {
    const made = runs.get(name) ?? toldNow(name, library).run;
    if (!made.ok) {
      const [failure] = made.failures;
      throw no(failure ? failureLine(failure, made) : `${made.flow.file}: ${made.end}`);
    }
    runs.set(name, made);
    return made;
  };
}

function toldNow(name: string, library: ReadonlyMap<string, string>): Story {
  const text = library.get(name);
  if (text === undefined)
    throw bad(`no flow ${quote(name)}`, { word: name, known: [...library.keys()] });
  return told({ name, isOurs: true }, flowFile(name), text, library, {});
}
