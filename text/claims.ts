/**
 * What the pages claim: sentences of which each rests on a step of a story. Whether they hold is the
 * model's answer; the build fails, and `wd claims` says so, when one does not.
 */

import { ERRNO, type FailedExpectation, findStep, type Run } from "../engine/index.ts";
import { isMap, readHead, type Value } from "./head.ts";

export interface Claim {
  /** "/questions/what-is-gup/" */
  readonly page: string;
  readonly flow: string;
  /** The label of a step or of an expectation, without the `@`. */
  readonly at: string;
  readonly text: string;
}

export interface Judged extends Claim {
  readonly holds: boolean;
  /** Why it does not: what the run says, or what the story has instead of the label. */
  readonly why?: string;
}

/** What proves a claim: a result that the story writes down, or an expectation. */
export type Proof = "result" | "expectation";

/**
 * The claims of a text file, in its order: those of its head, entries with `flow`, `at` and `text`,
 * then the `<Claim>`s of its body.
 * @param file "content/home.mdx", "content/questions/NAME.mdx", "content/concepts/NAME.mdx"
 */
export function claimsOf(file: string, text: string): readonly Claim[] {
  const [, head = "", body = ""] = /^---\n(.*?\n)---\n(.*)$/s.exec(text) ?? [];
  const page = file
    .replace(/^content\//, "/")
    .replace(/(home)?\.mdx$/, (_, home) => (home ? "" : "/"));
  const inBody = [...body.matchAll(/<Claim\s([^<>]*)>(.*?)<\/Claim>/gs)].map(
    ([, attributes = "", said = ""]) => ({
      page,
      flow: /flow="([^"]*)"/.exec(attributes)?.[1] ?? "",
      at: /at="([^"]*)"/.exec(attributes)?.[1] ?? "",
      text: plain(said),
    }),
  );
  return [...inHead(readHead(head, file, 2), page), ...inBody];
}

function inHead(value: Value, page: string): readonly Claim[] {
  if (Array.isArray(value)) return value.flatMap((item: Value) => inHead(item, page));
  if (!isMap(value)) return [];
  const { flow, at, text } = value;
  const own =
    typeof flow === "string" && typeof at === "string" && typeof text === "string"
      ? [{ page, flow, at, text: plain(text) }]
      : [];
  return [...own, ...Object.values(value).flatMap((item) => inHead(item, page))];
}

function plain(text: string): string {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether the story still has the place, and everything that it expects is so. */
export function judge(claim: Claim, run: Run): Judged {
  const { at } = claim;
  if (!isThere(at, run)) return { ...claim, holds: false, why: `${claim.flow} has no @${at}` };
  const own = run.failures.find(({ label }) => label === at);
  const failure = own ?? run.failures[0];
  if (failure) return { ...claim, holds: false, why: failureLine(failure) };
  if (run.end !== undefined && !run.ok) return { ...claim, holds: false, why: run.end };
  const missing = errnosOf(claim.text).find((errno) => !saidAt(at, run).includes(errno));
  if (missing !== undefined)
    return { ...claim, holds: false, why: `nothing at ${claim.flow}@${at} says ${missing}` };
  return { ...claim, holds: true };
}

/** "content/flows/x.flow:12 @full: expected -EBUSY, got -EAGAIN" */
function failureLine({ file, line, label, expected, got }: FailedExpectation): string {
  return `${file}:${line}${label === undefined ? "" : ` @${label}`}: expected ${expected}, got ${got}`;
}

/**
 * What proves a claim at that place: a result that is written down there, or an expectation there or
 * right behind. Without either a claim is only a pointer: "nothing" holds on any model.
 */
export function proofAt(at: string, { flow: { items } }: Run): Proof | undefined {
  const from = items.findIndex((item) => "label" in item && item.label === at);
  const own = items[from];
  if (own?.kind === "expect") return "expectation";
  if (own?.kind !== "statement") return undefined;
  if (own.result !== undefined || own.action.kind === "wait-until") return "result";
  for (const item of items.slice(from + 1)) {
    if (item.kind === "expect") return "expectation";
    if (item.kind === "statement") break;
  }
  return undefined;
}

/**
 * The step where one sees what a claim says: its own, or the one that an expectation stands behind.
 * @returns a label, else a number
 */
export function stepOf(at: string, { flow: { items }, steps }: Run): string {
  const from = items.findIndex((item) => "label" in item && item.label === at);
  if (items[from]?.kind !== "expect") return at;
  const before = items.slice(0, from).findLast((item) => item.kind === "statement");
  if (before?.kind !== "statement") return at;
  const step = steps.find(({ line }) => line === before.at.line);
  return before.label ?? step?.number ?? at;
}

function isThere(at: string, { flow, steps }: Run): boolean {
  const isExpected = flow.items.some((item) => item.kind === "expect" && item.label === at);
  return isExpected || findStep(steps, /^\d/.test(at) ? at : `@${at}`) !== undefined;
}

/** The errnos that a sentence names: EIO, and not EQE. */
export function errnosOf(text: string): readonly string[] {
  return [...text.matchAll(/\bE[A-Z\d]{2,}\b/g)]
    .map(([word]) => word)
    .filter((word) => word in ERRNO);
}

/** What stands at a place of a story: the line of its step, and what the story tells of it. */
function saidAt(at: string, { steps }: Run): string {
  const step = findStep(steps, /^\d/.test(at) ? at : `@${at}`);
  return step ? [step.text, ...step.caption].join(" ") : "";
}
