/** Finds what somebody asks for: a term or a question, by its name or in free words. */

import { nearest } from "../engine/index.ts";
import type { Page } from "./page.ts";
import type { Term } from "./term.ts";

export type Found =
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "term"; readonly term: Term }
  /** Names that may have been meant, best first. */
  | { readonly kind: "none"; readonly near: readonly string[] };

/** What can be found, under all its names. */
interface Entry {
  readonly found: Exclude<Found, { readonly kind: "none" }>;
  /** What to ask for to get it. */
  readonly name: string;
  readonly names: readonly string[];
  readonly says: string;
}

/** Asked for in free words, more are only confusing. */
const NEAR_MAX = 3;

/** The best answer is given where it is that much better than the second; else both are named. */
const AHEAD = 1.25;

/** Words that say that one asks, and not for what. */
const FRAME =
  /^(what-(is|are|does|do|s)|whats|who-is|why-is|how-does|explain|define|tell-me-about)-((the|a|an)-)?|-(mean|means|stand-for|work)$/g;

const SMALL = new Set(
  "a an and are about can do does for from how i in is it its me mean means of on or so stand that the there this to was what whats who why with you".split(
    " ",
  ),
);

/** Letters and digits, small; what stands between them is one dash. */
function key(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

export function find(asked: string, pages: readonly Page[], terms: readonly Term[]): Found {
  const entries = [...pages.map(pageEntry), ...terms.flatMap((term) => termEntry(term, pages))];
  const whole = key(asked);
  const bare = whole.replace(FRAME, "").replace(FRAME, "");
  for (const wanted of [whole, bare]) {
    const entry = entries.find(({ names }) => names.includes(wanted));
    if (entry && wanted !== "") return entry.found;
  }
  const ranked = rank(bare, entries);
  const [best, second] = ranked;
  if (best?.isNamed && best.score >= AHEAD * (second?.score ?? 0)) return best.entry.found;
  const near = nearest(
    bare,
    entries.flatMap(({ names }) => names),
  );
  const meant = entries.find(({ names }) => near !== undefined && names.includes(near));
  const names = [...(meant ? [meant.name] : []), ...ranked.map(({ entry }) => entry.name)];
  return { kind: "none", near: [...new Set(names)].slice(0, NEAR_MAX) };
}

function pageEntry(page: Page): Entry {
  const names = page.kind === "question" ? [page.title] : [page.term, page.long];
  return {
    found: { kind: "page", page },
    name: page.slug,
    names: [page.slug, ...names].map(key),
    says: page.short,
  };
}

/** A term; one that has a page leads there, under its own names too. */
function termEntry(term: Term, pages: readonly Page[]): readonly Entry[] {
  const own = pages.find(
    (page) => page.kind === "concept" && term.href?.includes(`/${page.slug}/`),
  );
  return [
    {
      found: own ? { kind: "page", page: own } : { kind: "term", term },
      name: own?.slug ?? term.id,
      names: [term.id, term.term, ...(term.long === undefined ? [] : [term.long])].map(key),
      says: term.meaning,
    },
  ];
}

interface Ranked {
  readonly entry: Entry;
  readonly score: number;
  /** A word that was asked for stands in a name, and is no more common than a name may be. */
  readonly isNamed: boolean;
}

/** By the words that entry and question share: a rare one counts more, one in a name counts more. */
function rank(bare: string, entries: readonly Entry[]): readonly Ranked[] {
  const asked = [...new Set(bare.split("-"))].filter((word) => word !== "" && !SMALL.has(word));
  const bags = entries.map(({ names, says }) => ({
    names: new Set(names.flatMap((name) => name.split("-"))),
    says: new Set(key(says).split("-")),
  }));
  const rarity = new Map(
    asked.map((word) => {
      const count = bags.filter(({ names, says }) => names.has(word) || says.has(word)).length;
      return [word, count === 0 ? 0 : 1 / count];
    }),
  );
  const all = entries.map((entry, at): Ranked => {
    const { names, says } = bags[at] as (typeof bags)[number];
    const named = asked.filter((word) => names.has(word));
    const told = asked.filter((word) => !names.has(word) && says.has(word));
    const sum = (some: readonly string[]) =>
      some.reduce((total, word) => total + (rarity.get(word) ?? 0), 0);
    return { entry, score: 3 * sum(named) + sum(told), isNamed: named.length > 0 };
  });
  const sorted = all.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
  return sorted.filter(
    ({ entry }, at) => sorted.findIndex((other) => other.entry.name === entry.name) === at,
  );
}
