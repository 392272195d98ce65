/** What the pages claim: every sentence that a step of a story has to prove. */
import {
  type Claim,
  claimsOf,
  DOCUMENT_FILE,
  documentClaims,
  readTemplate,
} from "../../text/index.ts";

const FILES: Readonly<Record<string, string>> = import.meta.glob(
  [
    "../../content/home.mdx",
    "../../content/questions/*.mdx",
    "../../content/concepts/*.mdx",
    "../../content/document/*",
  ],
  { query: "?raw", import: "default", eager: true },
);

function inFiles(part: string): readonly Claim[] {
  const paths = Object.keys(FILES).filter((path) => path.includes(`/content/${part}`));
  return paths
    .sort()
    .flatMap((path) => claimsOf(path.replace("../../", ""), FILES[path] as string));
}

/** Page by page, the first page first, in the order in which a page says them. */
export const CLAIMS: readonly Claim[] = [
  ...inFiles("home.mdx"),
  ...inFiles("questions/"),
  ...inFiles("concepts/"),
  ...documentClaims(readTemplate(FILES[`../../${DOCUMENT_FILE}`] ?? "", DOCUMENT_FILE)),
];
