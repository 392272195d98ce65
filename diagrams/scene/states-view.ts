/**
 * The state machine of the object that a step touches. Nothing of it is written down here: the model
 * is asked, in each state, what each call is answered and where it leads.
 */

import { copyOf, type Machine, type Run, record, type Step } from "../../engine/index.ts";
import type { BlockEdge, Blocks, StateCell, StateTable } from "../layout/index.ts";
import { machineAt } from "./recent.ts";
import { momentWords } from "./ring.ts";
import { type Explored, kindOf, type Move, type StateKind } from "./state-kinds.ts";
import { titleOf } from "./title.ts";
import { touchedOf } from "./touched.ts";

const TRIED = "Each call was tried in each state: what is refused says its errno.";
const SEEN = "Drawn is what happens in this story.";

/** A state is looked at once; no object of the model has as many. */
const STATES_MAX = 12;

const TELLING = new WeakMap<Run, boolean>();

/** Does an object of this story come into another state, or is a call refused for the state it is in? */
export function hasStates(run: Run): boolean {
  const known = TELLING.get(run) ?? run.steps.some((step) => isTelling(run, step));
  TELLING.set(run, known);
  return known;
}

function isTelling(run: Run, step: Step): boolean {
  if (step.number === "0") return false;
  const kind = kindOf(run, touchedOf(run, step), step);
  if (!kind) return false;
  const [was, is] = [step.before, step.after].map((at) => kind.stateOf(machineAt(run, at)));
  return is !== undefined && was !== undefined && was !== is;
}

/** An object with states at a step: what it may do, and what the step did to it. */
interface Subject extends Explored {
  readonly kind: StateKind;
  readonly title: readonly string[];
  readonly taken: Taken;
  readonly note: string;
}

function subjectAt(run: Run, step: Step): Subject | undefined {
  const kind = subjectOf(run, step);
  if (!kind) return undefined;
  const [before, after] = [machineAt(run, step.before), machineAt(run, step.after)];
  const [was, is] = [kind.stateOf(before), kind.stateOf(after)];
  if (is === undefined) return undefined;
  const title = [...titleOf(run), `States of ${kind.name}.`, momentWords(run, step)];
  const taken = { was, is, called: calledBy(run, step) };
  return { ...exploredOf(run, kind), kind, title, taken, note: kind.moves ? SEEN : TRIED };
}

/** @returns nothing where the step, and what came before it, touch nothing that has states */
export function statesOf(run: Run, step: Step): Blocks | undefined {
  const subject = subjectAt(run, step);
  if (!subject) return undefined;
  const { title, states, moves, taken, note } = subject;
  return {
    title,
    groups: [],
    blocks: states.map((id) => ({ id, lines: [id], role: "kernel", current: id === taken.is })),
    edges: edgesOf(moves, taken),
    current: "the state that it is in",
    notes: [note],
  };
}

/** More rows of boxes than this are too many for a mail. */
const BOX_ROWS_MAX = 20;

/** The same as a table, where boxes would be too many rows; else nothing. */
export function stateTableOf(run: Run, step: Step): StateTable | undefined {
  const subject = subjectAt(run, step);
  if (!subject) return undefined;
  const { kind, title, states, moves, taken, note } = subject;
  if (states.length + edgesOf(moves, taken).length <= BOX_ROWS_MAX) return undefined;
  const made = new Set(moves.map(({ label }) => label));
  const verbs = (kind.tried?.verbs ?? []).map(({ label }) => label);
  const labels = [...new Set([...verbs, ...made])].filter((label) => made.has(label));
  const cellOf = (label: string, state: string): StateCell | undefined => {
    const move = moves.find((some) => some.label === label && some.from === state);
    if (!move) return undefined;
    const changed = isTaken([move], taken) ? { changed: true } : {};
    return { came: move.isRefused ? move.to : states.indexOf(move.to), ...changed };
  };
  return {
    title,
    states: states.map((name) => ({ name, current: name === taken.is })),
    calls: labels.map((name) => ({ name, cells: states.map((state) => cellOf(name, state)) })),
    notes: [note],
  };
}

/** Of what this step touches, else of what the last one before it did. */
function subjectOf(run: Run, step: Step): StateKind | undefined {
  const until = run.steps.filter(({ after }) => after <= step.after);
  const own = until.includes(step) ? until : [...until, step];
  for (const some of own.reverse()) {
    const kind = kindOf(run, touchedOf(run, some), some);
    if (kind) return kind;
  }
  return undefined;
}

const EXPLORED = new WeakMap<Run, Map<string, Explored>>();

function exploredOf(run: Run, kind: StateKind): Explored {
  const known = EXPLORED.get(run) ?? new Map<string, Explored>();
  EXPLORED.set(run, known);
  const explored = known.get(kind.key) ?? kind.moves?.() ?? explore(run, kind);
  known.set(kind.key, explored);
  return explored;
}

/** From each state that the run comes by, in its order, and from each that a call then leads to. */
function explore(run: Run, kind: StateKind): Explored {
  const found = new Map<string, Machine>();
  const moves: Move[] = [];
  let pid = -1;
  for (const { after } of run.steps) {
    const machine = machineAt(run, after);
    const state = kind.stateOf(machine);
    const holder = holderOf(machine, kind);
    if (holder >= 0) pid = holder;
    // The last time that it was so: by then the program has what its next call takes.
    if (state !== undefined && (holder >= 0 || !found.has(state))) found.set(state, machine);
  }
  if (pid < 0) return { states: [...found.keys()], moves };
  const waiting = [...found.keys()];
  for (let at = 0; at < waiting.length && at < STATES_MAX; at += 1) {
    const from = waiting[at] as string;
    const start = found.get(from) as Machine;
    for (const { label, asked } of kind.tried?.verbs ?? []) {
      const machine = copyOf(start);
      const wish = isAlive(machine, pid) ? asked(machine, pid) : undefined;
      const answer = wish && run.attempt(machine, wish);
      if (!answer) continue;
      const state = kind.stateOf(machine);
      const isRefused = !answer.ok;
      const to = isRefused ? answer.errno : state;
      if (to === undefined) continue;
      moves.push({ from, label, to, isRefused });
      if (isRefused || found.has(to)) continue;
      found.set(to, machine);
      waiting.push(to);
    }
  }
  return { states: waiting, moves };
}

function isAlive(machine: Machine, pid: number): boolean {
  const task = machine.tasks[pid];
  return task !== undefined && task.state !== "dead";
}

/** Who has it open; -1 for nobody. */
function holderOf(machine: Machine, kind: StateKind): number {
  return machine.tasks.findIndex(({ fds }) =>
    fds.some((file) => file >= 0 && kind.tried?.isHeldBy(machine, file)),
  );
}

interface Taken {
  readonly was: string | undefined;
  readonly is: string;
  /** The call that the step is, and its errno. */
  readonly called: { readonly words: string; readonly errno: string | undefined };
}

function calledBy({ machine }: Run, step: Step): Taken["called"] {
  const row = step.row === undefined ? undefined : record(machine.calls, step.row);
  const words = row?.call === "ioctl" ? String(row.args[1] ?? "") : (row?.call ?? "");
  return { words, errno: step.half === "first" ? undefined : row?.result?.errno };
}

/** The first word of a label, which is its call; `<... write resumed>` is a write. */
function verbOf(label: string): string {
  return label.replace(/^<\.\.\. /, "").split(" ")[0] as string;
}

/** Is one of these moves, which come to the same, what the step did? */
function isTaken(some: readonly Move[], { was, is, called }: Taken): boolean {
  const { from, to, isRefused } = some[0] as Move;
  const isCalled = some.some(({ label }) => called.words.endsWith(verbOf(label)));
  const came = isRefused ? called.errno === to : to === is && called.errno === undefined;
  return from === was && isCalled && came;
}

/** Calls that come to the same are one row. What the step did is marked. */
function edgesOf(moves: readonly Move[], taken: Taken): readonly BlockEdge[] {
  const rows = Map.groupBy(moves, ({ from, to, isRefused }) => [from, isRefused, to].join("\n"));
  return [...rows.values()].map((some): BlockEdge => {
    const { from, to, isRefused } = some[0] as Move;
    const changed = isTaken(some, taken) ? { changed: true } : {};
    const words = some.map(({ label }) => label).join(", ");
    return isRefused
      ? { from, label: `${words} = -1 ${to}`, ...changed }
      : { from, to, label: words, ...changed };
  });
}
