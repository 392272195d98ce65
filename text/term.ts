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
