/**
 * Two drawings in one: a run at two moments, with what changed between them marked, and a run beside
 * what it would have been, with the first step at which the two differ named.
 */

import {
  changeWords,
  counterpart,
  formatOutcome,
  type Parting,
  parting,
  type Run,
  record,
  type Step,
} from "../../engine/index.ts";
import {
  type Board,
  down,
  type Ladder,
  type LadderRow,
  type Layout,
  layoutMemory,
  layoutRings,
  layoutSequence,
  layoutStack,
  type Picture,
  type Ring,
  topOf,
  type View,
} from "../layout/index.ts";
import { ALL_VIEWS, viewsOf } from "./all-views.ts";
import { boardOf } from "./board.ts";
import { outcome, stepLabel } from "./call-label.ts";
import { cardRingOr } from "./card-ring.ts";
import { eventRow } from "./event-row.ts";
import { brevityOf, type LadderWish, ladderOf } from "./ladder.ts";
import { momentAt } from "./moments.ts";
import { titleOf } from "./title.ts";
import { placeOf } from "./views.ts";

export interface TwoWish {
  readonly view?: View | undefined;
  /** The step on screen. */
  readonly step: Step;
  /** The earlier one; where the ladders of two futures begin: where they part, where absent. */
  readonly from?: Step | undefined;
  readonly width: number;
}

export type Two =
  | { readonly ok: true; readonly picture: Picture; readonly view: View }
  | { readonly ok: false; readonly kind: "view" | "narrow"; readonly message: string };

/** Views that draw a slice, or two moments, by themselves. */
const OWN: readonly View[] = ["sequence", "memory", "timeline", "chart"];

/** Two moments of a run: the earlier above the later one, unless the view has a way of its own. */
export function drawMoments(run: Run, wish: TwoWish & { readonly from: Step }): Two {
  const { view = viewsOf(run)[0] as View, step, from, width } = wish;
  const maker = ALL_VIEWS[view];
  if (!maker?.has(run)) return noView(run, view);
  if (OWN.includes(view)) {
    return finished(maker.layout(run, { step, from, detail: undefined, width }), view);
  }
  const earlier = view === "rings" ? ringAt(run, from, from) : undefined;
  const later = view === "rings" ? ringAt(run, step, from) : undefined;
  const drawn = [
    ["before", from, earlier],
    ["after", step, later],
  ] as const;
  const storeys: { readonly head: string; readonly picture: Picture }[] = [];
  for (const [word, at, ring] of drawn) {
    const made = ring
      ? layoutRings(ring, width)
      : maker.layout(run, { step: at, from: undefined, detail: undefined, width });
    if (typeof made === "string" || !made.ok) return finished(made, view);
    storeys.push({ head: `${word} (${placeOf(at)})`, picture: made.picture });
  }
  return finished(layoutStack({ view, title: titleOf(run), storeys, notes: [] }, width), view);
}

/** The ring after a step, marked where it was otherwise after an earlier one. */
function ringAt(run: Run, step: Step, since: Step): Ring | undefined {
  const [before, machine] = [run.machineAt(since.after), run.machineAt(step.after)];
  const ring = cardRingOr({ run, step, before, machine, since: since.after });
  // What a slot was stands above, in the earlier ring.
  return ring && { ...ring, cells: ring.cells.map(({ was: _was, ...cell }) => cell) };
}

/** A run, and beside it the same story with one thing otherwise. */
export function drawFutures(run: Run, other: Run, wish: TwoWish): Two {
  const { view = viewsOf(run)[0] as View, width } = wish;
  if (view === "sequence") {
    return finished(layoutSequence(futureLadder(run, other, wish), width), view);
  }
  const maker = ALL_VIEWS[view];
  if (!maker?.has(run)) return noView(run, view);
  if (!maker.has(other)) {
    return { ok: false, kind: "view", message: `no view ${view} of what would be` };
  }
  const there = counterpart(other.steps, wish.step);
  const words = partingWords(run, other);
  if (view === "memory") {
    const board = futureBoard(run, other, { ...wish, there, words });
    const place = `no page to show at ${placeOf(wish.step)}`;
    return finished(board ? layoutMemory(board, width) : place, view);
  }
  const storeys: { readonly head: string; readonly picture: Picture }[] = [];
  for (const [head, which, at] of [
    [AS_IT_IS, run, wish.step],
    [headOf(run, other), other, there],
  ] as const) {
    const made = maker.layout(which, { step: at, from: undefined, detail: undefined, width });
    if (typeof made === "string" || !made.ok) return finished(made, view);
    storeys.push({ head: `${head} (${placeOf(at)})`, picture: made.picture });
  }
  const [one, two] = storeys;
  if (one && two && isSame(drawingOf(one.picture), drawingOf(two.picture))) {
    storeys.splice(0, 2, { ...one, head: `${sameHead(run, other)} (${placeOf(wish.step)})` });
  }
  const stack = { view, title: titleOf(run), storeys, notes: [words] };
  return finished(layoutStack(stack, width), view);
}

const AS_IT_IS = "as it is";

/** "what if fail pin 1, from @share on" */
function headOf(run: Run, { whatIf }: Run): string {
  if (!whatIf) return "what if";
  const from = run.steps.find(({ before, number }) => number !== "0" && before >= whatIf.after);
  const since = whatIf.after === 0 || !from ? "" : `, from ${placeOf(from)} on`;
  return `what if ${changeWords(whatIf.change)}${since}`;
}

/** Both futures in one drawing, where they are the same up to this step. */
function sameHead(run: Run, other: Run): string {
  return `the same, ${AS_IT_IS} and ${headOf(run, other)}`;
}

/** Plain data, part by part. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What a picture shows below its title, which says what if: counted from the first row of it. */
function drawingOf({ items }: Picture): unknown {
  const shown = items.filter(({ part }) => part !== "title");
  const top = Math.min(...shown.map(topOf));
  return shown.map((item) => ({ ...down(item, -top), label: 0 }));
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** Messages that each of two futures has room for. */
const ROWS = 14;

/** Both ladders on the same lanes, from the step on at which they part. */
export function futureLadder(run: Run, other: Run, { step, from }: Omit<TwoWish, "width">): Ladder {
  const parted = parting(run.steps, other.steps);
  const start = from ?? earlierOf(run, parted?.one, step);
  const first = start && counterpart(other.steps, start);
  const there = counterpart(other.steps, step);
  const wishes = [wishOf(run, step, start), wishOf(other, there, first)];
  const brevity = Math.max(...wishes.map(brevityOf));
  const [one, two] = wishes.map((wish) => ladderOf({ ...wish, brevity })) as [Ladder, Ladder];
  const known = new Set(one.lanes.map(({ id }) => id));
  const half = (text: string, { rows }: Ladder): readonly LadderRow[] => [
    { kind: "section", text, level: 0 },
    ...rows.map(inner),
  ];
  return {
    title: titleOf(run),
    lanes: [...one.lanes, ...two.lanes.filter(({ id }) => !known.has(id))],
    rows: isSame(one.rows, two.rows)
      ? half(sameHead(run, other), one)
      : [...half(AS_IT_IS, one), ...half(headOf(run, other), two)],
    notes: [partingWords(run, other)],
  };
}

/** The step where they part, unless it comes after the one on screen. */
function earlierOf(run: Run, parted: Step | undefined, step: Step): Step | undefined {
  if (!parted) return undefined;
  return run.steps.indexOf(parted) <= run.steps.findIndex(({ after }) => after >= step.after)
    ? parted
    : undefined;
}

function wishOf(run: Run, step: Step, from: Step | undefined): LadderWish {
  return { run, machine: run.machineAt(step.after), step, from, detail: undefined, rows: ROWS };
}

function inner(row: LadderRow): LadderRow {
  return row.kind === "section" ? { ...row, level: row.level + 1 } : row;
}

function futureBoard(
  run: Run,
  other: Run,
  { step, there, words }: { readonly step: Step; readonly there: Step; readonly words: string },
): Board | undefined {
  const board = boardOf({ run: other, moments: [momentAt(run, step), momentAt(other, there)] });
  if (!board) return undefined;
  const heads = [AS_IT_IS, "what if"];
  const title = [...titleOf(run), ...board.title.slice(-1)];
  const notes = [`${sentence(headOf(run, other))} ${words}`];
  const looks = [0, 1].map((at) => [
    board.moments[at]?.columns,
    board.rows.map(({ cells }) => cells[at]),
  ]);
  if (isSame(looks[0], looks[1])) {
    const moments = board.moments
      .slice(0, 1)
      .map((moment) => ({ ...moment, head: "both futures" }));
    const rows = board.rows.map((row) => ({ ...row, cells: row.cells.slice(0, 1) }));
    return { ...board, title, moments, rows, words: notes };
  }
  return {
    ...board,
    title,
    moments: board.moments.map((moment, at) => ({ ...moment, head: heads[at] ?? "" })),
    changed: "not the same in both",
    words: notes,
  };
}

/** The first step that the two do not have in common, in words. */
export function partingWords(run: Run, other: Run): string {
  const parted = parting(run.steps, other.steps);
  if (!parted) return "Nothing differs: both futures are the same.";
  const where = parted.one ?? parted.other;
  const place = where ? placeOf(where) : "the end";
  const [one, two] = [stepWords(run, parted.one), stepWords(other, parted.other)];
  const said = one === two ? `${one} in both` : `${one} as it is, ${two} what if`;
  return `The first difference is at ${place}, ${said}${innerWords(run, other, parted)}.`;
}

function innerWords(run: Run, other: Run, { inner: parts }: Parting): string {
  if (!parts) return "";
  const { number } = (parts.one ?? parts.other) as Step;
  const [one, two] = [stepWords(run, parts.one), stepWords(other, parts.other)];
  return `; inside it step ${number}, ${one} as it is, ${two} what if`;
}

/** "ioctl MAP_DMA = 0" */
function stepWords({ machine }: Run, step: Step | undefined): string {
  if (!step) return "nothing";
  if (step.event) return eventRow(machine, step.event).label;
  if (step.row === undefined) return step.text;
  if (step.half === "first") return stepLabel(machine, step, false);
  const row = record(machine.calls, step.row);
  const isLong = row.kind === "request" || row.result?.written !== undefined;
  const end = isLong ? outcome(row) : ` = ${formatOutcome(row, row.result)}`;
  return `${stepLabel(machine, step, false)}${end}`;
}

function finished(made: Layout | string, view: View): Two {
  if (typeof made === "string") return { ok: false, kind: "view", message: made };
  if (made.ok) return { ok: true, picture: made.picture, view };
  return { ok: false, kind: "narrow", message: `needs ${made.needs} columns` };
}

function noView(run: Run, view: View): Two {
  const there = viewsOf(run).join(" and ");
  return { ok: false, kind: "view", message: `no view ${view} of this run; there is ${there}` };
}
