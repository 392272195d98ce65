/** The pages of content/ as values: questions of reviews, and terms. */

import { VIEWS, type View } from "../diagrams/index.ts";
import { type Head, isMap, readHead, type Value } from "./head.ts";

/** Part of a flow, at rest on `at`. Addresses of steps, without the `@` of a label. */
export interface Slice {
  readonly name: string;
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
  readonly view?: View;
}

export interface Source {
  readonly text: string;
  readonly url: string;
}

interface Shared {
  /** The file's name without its ending: the last part of the address on the site. */
  readonly slug: string;
  readonly file: string;
  /** One sentence that stands alone. */
  readonly short: string;
  readonly order: number;
  readonly flow?: Slice;
  readonly sources: readonly Source[];
  /** Paragraphs, lists and components, as content/README.md says. */
  readonly body: string;
}

export interface Asked {
  /** Absent where it is not known who it was. */
  readonly who?: string;
  /** 2018-08-06, or 2018-09 where the day is not known. */
  readonly when: string;
  readonly list: string;
  readonly note?: string;
}

export interface Question extends Shared {
  readonly kind: "question";
  readonly title: string;
  /** The title is what the mail says, word for word. */
  readonly quoted: boolean;
  /** Absent where nobody asked it on a list that is known. */
  readonly asked?: Asked;
  /** Ids of content/groups.json. */
  readonly thread: string;
  readonly topics: readonly string[];
  readonly terms: readonly string[];
  readonly outcome: string;
}

export interface Concept extends Shared {
  readonly kind: "concept";
  readonly term: string;
  readonly long: string;
  /** Id of content/groups.json. */
  readonly group: string;
  readonly confused: readonly { readonly with: string; readonly text: string }[];
  readonly today: string;
}

export type Page = Question | Concept;

/**
 * @param file `content/questions/NAME.mdx` or `content/concepts/NAME.mdx`: the folder says the kind
 * @throws with the file, what was expected and what is there
 */
export function readPage(file: string, text: string): Page {
  const [, head, body] = /^---\n(.*?\n)---\n(.*)$/s.exec(text) ?? [];
  if (head === undefined || body === undefined) {
    throw new Error(`${file}:1: expected a head between two lines of ---`);
  }
  const read = reader(readHead(head, file, 2), file);
  const slug = file.replace(/^.*\//, "").replace(/\.mdx$/, "");
  const shared = { slug, file, body: body.trim() };
  return file.includes("questions/") ? question(read, shared) : concept(read, shared);
}

type Place = Pick<Shared, "slug" | "file" | "body">;

function question(read: Reader, place: Place): Question {
  return {
    kind: "question",
    ...shared(read, place),
    title: read.text("title"),
    quoted: read.raw("quoted") === true,
    ...(read.raw("asked") === undefined ? {} : { asked: asked(read.inner("asked")) }),
    thread: read.text("thread"),
    topics: read.list("topics").map(String),
    terms: read.list("terms").map(String),
    outcome: read.text("outcome"),
  };
}

function asked(read: Reader): Asked {
  const [who, note] = [read.optional("who"), read.optional("note")];
  return {
    ...(who === undefined ? {} : { who }),
    when: read.text("when"),
    list: read.text("list"),
    ...(note === undefined ? {} : { note }),
  };
}

function concept(read: Reader, place: Place): Concept {
  return {
    kind: "concept",
    ...shared(read, place),
    term: read.text("term"),
    long: read.text("long"),
    group: read.text("group"),
    confused: read
      .rows("confused")
      .map((row) => ({ with: row.text("with"), text: row.text("text") })),
    today: read.text("today"),
  };
}

function shared(read: Reader, place: Place): Shared {
  const order = read.raw("order");
  return {
    ...place,
    short: read.text("short"),
    order: typeof order === "number" ? order : 0,
    ...(read.raw("flow") === undefined ? {} : { flow: slice(read.inner("flow")) }),
    sources: read.rows("sources").map((row) => ({ text: row.text("text"), url: row.text("url") })),
  };
}

function slice(read: Reader): Slice {
  return sliceOf(
    {
      name: read.text("name"),
      at: read.text("at"),
      from: read.optional("from"),
      to: read.optional("to"),
      view: read.optional("view"),
    },
    read.where,
  );
}

/** A slice from loose words. @throws where name or step are missing, or the view is none */
export function sliceOf(
  words: { readonly [key in keyof Slice]?: string | undefined },
  where: string,
): Slice {
  const { name, at, from, to, view } = words;
  if (!name || !at) throw new Error(`${where}: expected a flow's name and the step it rests at`);
  const known = VIEWS.find((one) => one === view);
  if (view !== undefined && !known) {
    throw new Error(`${where}: expected a view (${VIEWS.join(" ")}), found "${view}"`);
  }
  return {
    name,
    at,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(known ? { view: known } : {}),
  };
}

/** Takes values out of a map, and says which one is not there. */
interface Reader {
  readonly where: string;
  readonly raw: (key: string) => Value | undefined;
  readonly text: (key: string) => string;
  readonly optional: (key: string) => string | undefined;
  readonly list: (key: string) => readonly Value[];
  readonly inner: (key: string) => Reader;
  readonly rows: (key: string) => readonly Reader[];
}

function reader(head: Head, where: string): Reader {
  const raw = (key: string) => (Object.hasOwn(head, key) ? head[key] : undefined);
  const optional = (key: string) => {
    const value = raw(key);
    return typeof value === "string" ? value : undefined;
  };
  const list = (key: string): readonly Value[] => {
    const value = raw(key) ?? [];
    return Array.isArray(value) ? value : [value];
  };
  return {
    where,
    raw,
    optional,
    list,
    text: (key) => {
      const value = optional(key);
      if (value === undefined) throw new Error(`${where}: expected "${key}: text" in the head`);
      return value;
    },
    inner: (key) => {
      const value = raw(key);
      if (!isMap(value)) throw new Error(`${where}: expected a map "${key}" in the head`);
      return reader(value, `${where}, ${key}`);
    },
    rows: (key) =>
      list(key)
        .filter(isMap)
        .map((row) => reader(row, `${where}, ${key}`)),
  };
}
