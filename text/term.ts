/** The terms table, content/terms.json. */

export interface Term {
  readonly id: string;
  readonly term: string;
  /** Spelled out. Absent where the term is a plain word. */
  readonly long?: string;
  readonly meaning: string;
  /** Its own page, if it has one: "/concepts/gup/". */
  readonly href?: string;
  /** Names of stories in which one sees it. */
  readonly stories?: readonly string[];
}

export function readTerms(text: string): readonly Term[] {
  return JSON.parse(text) as readonly Term[];
}

/** Whether `text` says the long form already, so that it need not be added. */
export function isSpelledIn(text: string, long: string): boolean {
  const plain = (words: string) =>
    words
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, " ")
      .trim();
  return plain(text).includes(plain(long));
}

/**
 * A term's long form, where a text says the term first. A name may hold another short word, as "Share
 * Parent IOMMU Mediated Device" does: that one is spelled out along with it.
 * @param spelled ids that the text has spelled out; it grows
 */
export function spelledOut(row: Term, terms: readonly Term[], spelled: Set<string>): string {
  const { long = "" } = row;
  const inner = shortTermsIn(long, terms).filter(({ id }) => id !== row.id && !spelled.has(id));
  for (const { id } of inner) spelled.add(id);
  return [long, ...inner.map((other) => `${other.term} is ${other.long}`)].join("; ");
}

/** Terms that say nothing by themselves: capitals, or a made-up word that stands for several. */
export function isShort({ term, long }: Term): boolean {
  return long !== undefined && /^(?:[A-Z][A-Z0-9-]+|mdev|gup|spimdev|sdmdev|netdev)$/.test(term);
}

/** The short ones among the terms that a text uses, in the order of the table. */
export function shortTermsIn(text: string, terms: readonly Term[]): readonly Term[] {
  const words = new Set(text.split(/[^A-Za-z0-9_/.-]+/).map((word) => word.replace(/[.]+$/, "")));
  return terms.filter((row) => isShort(row) && (words.has(row.term) || words.has(`${row.term}s`)));
}
