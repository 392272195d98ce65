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

import { putLegend, putParagraph, putTitle } from "./paragraphs.ts";
import {
  type Layout,
  layOut,
  type Picture,
  picture,
  putText,
  rightEdge,
  type Sheet,
  sheet,
} from "./picture.ts";
import { putList } from "./walk-list.ts";
import {
  BITS,
  HOOK,
  INDEX,
  inked,
  inkOf,
  linesOf,
  nameColumn,
  putArrow,
  putEnd,
  putEntry,
  putHook,
} from "./walk-pens.ts";
import type { Walk, WalkPath } from "./walk-scene.ts";
import { measure, tidy, widest } from "./words.ts";

/** Columns from one entry to the next, where names are short. */
const PITCH = 10;

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

/** A dot in each column that an entry has not reached: the eye finds the index above. */
function putDots(on: Sheet, y: number, xs: readonly number[]): void {
  const inRow = on.items.filter((item) => "y" in item && item.y === y);
  const edge = inRow.reduce((most, item) => Math.max(most, rightEdge(item)), 0);
  for (const x of xs) {
    if (x < edge + 2) continue;
    on.items.push({ kind: "mark", mark: ".", x, y, part: "drawing", ink: "muted" });
  }
}
