import type { Brand } from "./address.ts";
import { assert } from "./assert.ts";
import { after, type Instant, type Span, START } from "./time.ts";

/** Who acts: a row of `machine.actors`. */
export type Actor = Brand<number, "Actor">;

/** What an action is; `machine.ts` has a handler for each. */
export const ACTION = {
  story: 0,
  task: 1,
  engine: 2,
  doorbell: 3,
  fault: 4,
  timer: 5,
  nic: 6,
} as const;
export type Opcode = (typeof ACTION)[keyof typeof ACTION];

/** More pending actions than this, and the run is refused: `limit: ...`. */
export const AGENDA_MAX = 1_048_576;
/** What one step may file. */
const STEP_SHARE = 64;

/** The columns of pending actions. */
export interface Rows {
  readonly at: Float64Array;
  readonly seq: Float64Array;
  readonly doing: Uint8Array;
  readonly actor: Int32Array;
  readonly arg: Float64Array;
  readonly cause: Float64Array;
  readonly span: Int32Array;
}

/**
 * What happens next, soonest first: a 4-ary heap in columns, ordered by (at, seq).
 *
 *   0 -> 1 2 3 4      row i has the parent (i - 1) >> 2
 *   1 -> 5 6 7 8      and the children 4i + 1 .. 4i + 4
 */
export interface Agenda {
  now: Instant;
  /** Actions taken so far. */
  step: number;
  /** The action that runs: what, whose, its one argument; the step that filed it, its call. */
  doing: Opcode;
  actor: Actor;
  arg: number;
  cause: number;
  /** The row of `machine.calls` that the running step works for; -1 for none. */
  span: number;
  /** What the running step has done for its call beyond what its row says: picoseconds. 0 between steps. */
  owed: number;
  nextSeq: number;
  size: number;
  /** Between two steps `reserve` may put longer columns here; inside a step nobody does. */
  rows: Rows;
}

function rowsOf(capacity: number): Rows {
  return {
    at: new Float64Array(capacity),
    seq: new Float64Array(capacity),
    doing: new Uint8Array(capacity),
    actor: new Int32Array(capacity),
    arg: new Float64Array(capacity),
    cause: new Float64Array(capacity),
    span: new Int32Array(capacity),
  };
}

/**
 * An empty agenda.
 *
 * @param capacity  rows to begin with; it grows between two steps, up to AGENDA_MAX
 */
export function agenda(capacity = 128): Agenda {
  return {
    now: START,
    step: 0,
    doing: ACTION.story,
    actor: 0 as Actor,
    arg: 0,
    cause: -1,
    span: -1,
    owed: 0,
    nextSeq: 0,
    size: 0,
    rows: rowsOf(capacity),
  };
}

/** Does row `left` come before row `right`? Never equal: a sequence number is used once. */
function isBefore(rows: Rows, left: number, right: number): boolean {
  const [a, b] = [rows.at[left] as number, rows.at[right] as number];
  return a < b || (a === b && (rows.seq[left] as number) < (rows.seq[right] as number));
}

/** Fills `out` with the rows that may come next: the oldest of each actor, by (at, seq). */
export function enabled(machine: { readonly agenda: Agenda }, out: number[]): void {
  const { rows, size } = machine.agenda;
  out.length = 0;
  for (let row = 0; row < size; row += 1) {
    const rival = out.findIndex((other) => rows.actor[other] === rows.actor[row]);
    if (rival < 0) out.push(row);
    else if (isBefore(rows, row, out[rival] as number)) out[rival] = row;
  }
  out.sort((left, right) => (isBefore(rows, left, right) ? -1 : 1));
}

/**
 * Files an action `delay` from now.
 *
 * @param arg    one whole number that the handler understands
 * @param span   the call it works for; that of the running step where left out
 */
export function plan(
  agenda: Agenda,
  delay: Span,
  doing: Opcode,
  actor: Actor,
  arg: number,
  span = agenda.span,
): void {
  const { rows, size } = agenda;
  assert(size < rows.at.length, "one step filed more than it reserved", size);
  rows.at[size] = after(agenda.now, delay);
  rows.seq[size] = agenda.nextSeq;
  rows.doing[size] = doing;
  rows.actor[size] = actor;
  rows.arg[size] = arg;
  rows.cause[size] = agenda.step;
  rows.span[size] = span;
  agenda.nextSeq += 1;
  agenda.size += 1;
  siftUp(rows, size);
}

/** Takes one of the enabled actions, making it the running one. @returns false when there is none */
export function take(agenda: Agenda, pick = 0): boolean {
  if (agenda.size === 0) return false;
  let row = 0;
  if (pick > 0) {
    const choices: number[] = [];
    enabled({ agenda }, choices);
    const chosen = choices[pick];
    if (chosen === undefined) return false;
    row = chosen;
  }
  const { rows } = agenda;
  // A later action may be taken first: the clock then stands, it never runs back.
  agenda.now = Math.max(agenda.now, rows.at[row] as number) as Instant;
  agenda.doing = rows.doing[row] as Opcode;
  agenda.actor = rows.actor[row] as Actor;
  agenda.arg = rows.arg[row] as number;
  agenda.cause = rows.cause[row] as number;
  agenda.span = rows.span[row] as number;
  agenda.step += 1;
  removeRow(agenda, row);
  return true;
}

/** Takes every pending action of one actor off the agenda: it died. */
export function dropActor(agenda: Agenda, actor: Actor): void {
  const { rows } = agenda;
  // The rest is built up anew: taking one row out of a heap moves others past the place looked at.
  let kept = 0;
  for (let row = 0; row < agenda.size; row += 1) {
    if (rows.actor[row] === actor) continue;
    if (kept < row) move(rows, row, kept);
    siftUp(rows, kept);
    kept += 1;
  }
  agenda.size = kept;
}

/** Makes room for what one step may file. @returns false at AGENDA_MAX */
export function reserve(agenda: Agenda): boolean {
  const { size, rows } = agenda;
  if (size + STEP_SHARE <= rows.at.length) return true;
  if (size + STEP_SHARE > AGENDA_MAX) return false;
  const longer = rowsOf(2 * rows.at.length);
  for (const name of Object.keys(rows) as (keyof Rows)[]) longer[name].set(rows[name]);
  agenda.rows = longer;
  return true;
}

function removeRow(agenda: Agenda, row: number): void {
  agenda.size -= 1;
  if (row === agenda.size) return;
  move(agenda.rows, agenda.size, row);
  siftDown(agenda.rows, row, agenda.size);
  siftUp(agenda.rows, row);
}

function move(rows: Rows, from: number, to: number): void {
  for (const column of Object.values(rows)) column[to] = column[from];
}

function swap(rows: Rows, left: number, right: number): void {
  for (const column of Object.values(rows)) {
    const kept = column[left];
    column[left] = column[right];
    column[right] = kept;
  }
}

function siftUp(rows: Rows, start: number): void {
  let row = start;
  while (row > 0) {
    const parent = (row - 1) >> 2;
    if (!isBefore(rows, row, parent)) return;
    swap(rows, row, parent);
    row = parent;
  }
}

function siftDown(rows: Rows, start: number, size: number): void {
  let row = start;
  for (;;) {
    let least = row;
    const last = Math.min(4 * row + 4, size - 1);
    for (let child = 4 * row + 1; child <= last; child += 1) {
      if (isBefore(rows, child, least)) least = child;
    }
    if (least === row) return;
    swap(rows, row, least);
    row = least;
  }
}
