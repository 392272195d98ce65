/**
 * A walk from an address to a frame: each entry stands under its index and leads down to the next.
 *
 *   VA       0x7f12_3456_7abc
 *   bits     47:39     38:30     ...
 *   index    254       72
 *
 *   TTBR0 -> PGD[254]  .
 *            +-------> PUD[72]   ...
 *
 * Where that is too wide the entries stand under each other, their bits and indices to the left.
 */

import {
  INDENT,
  type Ink,
  type Layout,
  type Look,
  layOut,
  type Picture,
  picture,
  putLegend,
  putLines,
  putParagraph,
  putText,
  putTitle,
  rightEdge,
  type Sheet,
  sheet,
} from "./picture.ts";
import type { Role } from "./scene.ts";
import { isHazard, measure, tidy, widest, wrap } from "./words.ts";

/** One entry that is read on the way. */
export interface WalkEntry {
  /** "PGD[254]", "STE[0]", "IOTLB" */
  readonly name: string;
  /** What it says, right of it: "stage 1". */
  readonly says?: string;
  readonly role: Role;
}

/** How a walk ends: at a frame, or where it is stopped. */
export interface WalkEnd {
  readonly kind: "frame" | "refused";
  /** Under each other: "Page 0x8_1234_5000", "+ offset 0xabc"; why it is stopped, and what comes of it. */
  readonly lines: readonly string[];
}

export interface WalkPath {
  /** What this walk is, above it: "before (@mapped)"; may be "". */
  readonly head: string;
  readonly address?: {
    /** "VA", "IOVA" */
    readonly name: string;
    readonly text: string;
    /** Which bits of it choose the entry of that place, and what they are. */
    readonly fields: readonly { readonly bits: string; readonly index: string }[];
  };
  /** What leads to the first entry: "TTBR0"; may be "". */
  readonly root: string;
  readonly entries: readonly WalkEntry[];
  /** Where absent the walk goes on in the next path. */
  readonly end?: WalkEnd;
}

/** One walk, or several one above the other. */
export interface Walk {
  readonly title: readonly string[];
  readonly paths: readonly WalkPath[];
  /** Paragraphs below. */
  readonly notes: readonly string[];
}

/** Columns from one entry to the next, where names are short. */
const PITCH = 10;
/** An arrow takes three columns, and a blank on its right. */
const HOOK = 4;
/** Blanks between an entry and what it says. */
const SAYS_GAP = 2;

const BITS = "bits";
const INDEX = "index";

export function layoutWalk(walk: Walk, width: number): Layout {
  return layOut(width, (some) => attempt(walk, some, putStairs) ?? attempt(walk, some, putList));
}

/** Where things stand, the same for all walks of a picture. */
interface Place {
  readonly nameX: number;
  readonly entryX: number;
  readonly pitch: number;
}

type Put = (on: Sheet, path: WalkPath, walk: Walk) => boolean;

function attempt(walk: Walk, width: number, put: Put): Picture | undefined {
  const on = sheet(width);
  if (!putTitle(on, walk.title)) return undefined;
  for (const [index, path] of walk.paths.entries()) {
    if (index > 0) on.y += 1;
    if (!putParagraph(on, path.head, { part: "drawing", ink: "text", job: "section" }))
      return undefined;
    if (!put(on, path, walk)) return undefined;
  }
  if (on.items.some((item) => rightEdge(item) > width)) return undefined;
  return putLegend(on, walk.notes) ? picture(on, "walk") : undefined;
}

function inked(ink: Ink, job: Look["job"] = "label"): Look {
  return { part: "drawing", ink, job };
}

/** Behind the names, which may not begin as what a program eats. */
function nameColumn(names: readonly string[]): number {
  const words = names.flatMap((name) => tidy(name).split(" "));
  return words.some((word) => isHazard(word)) ? INDENT + 2 : INDENT;
}

function stairsPlace({ paths }: Walk): Place {
  const addresses = paths.flatMap(({ address }) => address ?? []);
  const names = addresses.length > 0 ? [...addresses.map(({ name }) => name), BITS, INDEX] : [];
  const roots = paths.map(({ root }) => tidy(root));
  const isBare = widest([...names, ...roots]) === 0;
  const first = isBare
    ? paths.flatMap(({ entries, end }) => [
        ...entries.map(({ name }) => name),
        ...(end?.lines ?? []),
      ])
    : [];
  const nameX = nameColumn([...names, ...roots, ...first]);
  const isHooked = paths.some(
    ({ entries, end }) => entries.length === 0 && linesOf(end).length > 0,
  );
  const rootWidth = widest(roots) === 0 ? (isHooked ? HOOK : 0) : widest(roots) + HOOK;
  const entryX = nameX + Math.max(rootWidth, widest(names) === 0 ? 0 : widest(names.map(tidy)) + 2);
  const words = paths.flatMap(({ entries, address, end }) => [
    ...entries.slice(0, end ? entries.length : -1).map(({ name }) => tidy(name)),
    ...(address?.fields ?? []).flatMap(({ bits, index }) => [tidy(bits), tidy(index)]),
  ]);
  return { nameX, entryX, pitch: Math.max(PITCH, widest(words) + 2) };
}

function putStairs(on: Sheet, path: WalkPath, walk: Walk): boolean {
  const place = stairsPlace(walk);
  const { nameX, entryX, pitch } = place;
  const { address, root, entries, end } = path;
  const xOf = (column: number) => entryX + column * pitch;
  if (address) putAddress(on, address, place);
  const rootText = tidy(root);
  if (rootText !== "") {
    putText(on, { x: nameX, y: on.y }, rootText, inked("text", "name"));
    if (entries.length === 0) on.y += 1;
    else putArrow(on, { x0: nameX + measure(rootText) + 1, x1: entryX - 2 }, "muted");
  }
  for (const [column, entry] of entries.entries()) {
    if (column > 0) putHook(on, { x0: xOf(column - 1), x1: xOf(column) - 2 }, entry.role);
    const { y } = on;
    if (!putEntry(on, entry, xOf(column))) return false;
    putDots(on, y, [...(address?.fields ?? []).keys()].map(xOf));
  }
  if (end && linesOf(end).length > 0) {
    const before = entries.length - 1;
    const x = xOf(entries.length);
    const at = { x0: before < 0 ? nameX : xOf(before), x1: x - 2 };
    putHook(on, at, inkOf(end), end.kind === "refused");
    if (!putEnd(on, end, x)) return false;
  }
  return true;
}

/** The address, its bits and its indices, and a blank row below them. */
function putAddress(
  on: Sheet,
  { name, text, fields }: NonNullable<WalkPath["address"]>,
  { nameX, entryX, pitch }: Place,
): void {
  putText(on, { x: nameX, y: on.y }, name, inked("muted", "name"));
  putText(on, { x: entryX, y: on.y }, text, inked("text"));
  on.y += 2;
  if (fields.length === 0) return;
  for (const [row, key] of [BITS, INDEX].entries()) {
    const y = on.y - 1 + row;
    putText(on, { x: nameX, y }, key, inked("muted", "name"));
    for (const [column, { bits, index }] of fields.entries()) {
      const ink = key === BITS ? "muted" : "text";
      const at = { x: entryX + column * pitch, y };
      putText(on, at, key === BITS ? bits : index, inked(ink, "cell"));
    }
  }
  on.y += 2;
}

/** An entry and what it says, and moves on below it. */
function putEntry(on: Sheet, { name, says = "", role }: WalkEntry, x: number): boolean {
  putText(on, { x, y: on.y }, name, inked(role, "name"));
  const saysX = x + measure(tidy(name)) + SAYS_GAP;
  const lines = wrap(says, on.width - saysX);
  if (!lines) return false;
  putLines(on, { x: saysX, y: on.y }, lines, inked("text"));
  on.y += Math.max(1, lines.length);
  return true;
}

function linesOf(end: WalkEnd | undefined): readonly string[] {
  return (end?.lines ?? []).filter((line) => tidy(line) !== "");
}

function inkOf({ kind }: WalkEnd): Ink {
  return kind === "refused" ? "refusal" : "memory";
}

function putEnd(on: Sheet, end: WalkEnd, x: number): boolean {
  for (const [at, line] of linesOf(end).entries()) {
    const lines = wrap(line, on.width - x);
    if (!lines) return false;
    putLines(
      on,
      { x, y: on.y },
      lines,
      inked(at === 0 ? inkOf(end) : "text", at === 0 ? "name" : "label"),
    );
    on.y += lines.length;
  }
  return true;
}

/** A dot in each column that an entry has not reached: the eye finds the index above. */
function putDots(on: Sheet, y: number, xs: readonly number[]): void {
  const inRow = on.items.filter((item) => "y" in item && item.y === y);
  const edge = inRow.reduce((most, item) => Math.max(most, rightEdge(item)), 0);
  for (const x of xs) {
    if (x <= edge) continue;
    on.items.push({ kind: "mark", mark: ".", x, y, part: "drawing", ink: "muted" });
  }
}

interface Span {
  readonly x0: number;
  /** Where the head is. */
  readonly x1: number;
}

/** `--->` to the right, in the row where the pen is. */
function putArrow(on: Sheet, { x0, x1 }: Span, ink: Ink): void {
  const { y } = on;
  on.items.push({
    kind: "stroke",
    look: "arrow",
    x: x0,
    y,
    spelling: `${"-".repeat(x1 - x0)}>`,
    path: [10 * x0, 10 * y + 5, 10 * x1 + 10, 10 * y + 5],
    part: "drawing",
    ink,
  });
}

/** `+--->`, down from the row above and to the right. */
function putHook(on: Sheet, { x0, x1 }: Span, ink: Ink, isRefused = false): void {
  const { y } = on;
  on.items.push({
    kind: "stroke",
    look: isRefused ? "refused" : "arrow",
    x: x0,
    y,
    spelling: `\\${"-".repeat(x1 - x0 - 1)}${isRefused ? "X" : ">"}`,
    path: [
      10 * x0 + 5,
      10 * y,
      10 * x0 + 5,
      10 * y + 5,
      10 * x1 + (isRefused ? 5 : 10),
      10 * y + 5,
    ],
    part: "drawing",
    ink,
  });
}

/** One entry a row: bits and index left, a short hook, the entry and what it says. */
function putList(on: Sheet, { address, root, entries, end }: WalkPath, walk: Walk): boolean {
  const all = walk.paths.flatMap((path) => path.address?.fields ?? []);
  const bitsWidth = widest([BITS, ...all.map(({ bits }) => tidy(bits))]);
  const indexWidth = widest([INDEX, ...all.map(({ index }) => tidy(index))]);
  const names = walk.paths.flatMap(({ root: own, address: at }) => [
    own,
    at?.name ?? "",
    at?.text ?? "",
  ]);
  const nameX = nameColumn([...names, ...all.flatMap(({ bits, index }) => [bits, index])]);
  const indexX = nameX + bitsWidth + 2;
  const hookX = address && address.fields.length > 0 ? indexX + indexWidth + 2 : nameX;
  const x = hookX + HOOK;
  if (address) {
    const text = wrap(`${address.name} ${address.text}`, on.width - nameX);
    if (!text) return false;
    putLines(on, { x: nameX, y: on.y }, text, inked("text"));
    on.y += text.length + 1;
  }
  const hasFields = address !== undefined && address.fields.length > 0;
  if (hasFields) {
    putText(on, { x: nameX, y: on.y }, BITS, inked("muted", "name"));
    putText(on, { x: indexX, y: on.y }, INDEX, inked("muted", "name"));
  }
  const rootLines = wrap(root, on.width - hookX);
  if (!rootLines) return false;
  putLines(on, { x: hookX, y: on.y }, rootLines, inked("text", "name"));
  on.y += Math.max(rootLines.length, hasFields ? 1 : 0);
  const putField = (row: number): boolean => {
    const field = address?.fields[row];
    if (!field) return false;
    putText(on, { x: nameX, y: on.y }, field.bits, inked("muted", "cell"));
    putText(on, { x: indexX, y: on.y }, field.index, inked("text", "cell"));
    return true;
  };
  for (const [row, entry] of entries.entries()) {
    putField(row);
    putHook(on, { x0: hookX, x1: x - 2 }, entry.role);
    if (!putListed(on, entry, x)) return false;
  }
  for (let row = entries.length; ; row += 1) {
    const hasField = putField(row);
    const isEnd = row === entries.length && linesOf(end).length > 0;
    if (isEnd && end) {
      putHook(on, { x0: hookX, x1: x - 2 }, inkOf(end), end.kind === "refused");
      if (!putEnd(on, end, x)) return false;
    } else if (!hasField) return true;
    else on.y += 1;
  }
}

/** Name and words as one paragraph of two labels: the words beside the name, or below it. */
function putListed(on: Sheet, entry: WalkEntry, x: number): boolean {
  const { name, says = "", role } = entry;
  const saysX = x + measure(tidy(name)) + SAYS_GAP;
  const beside = wrap(says, on.width - saysX);
  if (beside && beside.length <= 2 && saysX <= on.width) return putEntry(on, entry, x);
  const names = wrap(name, on.width - x);
  const words = wrap(says, on.width - x - 2);
  if (!names || !words) return false;
  putLines(on, { x, y: on.y }, names, inked(role, "name"));
  on.y += Math.max(1, names.length);
  putLines(on, { x: x + 2, y: on.y }, words, inked("text"));
  on.y += words.length;
  return true;
}
