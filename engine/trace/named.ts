import { type Columns, KIND_NAMES, type Kind } from "../core/index.ts";

/** One event, as an object for those who read. Its arguments stand in the order of EventArgs. */
export interface NamedEvent {
  readonly kind: Kind;
  /** In picoseconds since the run began. */
  readonly at: number;
  /** The machine step in which it happened, and the one that filed that step. */
  readonly step: number;
  readonly cause: number;
  /** The row of `machine.calls` that it belongs to; -1 for none. */
  readonly span: number;
  readonly actor: number;
  readonly args: readonly [number, number, number, number];
}

/** The event of that place in a list of columns. */
export function eventAt(columns: Columns, at: number): NamedEvent {
  return {
    kind: KIND_NAMES[columns.kind[at] as number] as Kind,
    at: columns.at[at] as number,
    step: columns.step[at] as number,
    cause: columns.cause[at] as number,
    span: columns.span[at] as number,
    actor: columns.actor[at] as number,
    args: [
      columns.args[4 * at] as number,
      columns.args[4 * at + 1] as number,
      columns.args[4 * at + 2] as number,
      columns.args[4 * at + 3] as number,
    ],
  };
}

export function eventsOf(columns: Columns): NamedEvent[] {
  return Array.from({ length: columns.count }, (_, at) => eventAt(columns, at));
}
