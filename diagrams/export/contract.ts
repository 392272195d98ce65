/**
 * The text contract: what a text may not hold if git, b4, mutt, mail programs and checkpatch are to
 * leave it as it is. Each row is a way to break it, who minds, and what to do. Measured:
 * docs/decisions/0006-text-contract.md.
 */

export interface Breach {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly rule: string;
  /** What it is, why it matters, how to mend it. */
  readonly message: string;
}

export interface ContractOptions {
  readonly for: "mail" | "commit";
  /** Characters beyond 7 bits were asked for. */
  readonly unicode?: boolean;
  /** Somebody's own draft: prose may stand at column 0. */
  readonly draft?: boolean;
  /** A reply: lines that begin with `>` in column 0 quote what is answered. */
  readonly quotes?: boolean;
}

interface Rule {
  readonly rule: string;
  /** Where the line breaks the rule, 0-based; -1 where it does not. */
  readonly at: (line: string, context: Context) => number;
  readonly message: string;
}

interface Context {
  readonly index: number;
  readonly lines: readonly string[];
  readonly width: number;
  readonly options: ContractOptions;
  /** The first line of the closing `Link:` paragraph of a commit, or the number of lines. */
  readonly linksAt: number;
}

/** A rule that is one expression. */
function says(rule: string, expression: RegExp, message: string): Rule {
  return { rule, at: (line) => line.search(expression), message };
}

/** A rule of how a line's words begin, wherever they do. A look behind would be slow in a line of blanks. */
function begins(rule: string, expression: RegExp, message: string): Rule {
  const at = (line: string) => {
    const words = line.trimStart();
    return expression.test(words) ? line.length - words.length : -1;
  };
  return { rule, at, message };
}

const QUOTATION = begins(
  "no quotation",
  /^[|>:}#]/,
  "first character is one of | > : } #: mutt takes the line for a quotation and hides it; begin " +
    "the line with a word, a number, + or .",
);

const TRAILER = begins(
  "no trailer",
  /^\w\S+:(\s|$)(?<!\S:$)/,
  "'word: text' is a trailer to b4, also when indented, and is moved away: write 'word = text'",
);

/** What holds on every line. */
const LINE_RULES: readonly Rule[] = [
  says("no tab", /\t/, "a tab moves what stands behind it when the line is quoted: write blanks"),
  {
    rule: "7-bit",
    at: (line, { options }) => line.search(options.unicode ? /(?!\t)\p{Cc}|\p{Cs}/u : /[^\t -~]/),
    message:
      "not a printable 7-bit character: some readers, terminals and checkpatch lose it; write it " +
      "in ASCII or as an escape such as \\u00e9",
  },
  says(
    "no trailing blank",
    / $/,
    "blank at the end of the line: git strips it and format=flowed joins the next line; delete it",
  ),
  {
    rule: "width",
    at: (line, { index, linksAt, width }) =>
      index < linksAt && [...line].length > width ? width : -1,
    message: "too wide: quoting it again would wrap it; break the line or draw it narrower",
  },
  {
    rule: "no two blank lines",
    at: (line, { index, lines }) => (index > 0 && line === "" && lines[index - 1] === "" ? 0 : -1),
    message: "two blank lines in a row: git folds them into one; delete one",
  },
  {
    rule: "no blank edge",
    at: (line, { index, lines }) =>
      line === "" && (index === 0 || index === lines.length - 1) ? 0 : -1,
    message: "blank line at an end of the text: git drops it; delete it",
  },
  {
    rule: "indented by 2",
    at: (line, { index, linksAt, options }) =>
      !options.draft && index < linksAt && /^(?! {2}|$)/.test(line) ? 0 : -1,
    message: "starts in column 0 or 1, which belong to git am and mbox: indent it by 2",
  },
  says(
    "no comment",
    /^#/,
    "'#' at column 0: git drops the line whenever the message is edited, checkpatch warns, mutt " +
      "hides it; begin with a word, a number, + or . (indented, mutt still hides it), or commit " +
      "with --cleanup=whitespace",
  ),
  { ...QUOTATION, at: (line, context) => (line[0] === "#" ? -1 : QUOTATION.at(line, context)) },
  {
    ...TRAILER,
    at: (line, context) => (context.index < context.linksAt ? TRAILER.at(line, context) : -1),
  },
  begins(
    "no diff header",
    /^(---\s+a\/|\+\+\+\s+b\/|@@ -\d+(,\d+)? \+\d+(,\d+)? @@|diff\b.*a\/\S+\s+b\/)/,
    "looks like a diff even when indented: patch or git apply may act on it and checkpatch stops; " +
      "say the change in words",
  ),
  {
    rule: "no scissors",
    at: (line) => (isScissors(line) ? line.search(/[<>][8%]|[8%]</) : -1),
    message:
      "a scissors line ('>8' or '8<' among dashes): b4 and git am --scissors drop all above it; " +
      "put a blank between sign and number",
  },
  says("no separator", /^---(\s*$|\s\S)/, "'---' ends a commit message: indent it or write '----'"),
  says(
    "no patch start",
    /^(diff -|Index: )/,
    "git am takes this for the start of the patch: indent it",
  ),
  says("no mbox line", /^>*From /, "'From ' at column 0 splits a mailbox: indent it"),
  says("no signature", /^-- ?$/, "'--' alone is the mark of a signature: mail programs cut here"),
  says("no context diff", /^\*\*\* \S/, "'*** x' is a diff header to patch: indent it"),
  {
    rule: "no mail header",
    at: (line, { index }) => (index === 0 && /^(From|Subject|Date):(\s|$)/i.test(line) ? 0 : -1),
    message: "git am takes this first line into author, subject or date: begin with another word",
  },
  {
    rule: "no trailer at the end",
    at: (line, { index, lines, linksAt }) =>
      index >= linksAt || index < lines.length - 1 ? -1 : line.search(/^(\w:\s|[A-Za-z0-9-]+:\S)/),
    message: "ends like a trailer ('key:value'): commit -s glues Signed-off-by to it; indent it",
  },
];

/** What holds for quoted lines as well: the rest is the concern of whoever wrote them. */
const QUOTED_RULES: ReadonlySet<string> = new Set([
  "no tab",
  "7-bit",
  "no trailing blank",
  "width",
  "no scissors",
  "no mbox line",
]);

/** Would `git am --scissors` or b4 cut here? A run of dashes with scissors, over a third of the line. */
function isScissors(line: string): boolean {
  const width = line.trim().length;
  const parts = line.trimEnd().match(/(?:-|>8|8<|>%|%<)(?:-|>8|8<|>%|%<|\s)*/g) ?? [];
  if (width < 8 || !parts.some((part) => /[8%]/.test(part))) return false;
  const dashed = parts.join("");
  return [dashed, `${dashed}\n`].some((perforation) => {
    const blanks = perforation.match(/\s/g)?.length ?? 0;
    return perforation.length * 3 >= width && blanks * 2 < perforation.length;
  });
}

/** Where the closing links of a commit message start: a paragraph of its own, at column 0. */
function linksStart(lines: readonly string[], options: ContractOptions): number {
  const start = lines.lastIndexOf("") + 1;
  const areLinks = lines.slice(start).every((line) => /^Link: https?:\/\/\S+$/.test(line));
  return options.for === "commit" && areLinks ? start : lines.length;
}

/**
 * All ways in which `text` breaks the contract, in the order of its lines.
 * @param width the widest line allowed, in columns
 */
export function breaches(text: string, width: number, options: ContractOptions): readonly Breach[] {
  const found: Breach[] = [];
  if (text === "") return [whole(1, "not empty", "nothing to send: the text is empty")];
  const lines = text.replace(/\n$/, "").split("\n");
  const linksAt = linksStart(lines, options);
  for (const [index, line] of lines.entries()) {
    const isQuoted = options.quotes === true && line.startsWith(">");
    for (const { rule, at, message } of LINE_RULES) {
      const column = at(line, { index, lines, width, options, linksAt });
      if (column < 0 || (isQuoted && !QUOTED_RULES.has(rule))) continue;
      found.push({ line: index + 1, column: column + 1, rule, message });
    }
  }
  if (!text.endsWith("\n")) {
    found.push(whole(lines.length, "ends in one newline", "no newline at the end: add one"));
  }
  return found;
}

function whole(line: number, rule: string, message: string): Breach {
  return { line, column: 1, rule, message };
}

/** "3:7: no tab: a tab moves ..." */
export function formatBreach({ line, column, rule, message }: Breach): string {
  return `${line}:${column}: ${rule}: ${message}`;
}
