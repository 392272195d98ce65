/** Whether a built page says what its abbreviations mean before it uses them: it reads as a person does. */
import { isShort } from "../../../text/index.ts";
import { TERMS } from "../content/pages.ts";

/** Known to everybody who knows C and Linux; the other short words stand in the table of terms. */
const KNOWN = new Set(
  "CPU CPUs PCI ID API APIs URL URLs RFC RFCs ASCII SVG PNG JSON HTML HTTP HTTPS QEMU NULL OK".split(
    " ",
  ),
);

/**
 * What machines say, what others wrote or asked, and lists of links: no words of ours. Nor is the
 * heading, which the lines below it spell out.
 */
const NOT_OURS =
  /<(pre|code|nav|blockquote|svg|style|script|figure|select)\b(?! class="flow)[^>]*>.*?<\/\1>|<(h[1-4]) class="quote".*?<\/\2>|<section aria-labelledby="sources".*?<\/section>|<p class="call".*?<\/p>|<h1\b.*?<\/h1>|<h3[^>]*>\s*<a href="[^"]*\/questions\/.*?<\/h3>/gs;
/** A start tag or an end tag; a value may hold a `>`. */
const TAG = /<\/?[a-z][\w-]*(?:"[^"]*"|[^">])*>/gi;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  "#x27": "'",
};

/** The text of a page's own words, in the order in which they are read. */
export function reading(html: string): string {
  const [, main = ""] = /<main[^>]*>(.*)<\/main>/s.exec(html) ?? [];
  return main
    .replace(TAG, (tag) => tag.replace(/ (?:aria-label|data-[\w-]+|title)="[^"]*"/g, ""))
    .replace(NOT_OURS, " \u00b6 ")
    .replace(/<\/?(?:a|em|strong|span|b|i|abbr)\b[^>]*>/g, "")
    .replace(TAG, " ")
    .replace(/&([#\w]+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\s+/g, " ")
    .replace(/"[^"]{1,120}"/g, '""') // others' words
    .trim();
}

/** The same of a page in plain text: no quotation, no drawing, no list of what to look at. */
export function readingOfText(text: string): string {
  return text
    .replace(/^(?:Sources|Stories)\n\n(?:(?:- | {2}).*\n)+/gm, "")
    .replace(/^>.*$/gm, "")
    .replace(/(?:^|\n\n) {2,}.*(?:\n{1,2} {2,}.*)*/g, "\n\n") // begins indented: a drawing
    .replace(/Drawn from the story "[^"]*"/g, "")
    .replace(/\bwd (?:show|ask) \S+/g, "")
    .replace(/\s+/g, " ")
    .replace(/"[^"]{1,120}"/g, '""')
    .trim();
}

/** What machines say, in rows: names of registers and of rules, and lines of other people's sources. */
const ROWS =
  /<(table|dl|ul)\b.*?<\/\1>|<section class="shape".*?<\/section>|<p class="kicker">.*?<\/p>/gs;

/** What a page of the reference uses before it spells it out; in its rows only terms of the table. */
export function unspelledOfReference(html: string, own: readonly string[]): readonly string[] {
  const terms = unspelled(reading(html), own).filter((fault) => !fault.endsWith(IN_NO_TABLE));
  return [...new Set([...terms, ...unspelled(reading(html.replace(ROWS, " ")), own)])];
}

const IN_NO_TABLE = "is in no table";

const SHORT = TERMS.filter(isShort).map(({ term, long = "" }) => ({
  term,
  long: long.replace(/, as we read it$/, ""),
}));

const bare = (text: string) =>
  ` ${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim()} `;

/** How far behind its first use a term may be spelled out: "DPDK, the Data Plane Development Kit". */
const BEHIND = 60;

/**
 * Terms that a text uses before it spells them out, and capitals that nobody explains.
 * @param text what was read so far; a path through several pages is one text
 * @param own terms that the page's heading spells out, or that are its subject
 */
export function unspelled(text: string, own: readonly string[] = []): readonly string[] {
  const found: string[] = [];
  for (const { term, long } of SHORT) {
    if (own.includes(term)) continue;
    const at = text.search(new RegExp(`(?<![\\w-/.@])${term}(?:'s|s)?(?![\\w-/(])`));
    if (at < 0) continue;
    const upTo = text.slice(0, at + term.length + long.length + BEHIND);
    if (!bare(upTo).includes(bare(long).trimEnd()))
      found.push(`${term}: ${text.slice(at - 30, at + 30)}`);
  }
  const table = new Set(TERMS.flatMap(({ term }) => term.split(/[^A-Za-z0-9]+/)));
  for (const [word] of text.matchAll(/(?<![\w/.@-])[A-Z]{2,}s?(?![\w(/.-]*[_/\w])/g)) {
    const single = word.replace(/s$/, "");
    if (KNOWN.has(word) || table.has(word) || table.has(single) || own.includes(word)) continue;
    if (/^(?:E|SIG)[A-Z]{2,}$/.test(word) || /^(NO|BUG|WARN)$/.test(word)) continue; // an errno; the model's own words
    found.push(`${word} ${IN_NO_TABLE}`);
  }
  return [...new Set(found)];
}

/** Plain words that a newcomer does not know, and a word that says what each is. */
const PLAIN: readonly (readonly [term: RegExp, said: RegExp])[] = [
  [/\b(?:an?|the|its|each|of|in) rings?\b/, /\bring, an array\b/],
  [/\bdoorbells?\b/, /\bdoorbell, a register\b/],
  [/\bpinned\b/, /\bpinned \(held in memory\)/],
  [/\baccelerators?\b/, /\baccelerator, a chip\b/],
  [/\bcopy-on-write\b/i, /\bgets (?:a|the) copy\b|\bthe copy\b/],
  [/\bmmu notifier\b/i, /\bpage table changes\b|\btold when\b/],
];

/** Plain words that a text uses before it says what they are. */
export function unexplained(text: string): readonly string[] {
  return PLAIN.flatMap(([term, said]) => {
    const [used, told] = [text.search(term), text.search(said)];
    return used >= 0 && (told < 0 || told > used + BEHIND) ? [`${term}: ${told} > ${used}`] : [];
  });
}

/** A page without the remarks beside it: the document as its readers get it. */
export function withoutRemarks(html: string): string {
  return html
    .replace(/<div class="mends">.*?<\/div>/gs, " ")
    .replace(/<p class="kicker words">.*?<\/p>/gs, " ");
}

/** How many words each sentence has. Rows of lists and tables without a full stop are none. */
export function sentenceLengths(text: string): readonly number[] {
  return text
    .split(/(?<=[.?!:;]["')]?)\s+|\u00b6/)
    .filter((sentence) => /[.?!]["')]?$/.test(sentence.trim()))
    .map((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length);
}
