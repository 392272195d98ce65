import { describe, expect, test } from "vitest";
import {
  PAGES,
  type Page,
  paragraphs,
  proseOf,
  sentences,
  TERMS,
  tags,
  withoutTags,
} from "./pages.ts";

const EACH = PAGES.map((page) => [page.path, page] as const);

/** All that a page says in its own words: the head's texts, then the body. Titles may be quotations. */
function texts(page: Page): readonly (readonly [way: string, text: string])[] {
  const head = proseOf(page.head, page.path);
  return [...head, ...paragraphs(page.body).map((text) => [page.path, text] as const)];
}

const words = (text: string) => text.split(/\s+/).filter((word) => /\w/.test(word)).length;

/** American on the left: we write the other. */
const SPELLING =
  /\b(behavior|color|center|meter|analyz\w+|optimiz\w+|recogniz\w+|organiz\w+|serializ\w+|initializ\w+|synchroniz\w+|summariz\w+|catalog|canceled|labeled|modeled|modeling|honor|neighbor|favor|gray|license[sd]? under|artifact|toward|afterward|gotten)\b/i;

const MARKETING =
  /\b(powerful|seamless\w*|blazing\w*|lightning|cutting-edge|state-of-the-art|revolutionary|robust|effortless\w*|simply|easily|leverag\w+|unleash\w*|unlock\w*|game-chang\w+|best-in-class|next-generation|elegant\w*|delve\w*|harness\w*|empower\w*|rich|vibrant|crucial|pivotal|superior|world-class|magic\w*)\b/i;

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, " ");

/** Terms made of letters that say nothing by themselves. */
const SHORT_TERMS = TERMS.filter(
  ({ term, long }) =>
    long && (/^[A-Z][A-Z-]+$/.test(term) || ["mdev", "gup", "spimdev"].includes(term)),
);

/** Terms that a text uses before they stand in a <Term> or are spelled out in it. */
function unspelled(page: Page): readonly string[] {
  const found: string[] = [];
  const own = plain(`${page.name} ${page.head.term ?? ""} ${page.head.title ?? ""}`);
  const isOwn = (term: string) => ` ${own} `.includes(` ${plain(term).trim()} `);
  for (const { id, term, long = "" } of SHORT_TERMS) {
    const use = new RegExp(`(?<![\\w-])${term}(?![\\w-])`);
    for (const [way, text] of proseOf(page.head, "")) {
      const isAlone = /short$|description$/.test(way); // the rest stands below the body
      const said = isAlone ? text : `${text} ${page.body}`;
      const isSpelled = plain(said).includes(plain(long)) || said.includes(`<Term id="${id}">`);
      if (use.test(text) && !isSpelled && !isOwn(term)) found.push(`${way}: ${term}`);
    }
    const body = paragraphs(page.body).join("\n");
    const at = withoutTags(body).search(use);
    if (at < 0 || (page.path.startsWith("concepts/") && isOwn(term))) continue;
    const before = withoutTags(body).slice(0, at + term.length + long.length + 40);
    const opened = body.search(new RegExp(`<Term id="${id}">`));
    const bare = body.search(new RegExp(`(?<![\\w"/-])${term}(?![\\w"-])`));
    const isMarked = opened >= 0 && opened < bare;
    if (!isMarked && !plain(before).includes(plain(long))) found.push(`body: ${term}`);
  }
  return found;
}

describe.each(EACH)("%s", (_, page) => {
  test("has short sentences", () => {
    const all = texts(page).flatMap(([, text]) => sentences(text));
    const total = all.reduce((sum, sentence) => sum + words(sentence), 0);
    expect(total / all.length).toBeLessThan(18);
    expect(all.filter((sentence) => words(sentence) > 32)).toEqual([]);
  });

  test("spells each term out first", () => {
    expect(unspelled(page)).toEqual([]);
  });

  test("is British, and sells nothing", () => {
    for (const [way, text] of texts(page)) {
      expect(text.match(SPELLING)?.[0], way).toBeUndefined();
      expect(text.match(MARKETING)?.[0], way).toBeUndefined();
    }
  });

  test("uses no more than the plain printer knows", () => {
    const known = ["Term", "Claim", "Flow"];
    expect(tags(page.body).filter(({ name }) => !known.includes(name))).toEqual([]);
    const prose = withoutTags(page.body).replace(/`[^`]*`/g, "");
    expect(prose).not.toMatch(/[{}<>]|^import |^export |^\||^#/m);
    for (const [way, text] of texts(page)) expect(text, way).toMatch(/^[\x20-\x7e]*$/);
    for (const name of ["Claim", "Term"]) {
      const opened = page.body.match(new RegExp(`<${name} `, "g"))?.length ?? 0;
      const closed = page.body.match(new RegExp(`</${name}>`, "g"))?.length ?? 0;
      expect(opened).toBe(closed);
    }
  });
});

test("a term says what it means in one sentence", () => {
  for (const { id, meaning } of TERMS) {
    expect(meaning, id).toMatch(/^[A-Z/][^\n]*\.$/);
    expect(words(meaning), id).toBeLessThan(32);
    expect(sentences(meaning).length, id).toBeLessThan(3);
    expect(meaning.match(SPELLING) ?? meaning.match(MARKETING), id).toBeNull();
  }
});

test("the checks see what they should", () => {
  const page = { path: "questions/x.mdx", name: "x", head: {}, body: "" };
  expect(unspelled({ ...page, body: "The IOMMU checks." })).toEqual(["body: IOMMU"]);
  expect(unspelled({ ...page, body: 'The <Term id="iommu">IOMMU</Term> checks.' })).toEqual([]);
  expect(unspelled({ ...page, body: "The I/O memory management unit (IOMMU)." })).toEqual([]);
  expect(unspelled({ ...page, head: { short: "The IOMMU." } })).toEqual([".short: IOMMU"]);
  expect(sentences("One two. Three 4.18 is. Four?").length).toBe(3);
});
