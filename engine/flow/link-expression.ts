import { KIND_NAMES } from "../core/index.ts";
import type { Call, Expression, Position } from "./ast.ts";
import { isErrno } from "./constants.ts";
import { MAKERS, NONE } from "./evaluate.ts";
import { type Problem, unknownWord } from "./flow-error.ts";
import { fullName, nearestConstant } from "./full-name.ts";
import { COUNTED, COUNTERS, QUERIES } from "./queries.ts";
import { children } from "./walk.ts";

/** What the check has seen so far: the lines above add to it. */
export interface Known {
  readonly devices: readonly string[];
  /** The network cards among them. */
  readonly cards: readonly string[];
  /** By process. */
  readonly names: Map<string, Set<string>>;
  readonly labels: Set<string>;
  readonly invariants: readonly string[] | undefined;
}

/** Words of an expression that nobody knows. @param actor  whose names count */
export function expressionProblems(
  part: Expression,
  actor: string,
  known: Known,
): readonly Problem[] {
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
    return own.includes(first) || first === NONE
      ? []
      : [unknownWord(at, first, { expected: "a name", known: own })];
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
  const most = query?.args.length ?? call.args.length;
  const fewest = most - (query?.args.at(-1) === "since" ? 1 : 0);
  if (call.args.length < fewest || call.args.length > most) {
    const count = fewest === most ? `${most}` : `${fewest} or ${most}`;
    const expected = `${count} arguments of ${call.name}()`;
    return [{ at: call.at, expected, found: `${call.args.length}` }];
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
