/** The terms table, content/terms.json, by id. */
import rows from "../../content/terms.json";

export interface Term {
  readonly id: string;
  readonly term: string;
  /** Spelled out. Absent where the term is a plain word. */
  readonly long?: string;
  readonly meaning: string;
  /** Its own page, if it has one. */
  readonly href?: string;
}

const TERMS: readonly Term[] = rows;

export function terms(): readonly Term[] {
  return TERMS;
}

export function term(id: string, page: string): Term {
  const found = TERMS.find((row) => row.id === id);
  if (found) return found;
  const near = TERMS.filter((row) => row.id[0] === id[0]).map((row) => row.id);
  throw new Error(`${page}: content/terms.json has no term "${id}"; near it: ${near.join(" ")}`);
}

/** Whether `text` says the long form already, so that it need not be added. */
export function isSpelledIn(text: string, long: string): boolean {
  const plain = (words: string) => words.toLowerCase().replace(/[^a-z0-9]+/g, " ");
  return plain(text).includes(plain(long));
}
