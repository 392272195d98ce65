import type { Value } from "../../core/index.ts";
import type { Got } from "../bench/index.ts";
import type { Then } from "./rows.ts";

/**
 * One thing that a row says in words, and whether the machine shows it. `words` stand in the row
 * as they are; where a number is part of them it comes from the machine, so that a wrong number
 * is a sentence that the row does not say.
 */
export interface Said {
  readonly words: string;
  readonly holds: boolean;
}

/** A sentence of a row, taken apart. All its words are shown, or the row fails. */
export interface Prose {
  readonly said: readonly Said[];
}

/** What the machine did: the same three parts as a row's outcome. */
export interface Actual {
  readonly errno?: string;
  readonly result?: Value | Prose;
  readonly event?: Prose;
}

export function prose(...said: readonly Said[]): Prose {
  return { said };
}

export function said(words: string, holds = true): Said {
  return { words, holds };
}

/** The outcome of a call that returns a number or an errno; written fields are not looked at. */
export function outcome(got: Got): Actual {
  const errno = errnoOf(got);
  return errno === undefined ? { result: got.value } : { errno };
}

/** The outcome of a call of which only success or the errno is of interest. */
export function refused(got: Got): Actual {
  const errno = errnoOf(got);
  return errno === undefined ? {} : { errno };
}

/** The errno as a word; a crash, a signal and a call that sleeps are no errno, but told as such. */
function errnoOf(got: Got): string | undefined {
  if (got.bug !== undefined) return `BUG ${got.bug}`;
  if (got.isAsleep) return "(asleep)";
  return got.errno ?? got.signal;
}

/** "E" where a call failed with the errno of an inner step, which the row leaves open. */
export function passedOn(inner: string, got: Got): string {
  return got.errno === inner ? "E" : (errnoOf(got) ?? "none");
}

/** Words that join what is said, and say nothing themselves. */
const JOINING = new Set(
  `a an the and or then so but also of to in at on is are was were be by for with that which it its
   as from both there has have their this`.split(/\s+/),
);

/** @returns what differs, in words; undefined where the machine does what the row says */
export function compare(then: Then, actual: Actual): string | undefined {
  if (actual.errno !== then.errno) {
    return `errno ${then.errno ?? "none"} expected, got ${actual.errno ?? "none"}`;
  }
  return compareResult(then.result, actual.result) ?? compareEvent(then.event, actual.event);
}

function isProse(value: Value | Prose | undefined): value is Prose {
  return typeof value === "object" && value !== null && "said" in value;
}

function compareResult(
  expected: Value | undefined,
  got: Value | Prose | undefined,
): string | undefined {
  if (expected === undefined && got === undefined) return undefined;
  if (expected === undefined) return "the machine shows a result, the row has none";
  if (got === undefined) return "the row's result is not shown";
  if (isProse(got)) {
    if (typeof expected !== "string") return "the row's result is a value, not a sentence";
    return compareProse(expected, got);
  }
  const [left, right] = [canonical(expected), canonical(got)];
  return left === right ? undefined : `result ${left} expected, got ${right}`;
}

function compareEvent(expected: string | undefined, got: Prose | undefined): string | undefined {
  if (expected === undefined && got === undefined) return undefined;
  if (expected === undefined) return "the machine shows an event, the row has none";
  return got ? compareProse(expected, got) : "the row's event is not shown";
}

/** Values as text, fields in the order of their names, whole numbers alike however they are held. */
function canonical(value: Value): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  const fields = Object.entries(value as { readonly [name: string]: Value });
  const sorted = fields.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([name, field]) => `${name}: ${canonical(field)}`).join(", ")}}`;
}

/** Every part is in the sentence and holds; what is left of the sentence only joins them. */
function compareProse(sentence: string, { said: parts }: Prose): string | undefined {
  let rest = sentence;
  for (const { words, holds } of parts) {
    const whole = wholeWords(words);
    if (!whole.test(sentence)) return `the machine shows "${words}", the row does not say it`;
    if (!holds) return `"${words}" does not hold`;
    rest = rest.replace(whole, " ");
  }
  const left = rest.match(/[\w>-]+/g)?.filter((word) => !isJoining(word)) ?? [];
  return left.length === 0 ? undefined : `not shown: "${left.join(" ")}"`;
}

/** These words, and not the end of a longer one. */
function wholeWords(words: string): RegExp {
  const escaped = words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<!\\w)${escaped}(?!\\w)`);
}

function isJoining(word: string): boolean {
  return JOINING.has(word.toLowerCase()) || !/\w/.test(word);
}
