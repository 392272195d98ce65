/** What the text contract says of somebody's own draft: it knows what a drawing does not have. */

import { type Breach, breaches, type ContractOptions } from "../diagrams/index.ts";

/** Longer lines are too wide anyway: they are judged by their beginning. */
const LINE_MAX = 1_000;

/** Lines of a signature, below its mark. */
const SIGNATURE_MAX = 4;

/** Lines that are trailers because somebody wants them to be. */
const TRAILER =
  /^(Signed-off-by|Co-developed-by|Acked-by|Reviewed-by|Tested-by|Reported-by|Suggested-by|Fixes|Closes|Link|Cc): /;

/** An address with a line to itself: nothing breaks it, and nobody could mend it. */
const ADDRESS = /^\s*(\[\d+\] |- |Link: )?[a-z]+:\/\/\S+$/;

/**
 * What is wrong with a draft, in the order of its lines: "3:7: no tab: a tab moves ...".
 * @param width the widest line allowed, in columns
 */
export function findings(
  text: string,
  width: number,
  options: Pick<ContractOptions, "for" | "unicode">,
): readonly string[] {
  const isCrLf = /\r\n/.test(text) && !/(?<!\r)\n/.test(text);
  const unix = isCrLf ? text.replaceAll("\r\n", "\n") : text;
  const lines = withoutSignature(unix).split("\n");
  const short = lines.map((line) => line.slice(0, LINE_MAX)).join("\n");
  const found = breaches(short, width, { ...options, draft: true, quotes: true })
    .filter((breach) => !isMeant(breach, lines[breach.line - 1] ?? "", options.for))
    .map(({ line, column, rule, message }) => {
      const what = rule === "7-bit" ? characterAt(lines[line - 1] ?? "", column) : "";
      return `${line}:${column}: ${rule}: ${what}${message}`;
    });
  const ends =
    "1:1: line ends: CR LF: git am and patch take the CR for a part of the line; end lines in LF";
  return isCrLf ? [ends, ...found] : found;
}

/** What programs put in that nobody sees, or takes for another character. */
const CHARACTERS: Readonly<Record<string, string>> = {
  "\r": "a carriage return",
  "\u00a0": "a no-break space",
  "\u00ad": "a soft hyphen",
  "\u200b": "a space of no width",
  "\u2013": "a dash for -",
  "\u2014": "a dash for --",
  "\u2018": "a quote for '",
  "\u2019": "a quote for '",
  "\u201c": 'a quote for "',
  "\u201d": 'a quote for "',
  "\u2026": "three dots",
  "\ufeff": "a byte order mark",
};

/** "U+00A0, a no-break space: " */
function characterAt(line: string, column: number): string {
  const code = line.codePointAt(column - 1) ?? 0;
  const known = CHARACTERS[String.fromCodePoint(code)];
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return `${number}${known ? `, ${known}` : ""}: `;
}

/** A mail may end in "-- " and a name: there it is to be cut. */
function withoutSignature(text: string): string {
  const at = text.lastIndexOf("\n-- \n");
  const below = text.slice(at + 5).replace(/\n$/, "");
  if (at < 0 || below.split("\n").length > SIGNATURE_MAX) return text;
  return `${text.slice(0, at).replace(/\n$/, "")}\n`;
}

function isMeant({ rule, line: number }: Breach, line: string, use: "mail" | "commit"): boolean {
  const isSubject = use === "commit" && number === 1; // "area: what changes"
  if (rule === "no trailer") return isSubject || TRAILER.test(line);
  if (rule === "width") return ADDRESS.test(line);
  return rule === "no trailing blank" && line.length > LINE_MAX && !line.endsWith(" ");
}
