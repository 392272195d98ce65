/**
 * The body of a page in plain words. It knows what content/README.md allows: paragraphs, lists,
 * `code`, links, emphasis, and the components Term, Claim and Flow.
 */

import { type Slice, sliceOf } from "./page.ts";
import { isSpelledIn, spelledOut, type Term } from "./term.ts";

/** One block of a body, its marks taken away. */
export type Block =
  | { readonly kind: "paragraph" | "item"; readonly text: string }
  | { readonly kind: "flow"; readonly slice: Slice };

export interface ProseOptions {
  /** For errors. */
  readonly file: string;
  readonly terms: readonly Term[];
  /** Ids of terms that the page has spelled out; it grows. */
  readonly spelled: Set<string>;
  /** What stands behind the words of a link to a path of the site, or elsewhere. */
  readonly where: (href: string) => string;
}

/** @throws where a component or a term is unknown */
export function readProse(body: string, options: ProseOptions): readonly Block[] {
  return body
    .split(/\n{2,}|\n(?=- )/)
    .map((text) => text.replace(/\n/g, " ").trim())
    .filter((text) => text !== "")
    .map((text) => blockOf(text, options));
}

function blockOf(text: string, options: ProseOptions): Block {
  const [, attributes] = /^<Flow\s([^<>]*?)\/>$/.exec(text) ?? [];
  if (attributes !== undefined) {
    return { kind: "flow", slice: sliceOf(attributesOf(attributes), options.file) };
  }
  const isItem = text.startsWith("- ");
  return {
    kind: isItem ? "item" : "paragraph",
    text: words(isItem ? text.slice(2) : text, options),
  };
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
}

const TERM = /<Term\s+id="([^"]*)"\s*(?:\/>|>(.*?)<\/Term>)/g;
const CODE = /`([^`]+)`/;
const LINK = /\[([^\]]+)\]\(([^()\s]+)\)/g;
const EMPHASIS = /(?<![\w*])(\*{1,2})(?=\S)([^*]+?)(?<=\S)\1(?![\w*])/g;

/** Words of one paragraph. Code is left as it is: an asterisk there is one. */
export function words(text: string, options: ProseOptions): string {
  const plain = text
    .replace(/<Claim\s[^<>]*>|<\/Claim>/g, "")
    .replace(TERM, (_, id: string, said: string | undefined) => spellOut(id, said, options));
  const [unknown] = /<\/?[A-Z]\w*/.exec(plain) ?? [];
  if (unknown) throw new Error(`${options.file}: expected Term, Claim or Flow, found ${unknown}>`);
  return plain
    .split(new RegExp(CODE.source, "g"))
    .map((part, at) => (at % 2 === 1 ? part : unmarked(part, options)))
    .join("");
}

function unmarked(text: string, { where }: ProseOptions): string {
  return text
    .replace(LINK, (_, said: string, href: string) => `${said}${where(href)}`)
    .replace(EMPHASIS, "$2");
}

/** The words of a term; where the page says it first, spelled out. */
function spellOut(
  id: string,
  said: string | undefined,
  { file, terms, spelled }: ProseOptions,
): string {
  const row = terms.find((term) => term.id === id);
  if (!row) throw new Error(`${file}: content/terms.json has no term "${id}"`);
  const text = said?.trim() || row.term;
  const isFirst = !spelled.has(id);
  spelled.add(id);
  if (!isFirst || !row.long || isSpelledIn(text, row.long)) return text;
  return `${text} (${spelledOut(row, terms, spelled)})`;
}
