/** Rows of a ladder before they are folded: what is said once may be said of many. */

import type { Hop, LadderRow, Message } from "../layout/index.ts";

/** A message that may be one of many. */
export interface Told extends Omit<Message, "kind"> {
  readonly kind: "message";
  /** The slot of a ring that the message is about. */
  readonly slot?: number;
  /** Many such messages in a few words. */
  readonly many?: (count: number) => string;
  /** A reason, set below the message. */
  readonly note?: string;
}

/** The longest pattern that is looked for. */
const PERIOD_MAX = 3;
/** Fewer repeats than this are shown as they are. */
const REPEATS_MIN = 3;

/**
 * Rows that say the same again and again become one ("3..17 wd_send, slots 0 to 14"), or, where a
 * few take turns, are told once and counted.
 */
export function folded(rows: readonly Told[]): readonly LadderRow[] {
  const out: LadderRow[] = [];
  for (let at = 0; at < rows.length; ) {
    const run = repeated(rows, at);
    if (!run) {
      out.push(...plain(rows[at] as Told));
      at += 1;
      continue;
    }
    const { period, times } = run;
    const all = rows.slice(at, at + period * times);
    if (period === 1) out.push(...plain(once(all)));
    else {
      const again: Told = { ...(all[0] as Told), step: "", label: more(times - 1), hops: [] };
      const { iommu: _iommu, slot: _slot, refused: _refused, ...bare } = again;
      out.push(...all.slice(0, period).flatMap(plain), ...plain(bare));
    }
    at += period * times;
  }
  return out;
}

function more(times: number): string {
  return times === 1 ? "the same once more" : `the same, ${times} times more`;
}

/** The shortest pattern that begins here and comes often enough. */
function repeated(
  rows: readonly Told[],
  at: number,
): { readonly period: number; readonly times: number } | undefined {
  for (let period = 1; period <= PERIOD_MAX; period += 1) {
    let end = at + period;
    while (end < rows.length && isSame(rows[end] as Told, rows[end - period] as Told)) end += 1;
    const times = Math.floor((end - at) / period);
    if (times >= REPEATS_MIN) return { period, times };
  }
  return undefined;
}

function isSame(left: Told, right: Told): boolean {
  const isAlike = left.many !== undefined && left.many === right.many;
  return (
    (isAlike || left.label === right.label) &&
    left.current === right.current &&
    left.iommu === right.iommu &&
    left.refused === right.refused &&
    left.note === right.note &&
    left.step !== "" &&
    right.step !== "" &&
    left.hops.length === right.hops.length &&
    left.hops.every((hop, at) => isSameHop(hop, right.hops[at] as Hop))
  );
}

function isSameHop(left: Hop, right: Hop): boolean {
  return left.from === right.from && left.to === right.to && left.style === right.style;
}

/** Several rows as one: their numbers as a range, their slots too where they follow each other. */
function once(rows: readonly Told[]): Told {
  const [first, last] = [rows[0] as Told, rows.at(-1) as Told];
  const tail = last.step.split(".").at(-1) ?? "";
  const step = `${first.step}..${tail}`;
  const { slot, many, ...rest } = first;
  const isRow = slot !== undefined && rows.every((row, at) => row.slot === slot + at);
  let label = `${first.label}, ${rows.length} times`;
  if (many) label = many(rows.length);
  else if (isRow) label = `${first.label}, slots ${slot} to ${last.slot}`;
  return { ...rest, step, label };
}

function plain({ slot, many: _many, note, ...row }: Told): readonly LadderRow[] {
  const label = slot === undefined ? row.label : `${row.label}, slot ${slot}`;
  const message: Message = { ...row, label };
  return note === undefined ? [message] : [message, { kind: "note", who: "", text: note }];
}
