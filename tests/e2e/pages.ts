/** What the browser tests share: the pages that were built, and a watch over what they ask for. */
import { readdirSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";

const ALL = readdirSync("dist", { recursive: true })
  .map((path) => `/${String(path).replaceAll("\\", "/")}`)
  .filter((path) => path.endsWith("/index.html"))
  .map((path) => path.slice(0, -"index.html".length))
  .sort();

/** Parts of one table, alike but for their rows: the longest speaks for all. */
const isPart = (path: string) => /^\/reference\/conformance\/./.test(path);
const size = (path: string) => statSync(`dist${path}index.html`).size;
const longest = ALL.filter(isPart).sort((a, b) => size(b) - size(a))[0];

/** "/flows/send-request/", for every page of dist/. */
export const PAGES: readonly string[] = ALL.filter((path) => !isPart(path) || path === longest);

/** One page of each kind: for what is the same on all of a kind. */
export const KINDS = [
  "/",
  "/questions/",
  "/questions/what-does-footnote-1-say/",
  "/concepts/",
  "/concepts/warpdrive/",
  "/flows/",
  "/flows/send-request/",
  "/flows/fork-cow/",
  "/reply/",
  "/document/",
  "/versions/",
  "/reference/",
  "/reference/errors/",
  "/reference/calls/",
  "/reference/layouts/",
  "/reference/conformance/",
] as const;

/** Errors, policy violations and requests to elsewhere, as they come. */
export function problemsOf(page: Page, baseURL: string | undefined): readonly string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    // A picture that the page itself has made stands behind blob:.
    if (!url.replace(/^blob:/, "").startsWith(`${baseURL}/`)) problems.push(`elsewhere: ${url}`);
    if (/mermaid.*js/.test(url)) problems.push(`mermaid: ${url}`);
  });
  return problems;
}

/** The size of what a page fetches, each file compressed, as a usual host sends it. */
export function weigh(page: Page, kind = /./): { readonly total: () => Promise<number> } {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (!kind.test(new URL(response.url()).pathname)) return;
    sizes.push(response.body().then((body) => gzipSync(body, { level: 6 }).length));
  });
  return { total: async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}
