/** What is wrong with an SVG that is to be handed out: read back, as a program would read it. */

import { visible } from "../layout/index.ts";

/** Elements that may not be there: what they hold is lost outside a browser, or acts inside one. */
const FORBIDDEN = /^(foreignObject|script|style|image|use|a|iframe|animate\w*|set)$/;
const ENTITY = /^&(amp|lt|gt|quot|#\d+|#x[\da-f]+);/;
const ATTRIBUTE = /\s+([\w:-]+)="([^"<]*)"/gy;

interface Read {
  readonly faults: string[];
  readonly open: string[];
  /** What each text element says, in order. */
  readonly texts: string[];
  /** Attributes of the root. */
  root: ReadonlyMap<string, string> | undefined;
}

/**
 * @param labels all that have to be read, in order; a label may go over several text elements
 * @returns a line a fault; none where it may be handed out
 */
export function svgFaults(
  text: string,
  labels: readonly string[],
  profile: "site" | "kernel",
): readonly string[] {
  const read: Read = { faults: [], open: [], texts: [], root: undefined };
  let last = 0;
  for (const match of text.matchAll(/<!--[\s\S]*?-->|<\?[^?]*\?>|<[^>]*>/g)) {
    said(read, text.slice(last, match.index));
    tag(read, match[0], profile);
    last = match.index + match[0].length;
  }
  said(read, text.slice(last));
  if (read.open.length > 0) read.faults.push(`<${read.open.at(-1)}> is not closed`);
  rootFaults(read);
  if (profile === "kernel") kernelFaults(read, text);
  const lost = lostLabel(read.texts, labels);
  return lost === undefined ? read.faults : [...read.faults, `label "${lost}" is not whole`];
}

/** Words between two tags. */
function said({ faults, open, texts }: Read, words: string): void {
  if (/[<>]/.test(words)) faults.push("a bare < or > among the words");
  for (const { index } of words.matchAll(/&/g)) {
    if (!ENTITY.test(words.slice(index))) faults.push("a bare & among the words");
  }
  const inside = open.at(-1);
  if (inside === "text") texts.push(unescaped(words));
  const isProse = inside === "title" || inside === "desc" || inside === "metadata";
  if (words.trim() !== "" && inside !== "text" && !isProse) {
    faults.push(`words that no element shows: ${words.trim().slice(0, 40)}`);
  }
}

function tag(read: Read, whole: string, profile: "site" | "kernel"): void {
  if (whole.startsWith("<!--")) {
    if (/--/.test(whole.slice(4, -3))) read.faults.push("two dashes in a comment");
    return;
  }
  if (whole.startsWith("<?")) return;
  if (whole.startsWith("<!")) {
    read.faults.push("a document type, or an entity of its own");
    return;
  }
  const [, close, name = "", rest = "", empty] =
    /^<(\/?)([\w:-]+)([\s\S]*?)(\/?)>$/.exec(whole) ?? [];
  if (close) {
    if (read.open.pop() !== name) read.faults.push(`</${name}> closes something else`);
    return;
  }
  if (name === "" || FORBIDDEN.test(name)) read.faults.push(`<${name}> may not be there`);
  const attributes = attributesOf(read, name, rest, profile);
  if (read.open.length === 0) read.root ??= name === "svg" ? attributes : new Map();
  if (!empty) read.open.push(name);
}

function attributesOf(
  { faults }: Read,
  name: string,
  rest: string,
  profile: "site" | "kernel",
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let end = 0;
  for (const [part, key = "", value = ""] of rest.matchAll(ATTRIBUTE)) {
    end += part.length;
    if (found.has(key)) faults.push(`${key} of <${name}> stands there twice`);
    found.set(key, value);
    if (/^(on\w+|style|class|href|xlink:href)$/.test(key)) faults.push(`${key} may not be there`);
    if (/url\(|javascript:/.test(value)) faults.push(`${key} leads outside`);
    if (profile === "kernel" && /var\(|light-dark|color-mix|oklch/.test(value)) {
      faults.push(`${key}="${value}" is no fixed colour`);
    }
  }
  if (rest.slice(end).trim() !== "") faults.push(`<${name}> has an attribute that cannot be read`);
  return found;
}

function rootFaults({ faults, root }: Read): void {
  if (root?.get("xmlns") !== "http://www.w3.org/2000/svg") faults.push("the root is no svg");
  const [width, height] = [root?.get("width") ?? "", root?.get("height") ?? ""];
  const isSized = /^\d+$/.test(width) && /^\d+$/.test(height);
  if (!isSized) faults.push("width or height is no plain number");
  if (root?.get("viewBox") !== `0 0 ${width} ${height}`) faults.push("no viewBox of its size");
}

function kernelFaults({ faults, root }: Read, text: string): void {
  if (!text.startsWith("<?xml ")) faults.push("no XML declaration");
  if (!/<!-- SPDX-License-Identifier: \S/.test(text)) faults.push("no licence comment");
  if (!/<title>[^<]+<\/title>\n<desc>[^<]+<\/desc>/.test(text)) faults.push("no title or desc");
  if (!/, monospace$/.test(root?.get("font-family") ?? "")) faults.push("no generic font family");
}

function unescaped(words: string): string {
  const plain: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return words.replace(/&(\w+);/g, (whole, name) => plain[name] ?? whole);
}

/** Each label is one or several text elements, one behind the other. */
function lostLabel(texts: readonly string[], labels: readonly string[]): string | undefined {
  let at = 0;
  for (const label of labels) {
    const wanted = visible(label);
    let got = texts[at];
    at += 1;
    while (got !== undefined && got !== wanted && wanted.startsWith(`${got} `)) {
      const next = texts[at];
      got = next === undefined ? undefined : `${got} ${next}`;
      at += 1;
    }
    if (got !== wanted) return label;
  }
  return undefined;
}
