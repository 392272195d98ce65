/** What stands in each column of a ring: one slot, or a run of slots in one state. */

import type { Ring, RingCell, RingEnd } from "./scene.ts";
import { measure, tidy } from "./words.ts";

/** Labels of a run are listed up to this many columns; beyond, the slots are counted. */
const LISTED_MAX = 16;
/** What a state is called that nobody named. */
const FREE = "free";

export interface RingColumn {
  readonly from: number;
  readonly to: number;
  /** "3", "4..1019" */
  readonly head: string;
  readonly state: string;
  /** Labels, or how many slots. */
  readonly holds: string;
  readonly changed: boolean;
}

/** The slot under which an end stands: counters that run freely wrap. */
export function slotOf(ring: Ring, end: RingEnd): number {
  return ((end.value % ring.slots) + ring.slots) % ring.slots;
}

function stateOf(cell: RingCell | undefined): string {
  const state = tidy(cell?.state ?? FREE) || FREE;
  return cell?.changed ? `${state}*` : state;
}

/** One column a slot. */
export function slotColumns(ring: Ring): readonly RingColumn[] {
  const bySlot = new Map(ring.cells.map((cell) => [cell.slot, cell]));
  return Array.from({ length: ring.slots }, (_, slot) => {
    const cell = bySlot.get(slot);
    return {
      from: slot,
      to: slot,
      head: String(slot),
      state: stateOf(cell),
      holds: tidy(cell?.label ?? ""),
      changed: cell?.changed === true,
    };
  });
}

/** One column a run: a new one starts where the state changes and where an end stands. */
export function foldedColumns(ring: Ring): readonly RingColumn[] {
  const cells = [...ring.cells].sort((left, right) => left.slot - right.slot);
  const bySlot = new Map(cells.map((cell) => [cell.slot, cell]));
  const starts = new Set([0, ...ring.ends.map((end) => slotOf(ring, end))]);
  for (const { slot } of cells) {
    if (stateOf(bySlot.get(slot)) !== stateOf(bySlot.get(slot - 1))) starts.add(slot);
    if (stateOf(bySlot.get(slot)) !== stateOf(bySlot.get(slot + 1))) starts.add(slot + 1);
  }
  const sorted = [...starts].filter((slot) => slot < ring.slots).sort((a, b) => a - b);
  return sorted.map((from, index) => {
    const to = (sorted[index + 1] ?? ring.slots) - 1;
    const inside = cells.filter((cell) => cell.slot >= from && cell.slot <= to);
    return {
      from,
      to,
      head: from === to ? String(from) : `${from}..${to}`,
      state: stateOf(bySlot.get(from)),
      holds: heldBy(inside, to - from + 1),
      changed: inside.some((cell) => cell.changed),
    };
  });
}

function heldBy(cells: readonly RingCell[], slots: number): string {
  const labels = cells.map((cell) => tidy(cell.label)).filter((label) => label !== "");
  const list = labels.join(" ");
  const isListed = labels.length === slots && measure(list) <= LISTED_MAX;
  if (isListed || (slots === 1 && labels.length === 1)) return list;
  return slots === 1 ? "1 slot" : `${slots} slots`;
}

/** States and labels as single letters, and what each stands for; what is short enough stays. */
export function coded(
  columns: readonly RingColumn[],
): { readonly columns: readonly RingColumn[]; readonly legend: readonly string[] } | undefined {
  const codes = new Map<string, string>();
  const taken = new Set(columns.flatMap(({ state, holds }) => [state, holds]));
  const encode = (text: string, changed: boolean): string => {
    const bare = changed ? text.replace(/\*$/, "") : text;
    if (measure(text) <= 2 || bare === FREE) return bare === FREE ? `.${changed ? "*" : ""}` : text;
    const known = codes.get(bare);
    const code = known ?? letterFor(bare, taken);
    if (code === undefined) return text;
    codes.set(bare, code);
    taken.add(code);
    return changed ? `${code}*` : code;
  };
  const short = columns.map((column) => ({
    ...column,
    state: encode(column.state, column.changed),
    holds: column.holds === "" ? "" : encode(column.holds, false),
  }));
  const isFreeCoded = columns.some(({ state }) => state.replace(/\*$/, "") === FREE);
  const legend = [...codes].map(([text, code]) => `${code} = ${text}`);
  return { columns: short, legend: isFreeCoded ? [...legend, `. = ${FREE}`] : legend };
}

function letterFor(text: string, taken: ReadonlySet<string>): string | undefined {
  const own = [...text].filter((letter) => /[A-Za-z]/.test(letter));
  const capitals = own.map((letter) => letter.toUpperCase());
  return [...own, ...capitals, ..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].find(
    (letter) => !taken.has(letter),
  );
}
