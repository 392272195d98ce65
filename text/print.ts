/** Pages and terms as plain text of 72 columns, in the order in which the site shows them. */

import { onDate } from "./date.ts";
import { drawingOf, type RunOf } from "./drawing.ts";
import { fill, quotation } from "./fill.ts";
import type { Concept, Page, Question, Slice } from "./page.ts";
import { type Block, type ProseOptions, readProse, words } from "./prose.ts";
import { spelledOut, type Term } from "./term.ts";

export interface PrintOptions {
  readonly terms: readonly Term[];
  readonly runOf: RunOf;
  /** Base of printed links (SITE_URL). Without it a link says the command that shows the same. */
  readonly siteUrl?: string | undefined;
}

/** A page, ending in a newline. Only an address may be wider than 72 columns. */
export function printPage(page: Page, options: PrintOptions): string {
  const prose: ProseOptions = {
    file: page.file,
    terms: options.terms,
    spelled: new Set(page.kind === "concept" ? [page.slug] : []),
    where: (href) => inBrackets(whereabouts(href, options.siteUrl)),
  };
  // In this order: what the head spells out, the body need not.
  const head = page.kind === "question" ? questionHead(page) : conceptHead(page, prose);
  const body = readProse(page.body, prose);
  const isPlaced = body.some((block) => block.kind === "flow");
  const drawing: readonly Block[] =
    page.flow && !isPlaced ? [{ kind: "flow", slice: page.flow }] : [];
  const parts = [
    ...head,
    ...printBlocks([...body, ...drawing], page, options),
    ...(page.kind === "question"
      ? ["What came of it\n", fill(words(page.outcome, prose))]
      : [
          "Today\n",
          fill(words(page.today, prose)),
          ...confusions(page, prose),
          ...stories(ownRow(page, options.terms), options),
        ]),
    "Sources\n",
    sources(page, options.siteUrl),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** A term that has no page. */
export function printTerm(row: Term, options: Pick<PrintOptions, "runOf" | "siteUrl">): string {
  const { term, long, meaning } = row;
  const head = fill(long === undefined ? term : `${term} (${long})`);
  return [head, fill(meaning), ...stories(row, options)].join("\n");
}

/** Where one sees a term: each story's title, and the command or the address that shows it. */
function stories(
  row: Term | undefined,
  { runOf, siteUrl }: Pick<PrintOptions, "runOf" | "siteUrl">,
): readonly string[] {
  const names = row?.stories ?? [];
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const where = whereabouts(`/flows/${name}/`, siteUrl);
    return `${fill(runOf(name).flow.header.title, "- ")}  ${where}\n`;
  });
  return ["Stories\n", lines.join("")];
}

function ownRow({ slug }: Concept, terms: readonly Term[]): Term | undefined {
  return terms.find(({ id }) => id === slug);
}

function questionHead({ title, quoted, asked }: Question): readonly string[] {
  if (!asked) return [fill("Nobody asked this on a list that we know of:"), quotation(title)];
  const said = quoted ? "wrote:" : "asked, in our words:";
  return [
    fill(`${onDate(asked.when)}, ${asked.who ?? "somebody"} ${said}`),
    quotation(title),
    ...(asked.note === undefined ? [] : [fill(`(${asked.note})`)]),
  ];
}

function conceptHead(
  { slug, term, long }: Concept,
  { terms, spelled }: ProseOptions,
): readonly string[] {
  if (term === long) return [fill(term)];
  const row = terms.find(({ id }) => id === slug);
  return [fill(`${term} (${row ? spelledOut({ ...row, long }, terms, spelled) : long})`)];
}

/** Items of one list stand together, all else is set apart. */
function printBlocks(
  blocks: readonly Block[],
  page: Page,
  options: PrintOptions,
): readonly string[] {
  const parts: string[] = [];
  for (const [at, block] of blocks.entries()) {
    if (block.kind === "flow") parts.push(...figure(block.slice, page, options));
    else if (block.kind === "item" && blocks[at - 1]?.kind === "item") {
      parts.push(`${parts.pop()}${fill(block.text, "- ")}`);
    } else parts.push(fill(block.text, block.kind === "item" ? "- " : ""));
  }
  return parts;
}

/** A drawing, and where it is from: on a line of its own, to be copied. */
function figure(slice: Slice, page: Page, { runOf, siteUrl }: PrintOptions): readonly string[] {
  const { title } = runOf(slice.name).flow.header;
  const where = whereabouts(`/flows/${slice.name}/#${slice.at}`, siteUrl);
  return [
    drawingOf(slice, runOf, page.file),
    `${fill(`Drawn from the story "${title}",`)}  ${where}\n`,
  ];
}

function confusions({ confused }: Concept, prose: ProseOptions): readonly string[] {
  if (confused.length === 0) return [];
  const items = confused.map((other) => fill(`${other.with}: ${words(other.text, prose)}`, "- "));
  return ["Not to be confused with\n", items.join("")];
}

function sources(page: Page, siteUrl: string | undefined): string {
  const mail = page.kind === "question" ? page.asked?.list : undefined;
  const own = mail === undefined ? [] : [{ text: "The mail", url: mail }];
  const others = page.sources.filter(({ url }) => own.every((one) => one.url !== url));
  const all = [...own, ...others];
  return all.map(({ text, url }) => `${fill(text, "- ")}  ${absolute(url, siteUrl)}\n`).join("");
}

/** An address of the site with what it is served from, where that is known. */
function absolute(href: string, siteUrl: string | undefined): string {
  const base = siteUrl?.replace(/\/+$/, "");
  return href.startsWith("/") && base !== undefined ? `${base}${href}` : href;
}

/** Behind the words of a link. */
function inBrackets(where: string): string {
  return where === "" ? "" : ` (${where})`;
}

/** What a link leads to: its address, or the command that shows the same; "" where neither helps. */
function whereabouts(href: string, siteUrl: string | undefined): string {
  if (!href.startsWith("/")) return href;
  if (siteUrl !== undefined) return absolute(href, siteUrl);
  const [, room, name, at] = /^\/(\w+)\/(?:([\w-]+)\/)?(?:#([\w.-]+))?$/.exec(href) ?? [];
  if (room === "flows" && name) return `wd show ${name}${at ? `@${at}` : ""}`;
  const id = name ?? (room === "concepts" ? at : undefined);
  if ((room === "questions" || room === "concepts") && id) return `wd ask ${id}`;
  return room === "reply" ? "wd reply" : "";
}
