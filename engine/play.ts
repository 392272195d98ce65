import { type Answer, type Attempt, attempt } from "./attempt.ts";
import { type DefectName, deaf, type Events, events, type Kernel } from "./core/index.ts";
import { type EngineOps, type Family, opsOf } from "./family.ts";
import type { Cast, Entry, FailedExpectation, Flow, Framework } from "./flow/index.ts";
import { copyOf, type Machine, stepBy } from "./machine.ts";
import { build } from "./platform.ts";
import { type Step, storySteps } from "./trace/index.ts";
import { type ChangeAt, changed } from "./what-if.ts";

/** A step that never comes is cut off here, and the run refused. */
const STEPS_MAX = 1_000_000;

/** Checks that hold after every step; `engine/check` has them. @returns what does not hold */
export type Invariants = {
  readonly [name: string]: (machine: Machine) => string | undefined;
};

export interface RunOptions {
  readonly kernel?: Kernel;
  readonly framework?: Framework;
  readonly mended?: readonly string[];
  readonly seed?: number;
  /** Which of the enabled actions each step takes; time order where it ends. */
  readonly picks?: readonly number[];
  /** What if: one thing is otherwise from some machine step on. Nothing is judged then, only shown. */
  readonly whatIf?: ChangeAt;
  /** What `always` may name. */
  readonly invariants?: Invariants;
  /** Called after every step; it only looks. */
  readonly onStep?: (machine: Machine) => void;
}

/** What came of one run. */
export interface Run {
  readonly flow: Flow;
  readonly cast: Cast;
  /** Every expectation held, and the story came to its end. */
  readonly ok: boolean;
  readonly failures: readonly FailedExpectation[];
  /** What was otherwise, where something was. */
  readonly whatIf?: ChangeAt;
  /** Why the run was over before its story: a crash, a limit, a task that can never run again. */
  readonly end?: string;
  /** Step 0 first. */
  readonly steps: readonly Step[];
  readonly events: Events;
  /** The machine as it was at last. */
  readonly machine: Machine;
  /** A machine of its own, as it was after that many machine steps. */
  readonly machineAt: (machineStep: number) => Machine;
  /** What the kernel would say to a system call, with the drivers of this run. It is made in place. */
  readonly attempt: (machine: Machine, asked: Attempt) => Answer | undefined;
  /** The same story with one thing otherwise. */
  readonly otherwise: (whatIf: ChangeAt) => Run;
}

/** A flow that was read and found well-formed, with those that run first: plain data. */
export interface Told {
  readonly cast: Cast;
  readonly script: readonly Entry[];
  /** Known defects that the framework's code does not have. */
  readonly absent: readonly DefectName[];
}

/**
 * Plays what was read, with the drivers of its framework. A page has no parser and no other drivers:
 * it plays what the build has read.
 */
export function playBy(
  family: Family,
  { cast, script, absent }: Told,
  options: RunOptions = {},
): Run {
  const start = build(cast.main, script, { seed: options.seed ?? 1, absent, family });
  return play({ start, ops: opsOf([family]) }, cast, options);
}

/** Where a run begins, and the drivers that it has. */
interface Start {
  readonly start: Machine;
  readonly ops: EngineOps;
}

function play({ start, ops }: Start, cast: Cast, options: RunOptions): Run {
  const { whatIf } = options;
  let machine = copyOf(start);
  const sink = events();
  const picks = options.picks ?? [];
  const broken: FailedExpectation[] = [];
  const watched = watches(machine, options.invariants ?? {});
  let taken = 0;
  while (taken < STEPS_MAX) {
    if (taken === whatIf?.after) machine = changed(machine, whatIf.change);
    if (!stepBy(ops, machine, sink, picks[taken] ?? 0)) break;
    taken += 1;
    for (const watch of watched) watch(machine, broken);
    options.onStep?.(machine);
  }
  const failures = [...machine.failures, ...broken];
  const end = endOf(machine, taken);
  return {
    flow: cast.main,
    cast,
    ok: (failures.length === 0 || whatIf !== undefined) && end === undefined,
    failures,
    ...(whatIf ? { whatIf } : {}),
    ...(end === undefined ? {} : { end }),
    steps: storySteps(machine, sink),
    events: sink,
    machine,
    machineAt: (count) => replay({ start, ops }, { picks, count, whatIf }),
    attempt: (some, asked) => attempt(ops, some, asked),
    otherwise: (change) => play({ start, ops }, cast, { ...options, whatIf: change }),
  };
}

function endOf(machine: Machine, taken: number): string | undefined {
  if (machine.end?.kind === "bug") {
    return machine.failures.length === 0 && machine.story.isOver
      ? undefined
      : `BUG ${machine.end.why}`;
  }
  if (machine.end) return `limit: ${machine.end.why}`;
  if (taken >= STEPS_MAX) return `limit: more than ${STEPS_MAX} steps`;
  if (!machine.story.isOver) return "stuck: a call never returns, and nothing else can happen";
  return undefined;
}

/** One for each `always`: it speaks once, at the first step where its invariant is broken. */
function watches(
  machine: Machine,
  invariants: Invariants,
): ((machine: Machine, broken: FailedExpectation[]) => void)[] {
  return machine.script.flatMap(({ item, file }, at) => {
    if (item.kind !== "always") return [];
    const invariant = invariants[item.invariant];
    if (!invariant) return [];
    let isBroken = false;
    return [
      (now: Machine, broken: FailedExpectation[]) => {
        if (isBroken || now.story.cursor <= at) return;
        const got = invariant(now);
        if (got === undefined) return;
        isBroken = true;
        const expected = `always ${item.invariant}`;
        broken.push({ file, line: item.at.line, expected, got, chain: [] });
      },
    ];
  });
}

/** Back is forward again: the machine after `count` steps from its start. */
function replay(
  { start, ops }: Start,
  wish: {
    readonly picks: readonly number[];
    readonly count: number;
    readonly whatIf: ChangeAt | undefined;
  },
): Machine {
  const { picks, count, whatIf } = wish;
  let machine = copyOf(start);
  const sink = deaf();
  for (let taken = 0; taken < count; taken += 1) {
    if (taken === whatIf?.after) machine = changed(machine, whatIf.change);
    if (!stepBy(ops, machine, sink, picks[taken] ?? 0)) break;
  }
  return machine;
}
