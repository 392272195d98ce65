/** The plain-text twin of a page, in 72 columns: for w3m, for a mail, for `wd ask`. */
import terms from "../../content/terms.json?raw";
import { printPage, readPage, readTerms } from "../../text/index.ts";
import { runOf } from "./library.ts";

const FILES: Readonly<Record<string, string>> = import.meta.glob(
  ["../../content/questions/*.mdx", "../../content/concepts/*.mdx"],
  { query: "?raw", import: "default", eager: true },
);

const TERMS = readTerms(terms);

/** Names of the pages of a folder of content/ that have a twin: all of them. */
export function twinNames(folder: "questions" | "concepts"): readonly string[] {
  const inside = Object.keys(FILES).filter((path) => path.includes(`/${folder}/`));
  return inside.map((path) => path.replace(/^.*\/(.*)\.mdx$/, "$1"));
}

export function twinOf(folder: "questions" | "concepts", name: string): string {
  const file = `content/${folder}/${name}.mdx`;
  const text = FILES[`../../${file}`];
  if (text === undefined) throw new Error(`no ${file}`);
  return printPage(readPage(file, text), {
    terms: TERMS,
    runOf: (flow) => runOf(flow, file),
    siteUrl: process.env.SITE_URL || undefined,
  });
}
