/** What the pages claim: every sentence that a step of a story has to prove. */
import { type Claim, claimsOf } from "../../text/index.ts";

const FILES: Readonly<Record<string, string>> = import.meta.glob(
  ["../../content/home.mdx", "../../content/questions/*.mdx", "../../content/concepts/*.mdx"],
  { query: "?raw", import: "default", eager: true },
);

/** Page by page, in the order in which a page says them. */
export const CLAIMS: readonly Claim[] = Object.entries(FILES)
  .map(([path, text]) => [path.replace("../../", ""), text] as const)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([file, text]) => claimsOf(file, text));
