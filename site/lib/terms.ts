/** The terms table, content/terms.json, by id. */
import rows from "../../content/terms.json";
import { isSpelledIn, shortTermsIn, spelledOut, type Term } from "../../text/index.ts";

export { isSpelledIn, shortTermsIn, spelledOut };

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
