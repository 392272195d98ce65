import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, playFlow, storyDigest, type Told } from "../../../engine/index.ts";
import { LIBRARY, runOf } from "../../../site/lib/library.ts";
import { clicks, WAYS } from "./ways.ts";
import {
  reading,
  sentenceLengths,
  unexplained,
  unspelled,
  unspelledOfReference,
  withoutRemarks,
} from "./words-first.ts";

/** The site as a host with sub-folders would serve it, and with a place where its files are edited. */
const BASE = "/deep/er/";
const SITE = "https://example.org/deep/er";
const EDIT = "https://example.org/edit/";

/** Pages of rows: registers, rules of the kernel, sources. Around the rows they are held as all are. */
const REFERENCE = /^(?:reference|versions|lab|compare)\//;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OUT = mkdtempSync(join(tmpdir(), "built-"));
const FILES: string[] = [];
const PAGES = new Map<string, string>();

beforeAll(() => {
  // Of this process's environment only what a program needs: the test runner sets BASE_URL and others.
  const { PATH = "", HOME = "" } = process.env;
  const own = { SITE_BASE: BASE, SITE_URL: SITE, EDIT_URL: EDIT };
  const astro = join(ROOT, "node_modules/astro/bin/astro.mjs");
  execFileSync(process.execPath, [astro, "build", "--outDir", OUT], {
    cwd: ROOT,
    env: { PATH, HOME, ASTRO_TELEMETRY_DISABLED: "1", ...own },
    stdio: "pipe",
  });
  FILES.push(...readdirSync(OUT, { recursive: true }).map((path) => String(path)));
  for (const file of FILES.filter((path) => path.endsWith(".html")))
    PAGES.set(file, readFileSync(join(OUT, file), "utf8"));
}, 600_000);

afterAll(() => rmSync(OUT, { recursive: true, force: true }));

function attributes(html: string, name: string): readonly string[] {
  return [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    value.replaceAll("&amp;", "&"),
  );
}

/** What is wrong with a link of a page; nothing where it leads somewhere. */
function fault(page: string, link: string): string | undefined {
  const { origin, pathname, hash } = new URL(link, `http://host${BASE}${page}`);
  if (origin !== "http://host") return undefined;
  if (!pathname.startsWith(BASE)) return `${page}: ${link} leaves ${BASE}`;
  const path = decodeURIComponent(pathname.slice(BASE.length));
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  if (!existsSync(join(OUT, file))) return `${page}: ${link} leads nowhere`;
  const html = PAGES.get(file);
  const id = decodeURIComponent(hash.slice(1));
  if (id === "" || html === undefined || html.includes(` id="${id}"`)) return undefined;
  return `${page}: ${link} has no place ${id}`;
}

describe("the built site", () => {
  test("has its pages", () => {
    expect(PAGES.size).toBeGreaterThan(30);
    for (const file of ["index.html", "404.html", "reply/index.html"])
      expect(FILES).toContain(file);
  });

  test("links only to what is there, under any base", () => {
    const faults = [...PAGES].flatMap(([page, html]) =>
      [...attributes(html, "href"), ...attributes(html, "src")].map((link) => fault(page, link)),
    );
    expect(faults.length).toBeGreaterThan(500);
    expect(faults.filter((one) => one !== undefined)).toEqual([]);
  });

  test("loads nothing from elsewhere, and nothing that its policy forbids", () => {
    for (const [page, html] of PAGES) {
      expect(html, page).toContain(
        'http-equiv="Content-Security-Policy" content="default-src \'none\'',
      );
      expect(html, page).not.toMatch(/<style|\sstyle="|<script(?![^>]*\ssrc=)|\son\w+="|<iframe/);
      for (const src of attributes(html, "src")) expect(src.startsWith(BASE), src).toBe(true);
      for (const [, href] of html.matchAll(
        /<link rel="(?:stylesheet|icon|modulepreload)"[^>]*href="([^"]*)"/g,
      ))
        expect(href?.startsWith(BASE), href).toBe(true);
    }
  });

  test("says of each page which file it is made from, and where to edit that", () => {
    for (const [page, html] of PAGES) {
      const [link] = attributes(html, "href").filter((href) => href.startsWith(EDIT));
      const file = link?.slice(EDIT.length) ?? "";
      expect(existsSync(join(ROOT, file)) && file, page).toMatch(/^(content|site|engine)\//);
    }
  });

  test("names sources on each page that says something", () => {
    const bare = [...PAGES].filter(([, html]) => !html.includes('id="sources"'));
    // A row of the reference has its source beside it.
    const lists = bare.map(([page]) => page).filter((page) => !page.startsWith("reference/"));
    expect(lists.sort()).toEqual([
      "404.html",
      "concepts/index.html",
      "flows/index.html",
      "questions/index.html",
    ]);
  });

  test("knows its own address for what is printed", () => {
    for (const [page, html] of PAGES) {
      expect(html, page).toContain(`data-base="${BASE}"`);
      expect(html, page).toContain(`data-site="${SITE}"`);
    }
  });

  test("keeps the blanks between words and links", () => {
    for (const [page, html] of PAGES) {
      const [, main = ""] = /<main[^>]*>(.*)<\/footer>/s.exec(html) ?? [];
      expect(
        main
          .replaceAll("&nbsp;", " ")
          .match(/.{20}[\w.,;:]<(?:a|code|em) .{30}|.{30}<\/(?:a|code|em)>\w.{20}/g),
        page,
      ).toBe(null);
    }
  });

  test("has no Mermaid in any script", () => {
    const scripts = FILES.filter((file) => file.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(3);
    for (const file of scripts) {
      const text = readFileSync(join(OUT, file), "utf8");
      expect(/mermaidAPI|mermaid\.(?:init|render)/.test(text), file).toBe(false);
    }
  });
});

describe("a story's page", () => {
  test("lists each step once, by number and by label, with one drawing", () => {
    for (const name of LIBRARY.keys()) {
      const html = PAGES.get(`flows/${name}/index.html`) ?? "";
      const steps = runOf(name, "here").steps.filter(({ number }) => number !== "0");
      const ids = attributes(html, "id");
      for (const { number, label } of steps) {
        expect(
          ids.filter((id) => id === number),
          `${name} ${number}`,
        ).toHaveLength(1);
        if (label)
          expect(
            ids.filter((id) => id === label),
            `${name} ${label}`,
          ).toHaveLength(1);
      }
      const [, list = ""] = html.split('<div class="run">');
      expect(list.match(/class="drawing"/g), name).toHaveLength(steps.length);
    }
  });

  test("serves the flow that it ran, and as it was read, for the player", () => {
    for (const [name, text] of LIBRARY) {
      expect(readFileSync(join(OUT, `flows/${name}.flow`), "utf8"), name).toBe(text);
      const told = decode<Told>(readFileSync(join(OUT, `flows/${name}.json`), "utf8"));
      const run = playFlow(told);
      expect(run.ok, name).toBe(true);
      expect(storyDigest(run.steps), name).toBe(storyDigest(runOf(name, "here").steps));
    }
  });
});

describe("a page with a plain-text twin", () => {
  test("is every page that a search may find, and names it", () => {
    const having = (mark: string) =>
      [...PAGES].filter(([, html]) => html.includes(mark)).map(([page]) => page);
    const unlisted = having('content="noindex"');
    const wanted = [...PAGES.keys()].filter((page) => !unlisted.includes(page));
    expect(wanted.filter((page) => /^(questions|concepts)\/./.test(page)).length).toBeGreaterThan(
      80,
    );
    expect(having('rel="alternate" type="text/plain"').sort()).toEqual(wanted.sort());
  });

  test("says in 72 columns of 7 bits what the page says", () => {
    for (const file of FILES.filter((path) => /^(questions|concepts)\/.*\.txt$/.test(path))) {
      const text = readFileSync(join(OUT, file), "utf8");
      expect(text, file).toMatch(/^[\x20-\x7e\n]*$/);
      for (const line of text.split("\n"))
        if (!line.includes("://")) expect(line.length, `${file}: ${line}`).toBeLessThanOrEqual(72);
      const html = PAGES.get(file.replace(/txt$/, "html")) ?? "";
      const [, first = ""] = /<div class="answer"><p>(.*?)<\/p>/s.exec(html) ?? [];
      const opening = first
        .replaceAll(/<[^>]*>/g, "")
        .split(/\s+/)
        .slice(0, 5)
        .join(" ");
      expect(text.replaceAll(/\s+/g, " "), file).toContain(opening.replaceAll("\u2019", "'"));
    }
  });
});

describe("the words of a page", () => {
  const headings = (html: string) =>
    [...html.matchAll(/<h1[^>]*>([^<]*)</g)].map(([, heading = ""]) => heading);

  test("are spelled out before they are used", () => {
    for (const [page, html] of PAGES) {
      const isRows = REFERENCE.test(page);
      const faults = isRows
        ? unspelledOfReference
        : (text: string, own: string[]) => unspelled(reading(text), own);
      expect(faults(html, headings(html)), page).toEqual([]);
    }
  });

  test("are spelled out in the document itself, without what stands beside it", () => {
    const text = reading(withoutRemarks(PAGES.get("document/index.html") ?? ""));
    expect(text.length).toBeGreaterThan(5000);
    expect(unspelled(text)).toEqual([]);
  });

  test("are spelled out along the way from the first page to a fork", () => {
    const way = ["", "flows/gup-dontneed/", "concepts/gup/", "flows/fork-cow/", "concepts/fork/"];
    const pages = way.map((path) => PAGES.get(`${path}index.html`) ?? "");
    for (const [at, html] of pages.slice(0, -1).entries())
      expect(
        attributes(html, "href").some((link) => link.includes(`/${way[at + 1]}`)),
        way[at],
      ).toBe(true);
    const text = pages.map(reading).join(" ");
    expect(unspelled(text)).toEqual([]);
    expect(unexplained(text)).toEqual([]);
  });

  test("stand in short sentences", () => {
    for (const [page, html] of PAGES) {
      const lengths = sentenceLengths(reading(html));
      const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(lengths.length, 1);
      expect(mean, page).toBeLessThan(20);
    }
  });
});

test.each(WAYS)("%s In three clicks at most", (_question, way, answer) => {
  const pages = ["", ...way].map((path) => PAGES.get(`${path}index.html`) ?? "");
  const made = way.map((path, at) => clicks(pages[at] ?? "", `${BASE}${path}`));
  expect(made.reduce((sum, some) => sum + some, 0)).toBeLessThanOrEqual(3);
  expect(reading(pages.at(-1) ?? "")).toMatch(answer);
});

describe("the reply", () => {
  test("is on its page and in its file the same mail", () => {
    const mail = readFileSync(join(OUT, "reply/index.txt"), "utf8");
    const html = PAGES.get("reply/index.html") ?? "";
    const text = html
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    for (const line of mail.split("\n")) {
      expect(line.length).toBeLessThanOrEqual(72);
      expect(text, line).toContain(line.trim());
    }
    expect(mail).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
