/** The page board of a run: who reaches which frame behind the shared addresses, before and after. */

import type { Run } from "../../engine/index.ts";
import type { Board, BoardCell, BoardFrame, BoardRow } from "../layout/index.ts";
import { refusedNote, splitNote } from "./board-notes.ts";
import { foldedColumns, type PageColumn } from "./page-columns.ts";
import type { Moment, Snapshot, Viewer } from "./snapshot.ts";

import { titleOf } from "./title.ts";

export interface BoardWish {
  readonly run: Run;
  /** One, or two in time order. */
  readonly moments: readonly Moment[];
}

/** Do the device and whose memory it was see one page at this address? "." where no device does. */
export function answer({ addresses, viewers }: Snapshot, index: number): "yes" | "NO" | "." {
  const device = viewers.find(({ role, reaches }) => role === "device" && reaches[index]);
  const owner = viewers.find(({ id }) => id === `process ${addresses[index]?.pid}`);
  const seen = device?.reaches[index];
  if (!seen) return ".";
  return owner?.reaches[index]?.pfn === seen.pfn ? "yes" : "NO";
}

/** The frames behind the addresses, in the order of addresses, then of frames. */
function pagesOf(moments: readonly Moment[]): readonly PageColumn[] {
  const found = new Map<number, PageColumn>();
  for (const index of moments[0]?.at.addresses.keys() ?? []) {
    for (const { at } of moments) {
      for (const { reaches } of at.viewers) {
        const pfn = reaches[index]?.pfn;
        if (pfn !== undefined && !found.has(pfn)) found.set(pfn, { pfn, count: 1, index });
      }
    }
  }
  return [...found.values()].sort(
    (left, right) => left.index - right.index || left.pfn - right.pfn,
  );
}

/** Up to this many columns side by side frames that are alike are not put together. */
const COLUMNS_MAX = 4;

/** @returns nothing where no page is behind the addresses at any of the moments */
export function boardOf({ run, moments }: BoardWish): Board | undefined {
  const pages = pagesOf(moments);
  const last = moments.at(-1);
  if (pages.length === 0 || !last) return undefined;
  const shown = viewersOf(moments, pages);
  const texts = (moment: Moment, { pfn }: PageColumn) => [
    ...shown.map(({ id }) => find(moment, id)?.rights(pfn) ?? "."),
    String(moment.at.frame(pfn).pins),
  ];
  const columns = foldedColumns(pages, COLUMNS_MAX / moments.length, (page) =>
    moments
      .map((moment) => {
        const { content } = moment.at.frame(page.pfn);
        return [content, answer(moment.at, page.index), ...texts(moment, page)].join();
      })
      .join(";"),
  );
  const cells = (row: number): BoardCell[][] =>
    moments.map((moment, at) =>
      columns.map((column) => {
        const text = texts(moment, column)[row] as string;
        const was = at === 0 ? text : texts(moments[at - 1] as Moment, column)[row];
        return { text, changed: text !== was };
      }),
    );
  const viewers = shown.map(({ name, role }, row): BoardRow => ({ name, role, cells: cells(row) }));
  const pins: BoardRow = { name: "pins", role: "kernel", cells: cells(shown.length) };
  const addresses = addressRow(moments, columns);
  const split = splitRow(run, moments, columns);
  return {
    title: [...titleOf(run), questionOf(last.at, columns)],
    moments: moments.map((moment, at) => ({
      head: headOf(moments, at),
      columns: columns.map((column) => frameOf(moment, moments[at - 1], column)),
    })),
    rows: [...addresses, ...viewers, pins, ...split.rows],
    notes: split.notes,
  };
}

function find({ at }: Moment, id: string): Viewer | undefined {
  return at.viewers.find((viewer) => viewer.id === id);
}

/** Who has to do with the addresses, or with a frame behind them, at one of the moments. */
function viewersOf(moments: readonly Moment[], pages: readonly PageColumn[]): readonly Viewer[] {
  const last = moments.at(-1)?.at.viewers ?? [];
  return last.filter(({ id }) =>
    moments.some((moment) => {
      const viewer = find(moment, id);
      return viewer?.isThere || pages.some(({ pfn }) => pfn > 0 && viewer?.rights(pfn) !== ".");
    }),
  );
}

/** About the addresses that have a frame, at one of the moments. */
function questionOf({ addresses }: Snapshot, columns: readonly PageColumn[]): string {
  const names = columns.map(({ index }) => addresses[index]?.name.split("+")[0] ?? "");
  return `Who reaches which page of ${listed([...new Set(names)])}?`;
}

/** "a, b and c" */
function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

function headOf(moments: readonly Moment[], at: number): string {
  const { label, number } = (moments[at] as Moment).step;
  const place = label === undefined ? `step ${number}` : `@${label}`;
  if (moments.length === 1) return `at ${place}`;
  return `${at === 0 ? "before" : "after"} (${place})`;
}

function frameOf(
  { at }: Moment,
  before: Moment | undefined,
  { pfn, count }: PageColumn,
): BoardFrame {
  const { content, sum } = at.frame(pfn);
  const was = before?.at.frame(pfn);
  const changed = was !== undefined && (was.content !== content || was.sum !== sum);
  const frame = count === 1 ? `page ${pfn}` : `pages ${pfn}-${pfn + count - 1}`;
  return { frame: pfn === 0 ? "zero page" : frame, content, changed };
}

/** Which address a frame is behind; with one address the question says it. */
function addressRow(
  moments: readonly Moment[],
  columns: readonly PageColumn[],
): readonly BoardRow[] {
  const addresses = moments[0]?.at.addresses ?? [];
  const isOne = new Set(columns.map(({ index }) => index)).size < 2;
  if (isOne && columns.every(({ count }) => count === 1)) return [];
  const cells = columns.map(({ index, count }) => {
    const name = addresses[index]?.name ?? "";
    return { text: count === 1 ? name : `${name}, ${count} pages`, changed: false };
  });
  return [{ name: "address", role: "memory", cells: moments.map(() => cells) }];
}

/** The question that a board answers, and why where the answer is no. */
function splitRow(
  run: Run,
  moments: readonly Moment[],
  columns: readonly PageColumn[],
): { readonly rows: readonly BoardRow[]; readonly notes: readonly string[] } {
  const last = moments.at(-1) as Moment;
  if (!last.at.viewers.some(({ role }) => role === "device")) return { rows: [], notes: [] };
  const notes: string[] = [];
  const numbers = new Map<number, number>();
  for (const index of new Set(columns.map((column) => column.index))) {
    const said = answer(last.at, index);
    const note = said === "NO" ? splitNote(run, last, index) : refusedNote(run, last, index);
    if (said === "yes" || note === "") continue;
    if (!notes.includes(note)) notes.push(note);
    numbers.set(index, notes.indexOf(note) + 1);
  }
  const all = columns.map(({ index }) => index);
  const asked = new Set(all).size === 1 ? all.slice(0, 1) : all;
  const cells = moments.map(({ at: now }, at) =>
    asked.map((index): BoardCell => {
      const text = answer(now, index);
      const was = at === 0 ? text : answer((moments[at - 1] as Moment).at, index);
      const note = at === moments.length - 1 ? numbers.get(index) : undefined;
      return { text, changed: text !== was, ...(note === undefined ? {} : { note }) };
    }),
  );
  return { rows: [{ name: "same page?", role: "memory", cells }], notes };
}
