/**
 * Who holds what: boxes under each other, groups as boxes around them, what leads out of a box as a
 * row of it, and a line from there to the box that it leads to. Lines run to the right of all boxes.
 *
 *   +- process app ---------+
 *   ! fd 3                  |---+
 *   +- kernel ==============+   |
 *   ! group 1               |<--+
 *   +=======================+
 *
 * Where there is no room for a line its end has a number, `[2]`, and its start says `-> [2]`.
 */

import {
  drawFrame,
  drawLevels,
  drawRule,
  drawStop,
  drawUprights,
  type Line,
  type Pen,
  pen,
  putLines as putStrokes,
} from "./block-lines.ts";
import { boxWidth, type Rows, rowsOf } from "./block-rows.ts";
import { netsOf, tracksOf } from "./block-tracks.ts";
import { type Blocks, type Child, treeOf } from "./blocks-scene.ts";
import { putLegend, putTitle } from "./paragraphs.ts";
import {
  INDENT,
  type Layout,
  layOut,
  type Picture,
  picture,
  putLines,
  type Sheet,
  sheet,
} from "./picture.ts";
import type { Role } from "./scene.ts";
import { measure, tidy, widest } from "./words.ts";

/** Boxes are made no narrower than this for the sake of lines. */
const COMFORT = 34;
/** From so many columns on a line shows between the borders that it passes. */
const AIRY = 56;
/** From the border of a box to what is refused, to the first track, from one track to the next. */
const STOP = 2;
const FIRST = 3;
const PITCH = 2;

export function layoutBlocks(
  scene: Blocks,
  width: number,
  view: "blocks" | "states" | "space" = "blocks",
): Layout {
  const tree = treeOf(scene);
  const edgesFrom = Map.groupBy(scene.edges, ({ from }) => from);
  const sizeOf = (air: number, size: (text: string) => number) =>
    INDENT + boxWidth(tree, { edgesFrom, air, size });
  const sized: Sized = {
    scene,
    tree,
    narrow: sizeOf(1, (text) => measure(tidy(text))) - 1,
    airy: sizeOf(2, (text) => measure(tidy(text))) - 1,
  };
  const least = sizeOf(1, (text) => widest(tidy(text).split(" ")));
  return layOut(width, (some) => attempt(sized, some, { view, isProbe: some !== width }), least);
}

/** A scene, and where the right border of its boxes would be if nothing were wrapped. */
interface Sized {
  readonly scene: Blocks;
  readonly tree: readonly Child[];
  readonly narrow: number;
  readonly airy: number;
}

/** @param isProbe only whether it fits is asked: without lines everything needs the least room */
function attempt(
  sized: Sized,
  width: number,
  { view, isProbe }: { readonly view: "blocks" | "states" | "space"; readonly isProbe: boolean },
): Picture | undefined {
  const { scene } = sized;
  const made = arrange(sized, width, isProbe ? 0 : undefined);
  if (!made) return undefined;
  const on = sheet(width);
  if (!putTitle(on, scene.title)) return undefined;
  if (!isProbe) putBoxes(on, scene, made);
  on.y += made.rows.height;
  return putLegend(on, [...legend(scene), ...scene.notes]) ? picture(on, view) : undefined;
}

function putBoxes(on: Sheet, scene: Blocks, made: Arranged): void {
  const { rows } = made;
  const top = on.y;
  for (const { look, y0, y1, left: x0, right: x1 } of rows.grounds) {
    const box = { x0, x1, y0: y0 + top, y1: y1 + top };
    on.items.push({ kind: "panel", look, ...box, part: "drawing", ink: "text" });
  }
  putStrokes(on, linesOf(scene, made), top);
  for (const { x, y, lines, ink, isName, strong } of rows.words) {
    const job = isName ? "name" : "label";
    putLines(on, { x, y: y + top }, lines, { part: "drawing", ink, job, strong });
  }
  for (const { x, y } of rows.marks) {
    on.items.push({ kind: "mark", mark: ">", x, y: y + top, part: "drawing", ink: "text" });
  }
}

function linesOf(scene: Blocks, { rows, right, tracks }: Arranged): Pen {
  const lines = pen();
  const { frames } = rows;
  for (const frame of frames.toSorted((a, b) => a.left - b.left || a.top - b.top)) {
    const isOpen = frames.some(({ left, top }) => left === frame.left && top === frame.bottom);
    drawFrame(lines, frame, isOpen);
  }
  for (const rule of rows.rules) drawRule(lines, rule);
  const roles = rolesOf(scene);
  const nets = netsOf(scene.edges, rows).flatMap(({ to, edges }): Line[] => {
    const entry = rows.entries.get(to);
    const exits = edges.flatMap((place) => rows.exits.get(place) ?? []);
    const track = right + FIRST + PITCH * (tracks.get(to) ?? 0);
    return entry ? [{ entry, exits, track, ink: roles.get(to) ?? "text" }] : [];
  });
  for (const net of nets) drawUprights(lines, net);
  for (const net of nets) drawLevels(lines, net);
  for (const [place, { to }] of scene.edges.entries()) {
    const exit = rows.exits.get(place);
    if (to === undefined && exit) drawStop(lines, exit, right + STOP);
  }
  return lines;
}

function rolesOf({ groups, blocks }: Blocks): ReadonlyMap<string, Role> {
  return new Map([...groups, ...blocks].map(({ id, role }) => [id, role]));
}

function legend({ blocks, groups, edges, current = "what this step is about" }: Blocks): string[] {
  const isChanged = [...blocks, ...groups, ...edges].some(({ changed }) => changed);
  const isMarked = blocks.some((block) => block.current);
  return [isMarked ? `Marked > is ${current}.` : "", isChanged ? "* = changed by this step" : ""];
}

interface Arranged {
  readonly rows: Rows;
  readonly right: number;
  readonly tracks: ReadonlyMap<string, number>;
}

/** Boxes as wide as they like, as many lines as then have room; at last no lines at all. */
function arrange(sized: Sized, width: number, linesMax = Infinity): Arranged | undefined {
  const { scene, tree } = sized;
  const [air, natural] = width < AIRY ? [1, sized.narrow] : [2, sized.airy];
  const isStopped = scene.edges.some(({ to }) => to === undefined);
  const comfort = Math.min(natural, INDENT + COMFORT);
  const all = new Set(scene.edges.flatMap(({ to }) => to ?? [])).size;
  const room = Math.floor((width - 1 - comfort - FIRST) / PITCH) + 1;
  let most = Math.max(0, Math.min(all, room, linesMax));
  while (true) {
    const stop = isStopped ? STOP : 0;
    const beside = most === 0 ? stop : FIRST + PITCH * (most - 1);
    const right = Math.min(natural, width - 1 - beside);
    const made = fitted(scene, tree, { right, most, air });
    if (made) {
      const used = Math.max(-1, ...made.tracks.values()) + 1;
      const isTight = used < most && right < natural;
      if (!isTight) return made;
      most = used;
    } else if (most === 0) return undefined;
    else most = Math.floor(most / 2);
  }
}

/** Boxes with this right border; lines for which there is no track become numbers. */
function fitted(
  scene: Blocks,
  tree: readonly Child[],
  { right, most, air }: { readonly right: number; readonly most: number; readonly air: number },
): Arranged | undefined {
  const order = [...scene.blocks, ...scene.groups].map(({ id }) => id);
  const without = new Set(most === 0 ? order : []);
  while (true) {
    const ends = new Set(scene.edges.map(({ to }) => to));
    const numbered = order.filter((id) => without.has(id) && ends.has(id));
    const numbers = new Map(numbered.map((id, at) => [id, at + 1]));
    const rows = rowsOf({ scene, tree, right, air, numbers });
    if (!rows) return undefined;
    const nets = netsOf(scene.edges, rows);
    const tracks = tracksOf(nets, most);
    const lost = nets.filter(({ to }) => !tracks.has(to));
    if (lost.length === 0) return { rows, right, tracks };
    for (const { to } of lost) without.add(to);
  }
}
