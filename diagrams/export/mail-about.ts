/** What can be said of a text that goes into a mail, and by what it is known again. */

import { textDigest } from "../../engine/index.ts";
import { breaches, formatBreach } from "./contract.ts";

/** The last paragraph of what `mailText` gives: an address, or a command that may go on below. */
const REFERENCE = /\n\n(?:(Link: )\S+| {2}\[\d+\] [^\n]+(?:\n {6,}[^\n]+)*)\n$/;

/**
 * By what a text is known again: all of it but where it is found again, for that is another address
 * on another site. A `Link:` and a `[1]` are two forms, and two texts.
 * @returns 8 hex digits
 */
export function mailKey(text: string): string {
  const kept = text.replace(REFERENCE, (_, link: string | undefined) => `\n\n${link ?? ""}`);
  return textDigest(kept).slice(0, 8);
}

/** The texts of a flow that were put through git, b4 and checkpatch. */
export interface Passed {
  /** Known by its texts: the same drawings are the same build, wherever they were put through. */
  readonly build: string;
  /** Their keys, with blanks between. */
  readonly texts: string;
}

export interface AboutOptions {
  readonly for: "mail" | "commit";
  /** The question is quoted above. */
  readonly quotes?: boolean;
  /** Of the flow that it is from; absent for a flow that is not built in. */
  readonly passed?: Passed | undefined;
}

/** A text is at most as wide as a mail. */
const WIDTH = 72;

/**
 * "19 lines, 69 columns, ASCII, linted here. git am, b4, checkpatch passed in build 3f2a9c1d."
 * The second sentence is said of those very bytes or not at all.
 */
export function aboutMail(text: string, options: AboutOptions): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const columns = Math.max(...lines.map((line) => line.length));
  const charset = /^[\n -~]*$/.test(text) ? "ASCII" : "not ASCII";
  const [first] = breaches(text, WIDTH, { for: options.for, quotes: options.quotes === true });
  const linted = first ? formatBreach(first) : "linted here";
  const size = `${count(lines.length, "line")}, ${count(columns, "column")}`;
  const about = `${size}, ${charset}, ${linted}.`;
  const { build, texts } = options.passed ?? { build: "", texts: "" };
  const isPassed = !first && texts.split(" ").includes(mailKey(text));
  return isPassed ? `${about} git am, b4, checkpatch passed in build ${build}.` : about;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
