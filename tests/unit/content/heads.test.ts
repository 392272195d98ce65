import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import groups from "../../../content/groups.json" with { type: "json" };
import { VIEWS } from "../../../diagrams/index.ts";
import {
  CONCEPTS,
  type Head,
  HOME,
  PAGES,
  type Page,
  QUESTIONS,
  readHead,
  TERMS,
  tags,
  type Value,
} from "./pages.ts";

const SLUGS = CONCEPTS.map((page) => page.name);

/** The labels of a flow: from its file; a flow that is not there has none. */
function labels(flow: string): readonly string[] {
  const file = new URL(`../../../content/flows/${flow}.flow`, import.meta.url);
  if (!existsSync(file)) return [];
  return [...readFileSync(file, "utf8").matchAll(/\s@([\w-]+)\s*$/gm)].map(
    ([, label = ""]) => label,
  );
}

/** Every step that a page points at, in its head or its body. */
function* steps(page: Page): Generator<readonly [flow: string, label: string]> {
  const stack: Value[] = [page.head];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value !== "object") continue;
    stack.push(...Object.values(value));
    const { flow, name, at, from, to } = value as Head;
    const story = typeof flow === "string" ? flow : name;
    if (typeof story !== "string") continue;
    for (const label of [at, from, to]) if (typeof label === "string") yield [story, label];
  }
  for (const { name, attributes } of tags(page.body)) {
    const story =
      name === "Claim" ? attributes.flow : name === "Flow" ? attributes.name : undefined;
    if (story === undefined) continue;
    for (const key of ["at", "from", "to"]) {
      const label = attributes[key];
      if (label !== undefined) yield [story, label];
    }
  }
}

describe("a head", () => {
  test("may hold maps, lists and quoted text, and says what it does not read", () => {
    const text = 'a: "b: c"\nlist:\n  - x: 1\n    y: [p, q]\n  - x: 2\nmap:\n  deep:\n    - one\n';
    expect(readHead(text)).toEqual({
      a: "b: c",
      list: [{ x: 1, y: ["p", "q"] }, { x: 2 }],
      map: { deep: ["one"] },
    });
    expect(() => readHead("a: b: c")).toThrow("quote this value: b: c");
    expect(() => readHead("a: 1\na: 2")).toThrow("twice: a");
    expect(() => readHead("just words")).toThrow("just words");
  });

  test.each(PAGES.map((page) => [page.path, page] as const))("%s names its sources", (_, page) => {
    const sources = page.head.sources as readonly Head[];
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      expect(source.text).toMatch(/\w/);
      expect(source.url).toMatch(/^https:\/\/[\w.-]+(\/\S*)?$/);
    }
    expect(new Set(sources.map((source) => source.url)).size).toBe(sources.length);
  });

  test.each(QUESTIONS.map((page) => [page.name, page] as const))("question %s", (_, page) => {
    const { title, quoted, asked, order, short, terms, flow, outcome, thread, topics } = page.head;
    expect([typeof title, typeof quoted, typeof order]).toEqual(["string", "boolean", "number"]);
    expect(groups.threads.map(({ id }) => id)).toContain(thread);
    for (const topic of topics as readonly string[])
      expect(groups.topics.map(({ id }) => id)).toContain(topic);
    if (asked === undefined) expect(thread).toBe("reader");
    else {
      const { who, when, list, note } = asked as Head;
      // Where nobody is named, or only the month is known, a note says why.
      if (who === undefined || !/^\d{4}-\d\d-\d\d$/.test(`${when}`)) expect(note).toMatch(/\w/);
      expect(when).toMatch(/^\d{4}-\d\d(-\d\d)?$/);
      expect(list).toMatch(/^https:\/\//);
    }
    expect(short).toMatch(/^[^\n]{20,170}\.$/);
    expect(outcome).toMatch(/\.$/);
    for (const slug of terms as readonly string[]) expect(SLUGS).toContain(slug);
    if (flow) expect(VIEWS).toContain((flow as Head).view);
  });

  test.each(CONCEPTS.map((page) => [page.name, page] as const))("concept %s", (name, page) => {
    const { term, long, short, order, confused, flow, today, group } = page.head;
    expect(groups.groups.map(({ id }) => id)).toContain(group);
    for (const text of [term, long, short, today]) expect(text).toMatch(/\w/);
    expect(typeof order).toBe("number");
    expect((confused as readonly Head[]).length).toBeGreaterThan(0);
    if (flow) expect(VIEWS).toContain((flow as Head).view);
    expect(TERMS.find((row) => row.id === name)?.href).toBe(`/concepts/${name}/`);
  });

  test("orders are a count from 1", () => {
    for (const pages of [QUESTIONS, CONCEPTS]) {
      const orders = pages.map((page) => page.head.order as number).sort((a, b) => a - b);
      expect(orders).toEqual(pages.map((_, at) => at + 1));
    }
  });
});

describe("a pointer", () => {
  const all = PAGES.flatMap((page) =>
    [...steps(page)].map(([flow, label]) => [page.path, flow, label] as const),
  );

  test.each(all)("of %s to %s @%s leads to a step", (_, flow, label) => {
    expect(labels(flow)).toContain(label);
  });

  test("of the home page to a question leads to one", () => {
    const { asked, quote, price } = HOME.head as Record<"asked" | "quote" | "price", Head>;
    const inPlace = asked.questions as readonly string[];
    const linked = (price.texts as readonly Head[]).flatMap(({ question }) => question ?? []);
    const names = QUESTIONS.map((page) => page.name);
    for (const name of [...inPlace, quote.question, ...linked]) expect(names).toContain(name);
    const ofReview = QUESTIONS.filter(({ head }) => head.thread === "review");
    expect([...inPlace].sort()).toEqual(ofReview.map(({ name }) => name));
  });

  test("to a term leads to a row, and each row with a page has one", () => {
    const ids = TERMS.map((row) => row.id);
    for (const page of PAGES) {
      for (const { name, attributes } of tags(page.body)) {
        if (name === "Term") expect(ids, page.path).toContain(attributes.id);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    for (const { href } of TERMS) if (href) expect(SLUGS).toContain(href.split("/")[2]);
    for (const { id, stories } of TERMS)
      for (const name of stories ?? []) expect(labels(name), `${id}: ${name}`).not.toEqual([]);
  });
});
