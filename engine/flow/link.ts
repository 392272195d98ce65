import { KIND_NAMES } from "../core/index.ts";
import { SYSCALLS } from "../task/index.ts";
import { LIBRARY_CALLS } from "../user/index.ts";
import type { Call, Expect, Expression, Flow, Item, Position, Statement } from "./ast.ts";
import { fullName, IOCTLS, isErrno, nearestConstant } from "./constants.ts";
import { MAKERS } from "./evaluate.ts";
import { type FlowError, flowError, type Problem, unknownWord } from "./flow-error.ts";
import { nearest } from "./nearest.ts";
import { parseFlow } from "./parse.ts";
import type { Cast, Entry } from "./part.ts";
import { COUNTED, COUNTERS, QUERIES } from "./queries.ts";
import { children } from "./walk.ts";

/** Calls that a process may make, beside those of the library. */
export const PROCESS_CALLS = [...Object.keys(SYSCALLS), "exit"] as const;

/** How deep `given` may lead. */
const GIVEN_MAX = 8;

export type Linked =
  | { readonly ok: true; readonly cast: Cast; readonly script: readonly Entry[] }
  | { readonly ok: false; readonly errors: readonly FlowError[] };

/**
 * Puts the given flows in front and asks of every word whether somebody knows it, before anything
 * runs.
 *
 * @param library  the texts of flows by name, for `given`
 * @param invariants  the names that `always` may use; any where the caller does not know them
 */
export function link(
  main: Flow,
  library: ReadonlyMap<string, string>,
  invariants: readonly string[] | undefined,
): Linked {
  const errors: FlowError[] = [];
  const given: Flow[] = [];
  collect(main, library, { given, errors, depth: 0, path: [] });
  if (errors.length > 0) return { ok: false, errors };
  const script = [...given.flatMap((flow) => entriesOf(flow, true)), ...entriesOf(main, false)];
  const problems = check(main, script, invariants);
  if (problems.length > 0) return { ok: false, errors: problems };
  return { ok: true, cast: { main, given }, script };
}

interface Collecting {
  readonly given: Flow[];
  readonly errors: FlowError[];
  readonly depth: number;
  readonly path: readonly string[];
}

/** Given flows, depth first, each once. */
function collect(flow: Flow, library: ReadonlyMap<string, string>, so: Collecting): void {
  for (const line of flow.header.lines) {
    if (line.kind !== "given") continue;
    for (const name of line.flows) {
      const problem = (expected: string, found: string): void => {
        so.errors.push(flowError(flow.file, { at: line.at, expected, found }));
      };
      const file = `${name}.flow`;
      if (so.given.some((other) => other.file === file)) continue;
      const text = library.get(name);
      if (text === undefined) {
        const found = { expected: "the name of a flow", known: [...library.keys()] };
        so.errors.push(flowError(flow.file, unknownWord(line.at, name, found)));
        continue;
      }
      if (so.path.includes(name) || so.depth >= GIVEN_MAX) {
        problem("a flow that does not lead back here", `"${name}"`);
        continue;
      }
      const parsed = parseFlow(text, file);
      if (!parsed.ok) {
        so.errors.push(...parsed.errors);
        continue;
      }
      const missing = parsed.flow.header.devices.find(
        (device) => !flow.header.devices.some(({ name: own }) => own === device.name),
      );
      if (missing) problem(`a line "device ${missing.name} ..." as in ${file}`, "none");
      collect(parsed.flow, library, { ...so, depth: so.depth + 1, path: [...so.path, name] });
      so.given.push(parsed.flow);
    }
  }
}

function entriesOf(flow: Flow, isGiven: boolean): Entry[] {
  const { file } = flow;
  return flow.items.flatMap((item): Entry[] => {
    const isTold =
      item.kind === "statement" ||
      item.kind === "expect" ||
      item.kind === "always" ||
      item.kind === "section";
    return isTold ? [{ item, file, isGiven }] : [];
  });
}

/** What the check has seen so far. */
interface Known {
  readonly main: Flow;
  readonly devices: readonly string[];
  /** By process. */
  readonly names: Map<string, Set<string>>;
  readonly labels: Set<string>;
  readonly invariants: readonly string[] | undefined;
}

function check(
  main: Flow,
  script: readonly Entry[],
  invariants: readonly string[] | undefined,
): FlowError[] {
  const known: Known = {
    main,
    devices: main.header.devices.map(({ name }) => name),
    names: new Map(),
    labels: new Set(),
    invariants,
  };
  for (const { item } of script) {
    if (
      item.kind === "statement" &&
      !known.devices.includes(item.actor) &&
      !known.names.has(item.actor)
    ) {
      known.names.set(item.actor, new Set());
    }
  }
  const errors = script.flatMap(({ item, file }) =>
    problemsOf(item, known).map((problem) => flowError(file, problem)),
  );
  for (const line of main.header.lines) {
    if (line.kind !== "show") continue;
    for (const label of line.labels.filter((name) => !known.labels.has(name))) {
      const found = { expected: "a label of this flow", known: [...known.labels] };
      errors.push(flowError(main.file, unknownWord(line.at, label, found)));
    }
  }
  for (const item of main.items) {
    if (item.kind !== "explore" && item.kind !== "join" && item.kind !== "schedule") continue;
    const found = `"${item.kind}"`;
    errors.push(
      flowError(main.file, {
        at: item.at,
        expected: "a statement (exploring is not there yet)",
        found,
      }),
    );
  }
  return errors;
}

function problemsOf(item: Item, known: Known): readonly Problem[] {
  if (item.kind === "statement") return statementProblems(item, known);
  if (item.kind === "expect") return expectProblems(item, known);
  if (item.kind !== "always" || !known.invariants) return [];
  if (known.invariants.includes(item.invariant)) return [];
  return [
    unknownWord(item.at, item.invariant, { expected: "an invariant", known: known.invariants }),
  ];
}

function expectProblems(item: Expect, known: Known): readonly Problem[] {
  const actor = [...known.names.keys()].find((name) => name !== "root") ?? "root";
  const problems = [item.query, item.value].flatMap((part) =>
    expressionProblems(part, actor, known),
  );
  if (item.label !== undefined) known.labels.add(item.label);
  return problems;
}

function statementProblems(item: Statement, known: Known): readonly Problem[] {
  const { actor, action } = item;
  const problems: Problem[] = [];
  if (known.devices.includes(actor)) {
    if (action.kind !== "call" || action.call.name !== "step" || action.call.args.length > 0) {
      problems.push({ at: item.at, expected: "step() of a device", found: "something else" });
    }
  } else if (action.kind === "call") {
    problems.push(...callProblems(action.call, actor, known));
  } else if (action.kind === "wait-until") {
    const { query, value } = action;
    if (!(query.kind === "call" && (LIBRARY_CALLS as readonly string[]).includes(query.name))) {
      problems.push(...expressionProblems(query, actor, known));
    } else {
      problems.push(...query.args.flatMap((arg) => expressionProblems(arg, actor, known)));
    }
    problems.push(...expressionProblems(value, actor, known));
  } else if (
    action.kind === "resumed" &&
    ![...PROCESS_CALLS, ...LIBRARY_CALLS].includes(action.name as never)
  ) {
    problems.push(unknownWord(item.at, action.name, { expected: "a call", known: PROCESS_CALLS }));
  }
  problems.push(...resultProblems(item, known));
  bind(item, known, problems);
  if (item.label !== undefined) known.labels.add(item.label);
  return problems;
}

function callProblems(call: Call, actor: string, known: Known): readonly Problem[] {
  const calls = [...PROCESS_CALLS, ...LIBRARY_CALLS] as readonly string[];
  const problems: Problem[] = [];
  if (!calls.includes(call.name)) {
    problems.push(unknownWord(call.at, call.name, { expected: "a call", known: calls }));
  }
  const command = call.args[1];
  if (call.name === "ioctl" && command) {
    const full = command.kind === "constant" ? fullName(command.name) : undefined;
    if (full === undefined || !Object.hasOwn(IOCTLS, full)) {
      const found = command.kind === "constant" ? command.name : "something else";
      problems.push(
        unknownWord(command.at, found, {
          expected: "an ioctl command",
          known: Object.keys(IOCTLS),
        }),
      );
      return problems;
    }
  }
  const fewest = FEWEST_ARGS[call.name] ?? 0;
  if (call.args.length < fewest) {
    problems.push({
      at: call.at,
      expected: `${fewest} arguments or more of ${call.name}()`,
      found: `${call.args.length}`,
    });
  }
  return [...problems, ...call.args.flatMap((arg) => expressionProblems(arg, actor, known))];
}

/** How many arguments a call needs. */
const FEWEST_ARGS: { readonly [call: string]: number } = {
  open: 1,
  close: 1,
  read: 1,
  write: 2,
  ioctl: 2,
  mmap: 6,
  munmap: 2,
  madvise: 3,
  setrlimit: 2,
  kill: 1,
  drv_open: 2,
  wd_send: 2,
  wd_recv: 1,
  store: 2,
  load: 2,
};

function resultProblems(item: Statement, known: Known): readonly Problem[] {
  const { result, actor, at } = item;
  if (!result) return [];
  if (result.kind === "errno" || result.kind === "library-errno") {
    if (isErrno(result.errno)) return [];
    const near = nearest(result.errno, ["EINVAL", "EBUSY", "ENODEV", "EAGAIN", "ENOMEM", "EIO"]);
    return [{ at, expected: "an errno", found: result.errno, ...(near ? { nearest: near } : {}) }];
  }
  if (result.kind !== "value") return [];
  return expressionProblems(result.value, actor, known);
}

/** A name binds once for each process; fork gives the child all names of its parent. */
function bind(item: Statement, known: Known, problems: Problem[]): void {
  const { actor, action } = item;
  if (item.bind === undefined) return;
  const own = known.names.get(actor);
  if (own?.has(item.bind)) {
    problems.push({ at: item.at, expected: "a new name", found: `"${item.bind}", bound before` });
  }
  if (action.kind === "call" && action.call.name === "fork") {
    known.names.set(item.bind, new Set([...(own ?? []), ...(known.names.get(item.bind) ?? [])]));
  }
  own?.add(item.bind);
}

function expressionProblems(part: Expression, actor: string, known: Known): readonly Problem[] {
  if (part.kind === "name") return nameProblems(part.path, part.at, actor, known);
  if (part.kind === "constant" && fullName(part.name) === undefined) {
    const near = nearestConstant(part.name);
    return [
      { at: part.at, expected: "a constant", found: part.name, ...(near ? { nearest: near } : {}) },
    ];
  }
  if (part.kind === "errno" && !isErrno(part.name)) {
    return [{ at: part.at, expected: "an errno", found: part.name }];
  }
  if (part.kind === "since") {
    if (known.labels.has(part.label)) return [];
    return [
      unknownWord(part.at, part.label, { expected: "a label above", known: [...known.labels] }),
    ];
  }
  if (part.kind === "call") return queryProblems(part, actor, known);
  return children(part).flatMap((child) => expressionProblems(child, actor, known));
}

function nameProblems(
  path: readonly string[],
  at: Position,
  actor: string,
  known: Known,
): readonly Problem[] {
  const [first = "", second] = path;
  if (second === undefined) {
    const own = [...(known.names.get(actor) ?? [])];
    return own.includes(first) ? [] : [unknownWord(at, first, { expected: "a name", known: own })];
  }
  const theirs = known.names.get(first);
  if (!theirs)
    return [unknownWord(at, first, { expected: "a process", known: [...known.names.keys()] })];
  if (theirs.has(second) || Object.hasOwn(COUNTERS, second)) return [];
  const all = [...theirs, ...Object.keys(COUNTERS)];
  return [unknownWord(at, second, { expected: `a name of ${first}`, known: all })];
}

function queryProblems(call: Call, actor: string, known: Known): readonly Problem[] {
  const isMaker = (MAKERS as readonly string[]).includes(call.name);
  const query = Object.hasOwn(QUERIES, call.name) ? QUERIES[call.name] : undefined;
  if (!isMaker && !query) {
    const all = [...Object.keys(QUERIES), ...MAKERS];
    return [unknownWord(call.at, call.name, { expected: "a query", known: all })];
  }
  return call.args.flatMap((arg, place) => {
    const kind = query?.args[place];
    if (kind === "kind") return kindProblems(arg);
    const isName = arg.kind === "name" && arg.path.length === 1;
    if (kind === "process" && isName) {
      const processes = [...known.names.keys()];
      const name = arg.path[0] as string;
      return processes.includes(name)
        ? []
        : [unknownWord(arg.at, name, { expected: "a process", known: processes })];
    }
    if (kind === "device" && arg.kind === "name") {
      const name = arg.path.join(".");
      if (known.devices.includes(name)) return [];
      return [unknownWord(arg.at, name, { expected: "a device", known: known.devices })];
    }
    return expressionProblems(arg, actor, known);
  });
}

function kindProblems(arg: Expression): readonly Problem[] {
  const all = [...COUNTED, ...KIND_NAMES];
  const name = arg.kind === "name" ? arg.path.join(".") : "something else";
  if ((all as readonly string[]).includes(name)) return [];
  return [
    unknownWord("at" in arg ? arg.at : { line: 1, column: 1 }, name, {
      expected: "a kind of event or call",
      known: all,
    }),
  ];
}
