/**
 * The boxes of a picture of blocks, row by row, for one position of their right edge: frames, rules
 * between boxes, words; and where each edge leaves and arrives.
 */

import type { Block, BlockEdge, BlockGroup, Blocks, Child } from "./blocks-scene.ts";
import { INDENT, type Ink } from "./picture.ts";
import type { Role } from "./scene.ts";
import { measure, tidy, wrap } from "./words.ts";

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly role: Role;
  /** Columns of the words in the upper line, both included; none where `from` is after `to`. */
  readonly gap: { readonly from: number; readonly to: number };
}

/** A line across a frame, between two boxes. */
export interface Rule {
  readonly left: number;
  readonly right: number;
  readonly y: number;
  readonly role: Role;
}

export interface Words {
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
  readonly ink: Ink;
  readonly isName: boolean;
  readonly strong: boolean;
}

/** A row of a box, at its right border: an edge begins or ends there. */
export interface Port {
  readonly x: number;
  readonly y: number;
}

export interface Ground {
  readonly look: "current" | "changed";
  readonly left: number;
  readonly right: number;
  readonly y0: number;
  readonly y1: number;
}

export interface Rows {
  readonly frames: Frame[];
  readonly rules: Rule[];
  readonly words: Words[];
  /** Behind boxes that are changed or current. */
  readonly grounds: Ground[];
  /** Where a current box has its mark. */
  readonly marks: Port[];
  /** By place of the edge; by id. */
  readonly exits: Map<number, Port>;
  readonly entries: Map<string, Port>;
  height: number;
}

export interface RowWish {
  readonly scene: Blocks;
  readonly tree: readonly Child[];
  /** The right border of the outermost boxes. */
  readonly right: number;
  /** Columns between the right borders of a group and of what stands in it. */
  readonly air: number;
  /** Boxes to which no line leads: they have a number, and what leads there says it. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Blanks between a border and what it holds. */
const PAD = 1;
/** What leads out of a box stands this much to the right of its name. */
const STEP_IN = 2;

interface Making extends Rows {
  readonly wish: RowWish;
  readonly edgesFrom: ReadonlyMap<string, readonly (readonly [number, BlockEdge])[]>;
  readonly reached: ReadonlySet<string>;
  y: number;
}

/** @returns nothing where a word is wider than its box */
export function rowsOf(wish: RowWish): Rows | undefined {
  const { edges } = wish.scene;
  const edgesFrom = Map.groupBy(edges.entries(), ([, edge]) => edge.from);
  const lined = edges.filter(({ to }) => to !== undefined && !wish.numbers.has(to));
  const making: Making = {
    frames: [],
    rules: [],
    words: [],
    grounds: [],
    marks: [],
    exits: new Map(),
    entries: new Map(),
    height: 0,
    y: 0,
    wish,
    edgesFrom,
    reached: new Set(lined.map(({ to }) => to ?? "")),
  };
  for (const child of wish.tree) {
    if (child.kind === "group" && !putGroup(making, child, INDENT, wish.right)) return undefined;
  }
  making.height = wish.tree.length > 0 ? making.y + 1 : 0;
  return making;
}

/** A frame from the row where the pen is; leaves the pen on its lower line. */
function putGroup(
  on: Making,
  { group, inside }: Extract<Child, { kind: "group" }>,
  left: number,
  right: number,
): boolean {
  const room = right - left - 1 - 2 * PAD;
  const top = on.y;
  const title = withNumber(on, group.id, marked(tidy(group.title), group.changed));
  const isInLine = measure(title) <= room - 2;
  const gap = { from: left + 2, to: left + 1 };
  on.entries.set(group.id, { x: right, y: top });
  if (title !== "" && isInLine) {
    gap.to = gap.from + measure(title) + 1;
    putName(on, { x: left + 3, y: top }, [title], group);
  }
  on.y += 1;
  let isFirst = true;
  if (title !== "" && !isInLine) {
    const lines = wrap(title, room);
    if (!lines) return false;
    putName(on, { x: left + 1 + PAD, y: on.y }, lines, group);
    on.y += lines.length;
    isFirst = false;
  }
  const start = on.y;
  if (!putExits(on, group.id, { left, right, free: [] })) return false;
  if (on.y > start) isFirst = false;
  let before: Child["kind"] = "block";
  for (const child of inside) {
    if (child.kind === "group" && before === "group") on.y -= 1;
    else if (!isFirst) {
      on.rules.push({ left, right, y: on.y, role: group.role });
      on.y += 1;
    }
    const isPut =
      child.kind === "group"
        ? putGroup(on, child, left + 1 + PAD, right - 1 - on.wish.air)
        : putBlock(on, child.block, left, right);
    if (!isPut) return false;
    if (child.kind === "group") on.y += 1;
    before = child.kind;
    isFirst = false;
  }
  if (on.y === top + 1) on.y += 1;
  on.frames.push({ left, right, top, bottom: on.y, role: group.role, gap });
  return right - left > 2 * PAD + 1;
}

function putName(
  on: Making,
  at: { readonly x: number; readonly y: number },
  lines: readonly string[],
  { role }: BlockGroup,
): void {
  on.words.push({ ...at, lines, ink: role, isName: true, strong: false });
}

function withNumber(on: Making, id: string, text: string): string {
  const number = on.wish.numbers.get(id);
  return number === undefined ? text : `[${number}]${text === "" ? "" : ` ${text}`}`;
}

function marked(text: string, isChanged = false): string {
  if (!isChanged) return text;
  return text === "" ? "*" : `${text} *`;
}

/** The labels of a box, then a row for each edge that leaves it. */
function putBlock(on: Making, block: Block, left: number, right: number): boolean {
  const isCurrent = block.current === true;
  const x = left + 1 + PAD + (isCurrent ? 2 : 0);
  const top = on.y;
  const labels = block.lines.map(tidy).filter((line) => line !== "");
  const last = labels.length - 1;
  const whole = labels.length === 0 ? [""] : labels;
  for (const [at, label] of whole.entries()) {
    const text = marked(label, block.changed && at === Math.max(last, 0));
    const lines = wrap(at === 0 ? withNumber(on, block.id, text) : text, right - PAD - x);
    if (!lines) return false;
    const isName = at === 0;
    const ink = isName ? block.role : "text";
    const strong = isName && (isCurrent || block.changed === true);
    if (lines.length > 0) on.words.push({ x, y: on.y, lines, ink, isName, strong });
    on.y += Math.max(1, lines.length);
  }
  if (isCurrent) on.marks.push({ x: left + 1 + PAD, y: top });
  on.entries.set(block.id, { x: right, y: top });
  const free: number[] = [];
  for (let y = top + (on.reached.has(block.id) ? 1 : 0); y < on.y; y += 1) free.push(y);
  if (!putExits(on, block.id, { left, right, free })) return false;
  if (isCurrent || block.changed) {
    const look = isCurrent ? "current" : "changed";
    on.grounds.push({ look, left: left + 1, right: right - 1, y0: top, y1: on.y - 1 });
  }
  return true;
}

/** @param free rows from which an edge without words may leave */
function putExits(
  on: Making,
  id: string,
  { left, right, free }: { readonly left: number; readonly right: number; readonly free: number[] },
): boolean {
  const x = left + 1 + PAD + STEP_IN;
  for (const [place, edge] of on.edgesFrom.get(id) ?? []) {
    const number = edge.to === undefined ? undefined : on.wish.numbers.get(edge.to);
    const label = marked(tidy(edge.label), edge.changed);
    const text = number === undefined ? label : `-> [${number}] ${label}`;
    const lines = wrap(text, right - PAD - x);
    if (!lines) return false;
    const y = lines.length === 0 ? (free.shift() ?? on.y) : on.y;
    const isRefused = edge.to === undefined;
    if (lines.length > 0) {
      const look = { ink: isRefused ? "refusal" : "text", isName: false } as const;
      on.words.push({ x, y, lines, ...look, strong: edge.changed === true });
    }
    if (y === on.y) on.y += Math.max(1, lines.length);
    if (number === undefined) on.exits.set(place, { x: right, y });
  }
  return true;
}

export interface BoxWish {
  readonly edgesFrom: ReadonlyMap<string, readonly BlockEdge[]>;
  readonly air: number;
  /** Columns of a text: of all of it, or of its longest word. */
  readonly size: (text: string) => number;
}

/** Columns of the widest box, its borders included. What is marked takes two more. */
export function boxWidth(tree: readonly Child[], wish: BoxWish): number {
  const { edgesFrom, air, size } = wish;
  const border = 2 + 2 * PAD;
  return tree.reduce((most, child) => {
    const isBlock = child.kind === "block";
    const exits = edgesFrom.get(isBlock ? child.block.id : child.group.id) ?? [];
    const out = exits.map(({ label, changed }) => STEP_IN + size(changed ? `${label} *` : label));
    if (isBlock) {
      const { lines, changed, current } = child.block;
      const mark = current ? 2 : 0;
      const own = lines.map((line) => mark + size(changed ? `${line} *` : line));
      return Math.max(most, border + Math.max(0, ...own, ...out));
    }
    const { title, changed } = child.group;
    const inner = child.inside.map(
      (some) => boxWidth([some], wish) + (some.kind === "group" ? 2 + PAD + air : 0),
    );
    const named = border + 2 + size(changed ? `${title} *` : title);
    return Math.max(most, named, ...inner, ...out.map((some) => border + some));
  }, 0);
}
