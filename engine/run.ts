import { absentIn, type DefectName, deaf, type Events, events, type Kernel } from "./core/index.ts";
import {
  type Cast,
  type Entry,
  type FailedExpectation,
  type Flow,
  type FlowError,
  type Framework,
  flowError,
  link,
  parseFlow,
  withHeader,
} from "./flow/index.ts";
import { copyOf, type Machine, step } from "./machine.ts";
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
}

export type RunResult =
  | { readonly ok: true; readonly run: Run }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/** A flow that was read and found well-formed, with those that run first: plain data. */
export interface Told {
  readonly cast: Cast;
  readonly script: readonly Entry[];
  /** Known defects that the framework's code does not have. */
  readonly absent: readonly DefectName[];
}

export type ReadResult =
  | { readonly ok: true; readonly told: Told }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/** Reads a flow and runs it. @param library  the texts of flows by name, for `given` */
export function runFlow(
  source: { readonly text: string; readonly file: string },
  library: ReadonlyMap<string, string>,
  options: RunOptions = {},
): RunResult {
  const read = readFlow(source, library, options);
  return read.ok ? { ok: true, run: playFlow(read.told, options) } : read;
}

/** The first half of `runFlow`: all that needs the language. */
export function readFlow(
  source: { readonly text: string; readonly file: string },
  library: ReadonlyMap<string, string>,
  options: RunOptions = {},
): ReadResult {
  const parsed = parseFlow(source.text, source.file);
  if (!parsed.ok) return parsed;
  const { kernel, framework, mended } = options;
  const headed = withHeader(parsed.flow, {
    ...(kernel ? { kernel } : {}),
    ...(framework ? { framework } : {}),
    ...(mended ? { mended } : {}),
  });
  if (!headed.ok) return headed;
  const invariants = options.invariants ?? {};
  const known = options.invariants ? Object.keys(invariants) : undefined;
  const linked = link(headed.flow, library, known);
  if (!linked.ok) return linked;
  const unsupported = unmodelled(headed.flow);
  if (unsupported.length > 0) return { ok: false, errors: unsupported };
  const { cast, script } = linked;
  return { ok: true, told: { cast, script, absent: absentIn(cast.main.header.framework) } };
}

/** The second half. A page plays what the build has read, and needs no parser. */
export function playFlow({ cast, script, absent }: Told, options: RunOptions = {}): Run {
  const start = build(cast.main, script, { seed: options.seed ?? 1, absent });
  return play(start, cast, options);
}

const MODELLED: readonly Framework[] = ["spimdev", "sdmdev", "uacce-v3", "uacce", "ioctl"];

/** Frameworks and devices that the language knows and the model does not, yet. */
function unmodelled(flow: Flow): FlowError[] {
  const { header } = flow;
  const errors: FlowError[] = [];
  for (const line of header.lines) {
    if (line.kind === "framework" && !MODELLED.includes(line.framework)) {
      errors.push(
        flowError(flow.file, {
          at: line.at,
          expected: `${MODELLED.join(", ")} (the others are not modelled yet)`,
          found: `"${line.framework}"`,
        }),
      );
    }
    const isDummy = line.kind === "device" && line.device === "dummy";
    const canDummy = header.framework !== "uacce" && header.framework !== "uacce-v3";
    if (line.kind === "device" && line.device !== "zip" && !(isDummy && canDummy)) {
      const known = canDummy ? "kind=zip or kind=dummy" : "kind=zip";
      errors.push(
        flowError(flow.file, {
          at: line.at,
          expected: `${known} (the others are not modelled yet)`,
          found: `"kind=${line.device}"`,
        }),
      );
    }
  }
  return errors;
}

function play(start: Machine, cast: Cast, options: RunOptions): Run {
  const { whatIf } = options;
  let machine = copyOf(start);
  const sink = events();
  const picks = options.picks ?? [];
  const broken: FailedExpectation[] = [];
  const watched = watches(machine, options.invariants ?? {});
  let taken = 0;
  while (taken < STEPS_MAX) {
    if (taken === whatIf?.after) machine = changed(machine, whatIf.change);
    if (!step(machine, sink, picks[taken] ?? 0)) break;
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
    machineAt: (count) => replay(start, picks, count, whatIf),
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
export function replay(
  start: Machine,
  picks: readonly number[],
  count: number,
  whatIf?: ChangeAt,
): Machine {
  let machine = copyOf(start);
  const sink = deaf();
  for (let taken = 0; taken < count; taken += 1) {
    if (taken === whatIf?.after) machine = changed(machine, whatIf.change);
    if (!step(machine, sink, picks[taken] ?? 0)) break;
  }
  return machine;
}
