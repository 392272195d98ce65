/** A ring of a run at a step: what is in each slot, where the ends stand, what changed. */

import { KIND_NAMES, type Machine, type Run, type Step } from "../../engine/index.ts";
import type { Ring, RingCell } from "../layout/index.ts";
import { stepLabel } from "./call-label.ts";
import { eventRow } from "./event-row.ts";
import { type QueueState, queueOf, queueState, type SlotState } from "./queue.ts";
import { titleOf } from "./title.ts";

export interface RingWish {
  readonly run: Run;
  readonly step: Step;
  /** The machine before the step and after it. */
  readonly before: Machine;
  readonly machine: Machine;
  /** After how many machine steps `before` is; just before the step where absent. */
  readonly since?: number;
}

/** @returns nothing where there is no ring yet */
export function ringOf(wish: RingWish): Ring | undefined {
  const { run, step, before, machine } = wish;
  const queue = queueOf(run, step);
  if (queue === undefined) return undefined;
  const title = [...titleOf(run), momentWords(run, step)];
  const now = stateAt(run, machine, { queue, until: step.after });
  if (!now) return undefined;
  const was = stateAt(run, before, { queue, until: wish.since ?? step.before });
  const letters = lettersOf(run, queue, step.after);
  const slots = new Set([...now.states.keys(), ...(was?.states.keys() ?? [])]);
  return {
    title,
    slots: now.slots,
    cells: [...slots]
      .sort((left, right) => left - right)
      .map((slot) => cellOf(slot, { now, was, letters })),
    ends: now.ends,
    notes: [usedWords(now), phaseWords(now)].filter((words) => words !== ""),
  };
}

interface Compared {
  readonly now: QueueState;
  readonly was: QueueState | undefined;
  readonly letters: ReadonlyMap<number, string>;
}

const FREE = "free";

function cellOf(slot: number, { now, was, letters }: Compared): RingCell {
  const state: SlotState | typeof FREE = now.states.get(slot) ?? FREE;
  const before = was ? (was.states.get(slot) ?? FREE) : state;
  const label = state === FREE ? "" : (letters.get(slot) ?? "");
  return { slot, state, label, ...(before === state ? {} : { changed: true, was: before }) };
}

interface Until {
  readonly queue: number;
  /** Machine steps that count. */
  readonly until: number;
}

/** The slots of a queue's requests in the order in which they were stored. */
function submitted({ events }: Run, { queue, until }: Until): readonly number[] {
  const slots: number[] = [];
  for (let at = 0; at < events.count && (events.step[at] as number) <= until; at += 1) {
    const isSubmit = KIND_NAMES[events.kind[at] as number] === "ring.submit";
    if (isSubmit && events.args[4 * at] === queue) slots.push(events.args[4 * at + 1] as number);
  }
  return slots;
}

/** The state of the driver, and the request that it has stored and not yet stepped over. */
function stateAt(run: Run, machine: Machine, asked: Until): QueueState | undefined {
  const state = queueState(machine, asked.queue);
  const last = submitted(run, asked).at(-1);
  if (!state || state.isFull || last !== state.next) return state;
  return { ...state, states: new Map([...state.states, [state.next, "stored"]]) };
}

/** a, b, c: the requests of a queue in their order, by their slot. */
function lettersOf(run: Run, queue: number, until: number): ReadonlyMap<number, string> {
  return new Map(submitted(run, { queue, until }).map((slot, at) => [slot, letterOf(at)]));
}

/** a to z, then a1 to z1. */
function letterOf(count: number): string {
  const round = Math.floor(count / 26);
  return `${String.fromCharCode(97 + (count % 26))}${round === 0 ? "" : round}`;
}

/** "After @full (wd_send = -EBUSY)." */
export function momentWords(run: Run, step: Step): string {
  const { machine } = run;
  if (step.number === "0") return "Before the first step.";
  const place = step.label === undefined ? `step ${step.number}` : `@${step.label}`;
  const words = step.event ? eventRow(machine, step.event).label : stepLabel(machine, step, true);
  return `After ${place} (${words}).`;
}

function usedWords({ slots, states, isFull, next }: QueueState): string {
  const used = states.size;
  if (states.get(next) === "stored") {
    return `${used} of ${slots} used; slot ${next} is written, and nobody has been told.`;
  }
  const count = `${used} of ${slots} used`;
  if (!isFull) return `${count}; the next request goes to slot ${next}.`;
  const spare = slots - used;
  const empty = spare === 1 ? "; one stays empty, or full would look like empty" : "";
  return `${count}${empty}. The ring is full, so wd_send gives -EBUSY.`;
}

function phaseWords({ phase }: QueueState): string {
  return phase === undefined ? "" : `The next completion is new when its phase bit is ${phase}.`;
}
