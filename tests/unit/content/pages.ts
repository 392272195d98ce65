/** The text files of content/, read as the printers read them: a plain head, then a plain body. */
import { readdirSync, readFileSync } from "node:fs";
import terms from "../../../content/terms.json" with { type: "json" };

export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Head = { readonly [key: string]: Value };

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly head: Head;
  readonly body: string;
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

function scalar(text: string): Value {
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text.startsWith("["))
    return text
      .slice(1, -1)
      .split(",")
      .map((item) => scalar(item.trim()));
  if (/^\d+$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  if (/^[{&*!|>%@`']|: | #/.test(text)) throw new Error(`quote this value: ${text}`);
  return text;
}

/** A map or a list at one indent; takes its lines off the front. */
function block(lines: Line[], indent: number): Value {
  const list: Value[] = [];
  const map: Record<string, Value> = {};
  while (lines[0] && lines[0].indent === indent) {
    const line = lines.shift() as Line;
    if (line.text.startsWith("- ")) {
      const item = line.text.slice(2);
      if (!/^\w+:( |$)/.test(item)) {
        list.push(scalar(item));
        continue;
      }
      lines.unshift({ indent: indent + 2, text: item });
      list.push(block(lines, indent + 2));
      continue;
    }
    const [, key, rest] = /^(\w+):(?: (.*))?$/.exec(line.text) ?? [];
    if (key === undefined) throw new Error(`not "key: value": ${line.text}`);
    if (key in map) throw new Error(`twice: ${key}`);
    map[key] = rest ? scalar(rest) : block(lines, lines[0]?.indent ?? 0);
  }
  if (lines[0] && lines[0].indent > indent) throw new Error(`indent: ${lines[0].text}`);
  return list.length > 0 ? list : map;
}

export function readHead(text: string): Head {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => ({ indent: line.search(/\S/), text: line.trim() }));
  return block(lines, 0) as Head;
}

function readPage(path: string): Page {
  const text = readFileSync(new URL(`../../../content/${path}`, import.meta.url), "utf8");
  const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  if (head === undefined || body === undefined) throw new Error(`${path} has no head`);
  const name = path.replace(/^.*\//, "").replace(/\.mdx$/, "");
  return { path, name, head: readHead(head), body: body.trim() };
}

function folder(name: string): readonly Page[] {
  return readdirSync(new URL(`../../../content/${name}/`, import.meta.url))
    .filter((file) => file.endsWith(".mdx"))
    .sort()
    .map((file) => readPage(`${name}/${file}`));
}

export const QUESTIONS = folder("questions");
export const CONCEPTS = folder("concepts");
export const HOME = readPage("home.mdx");
export const PAGES: readonly Page[] = [HOME, ...QUESTIONS, ...CONCEPTS];
export const TERMS: readonly {
  readonly id: string;
  readonly term: string;
  readonly long?: string;
  readonly meaning: string;
  readonly href?: string;
  readonly stories?: readonly string[];
}[] = terms;

/** The strings of a head that are prose, each with the way to it: not links, not names. */
export function proseOf(value: Value, way: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") {
    return /\b(short|text|caption|reach|intro|outcome|today|with|note|description|label)$/.test(way)
      ? [[way, value]]
      : [];
  }
  if (typeof value !== "object") return [];
  if (Array.isArray(value)) return value.flatMap((item: Value) => proseOf(item, way));
  return Object.entries(value).flatMap(([key, item]) =>
    key === "sources" || key === "quote" ? [] : proseOf(item, `${way}.${key}`),
  );
}

/** Paragraphs and list items of a body, without drawings. */
export function paragraphs(body: string): readonly string[] {
  return body
    .split(/\n\n+|\n(?=- )/)
    .map((text) => text.replace(/\n/g, " ").replace(/^- /, "").trim())
    .filter((text) => text !== "" && !text.startsWith("<Flow"));
}

export function withoutTags(text: string): string {
  return text.replace(/<[^>]*>/g, "");
}

export function sentences(text: string): readonly string[] {
  return withoutTags(text)
    .split(/(?<=[.?!:;]["')]?)\s+(?=["A-Za-z(])/)
    .filter((sentence) => /\w/.test(sentence));
}

/** Every tag of a body with its attributes. */
export function tags(
  body: string,
): readonly { name: string; attributes: Record<string, string> }[] {
  return [...body.matchAll(/<(\w+)((?:\s[^<>]*?)?)\s*\/?>/g)].map(([, name = "", rest = ""]) => ({
    name,
    attributes: Object.fromEntries(
      [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
  }));
}
