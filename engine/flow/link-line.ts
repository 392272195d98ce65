import { AREA_CALLS, SYSCALLS } from "../task/index.ts";
import { LIBRARY_CALLS, POLLED_CALLS } from "../user/index.ts";
import type { Call, Expect, Expression, Item, NumberExpression, Statement } from "./ast.ts";
import { isErrno } from "./constants.ts";
import { MAKERS } from "./evaluate.ts";
import { type Problem, unknownWord } from "./flow-error.ts";
import { fullName, IOCTLS } from "./full-name.ts";
import { expressionProblems, type Known } from "./link-expression.ts";
import { nearest } from "./nearest.ts";
import { MAKERS_MAX, SIGNATURES, writtenMisfit } from "./signature.ts";
import { children } from "./walk.ts";

/** Calls that a process may make, beside those of the library. */
export const PROCESS_CALLS = [...Object.keys({ ...SYSCALLS, ...AREA_CALLS }), "exit"] as const;

/** What a story may do to a network card. */
export const CARD_CALLS = ["receive"] as const;

/** What is wrong with one line, given what stands above it; and notes what it adds. */
export function problemsOf(item: Item, known: Known): readonly Problem[] {
  if (item.kind === "statement") return [...makerProblems(item), ...statementProblems(item, known)];
  if (item.kind === "expect") return [...makerProblems(item), ...expectProblems(item, known)];
  if (item.kind !== "always" || !known.invariants) return [];
  if (known.invariants.includes(item.invariant)) return [];
  return [
    unknownWord(item.at, item.invariant, { expected: "an invariant", known: known.invariants }),
  ];
}

/** Texts that a line has made, one inside another too. */
function makerProblems(item: Statement | Expect): readonly Problem[] {
  const count = makersIn(children(item));
  if (count <= MAKERS_MAX) return [];
  const words = MAKERS.map((name) => `${name}()`).join(", ");
  return [
    { at: item.at, expected: `at most ${MAKERS_MAX} of ${words} in a line`, found: `${count}` },
  ];
}

function makersIn(parts: readonly Expression[]): number {
  return parts.reduce((sum, part) => {
    const isMaker = part.kind === "call" && (MAKERS as readonly string[]).includes(part.name);
    return sum + (isMaker ? 1 : 0) + makersIn(children(part));
  }, 0);
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
    problems.push(...deviceProblems(item, known));
  } else if (action.kind === "call") {
    problems.push(...callProblems(action.call, actor, known));
  } else if (action.kind === "wait-until") {
    const { query, value } = action;
    if (!(query.kind === "call" && (POLLED_CALLS as readonly string[]).includes(query.name))) {
      problems.push(...expressionProblems(query, actor, known));
    } else {
      problems.push(...callProblems(query, actor, known));
    }
    problems.push(...expressionProblems(value, actor, known));
    problems.push(...spanProblems(action.within, WITHIN_MAX, "1ms"));
  } else if (action.kind === "wait") {
    problems.push(...spanProblems(action.span, WAIT_MAX, "1000ms"));
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

/** A device that is held makes steps; a network card receives packets. */
function deviceProblems({ at, actor, action }: Statement, known: Known): readonly Problem[] {
  const isCard = known.cards.includes(actor);
  const call = action.kind === "call" ? action.call : undefined;
  if (isCard && call?.name === "receive") {
    const parts = call.args.flatMap((arg) => expressionProblems(arg, actor, known));
    return [...countProblems(call), ...kindProblems(call), ...parts];
  }
  if (!isCard && call?.name === "step" && call.args.length === 0) return [];
  const expected = isCard ? "receive({port, data}) of a network card" : "step() of a device";
  return [{ at, expected, found: "something else" }];
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
  problems.push(...countProblems(call), ...kindProblems(call));
  return [...problems, ...call.args.flatMap((arg) => expressionProblems(arg, actor, known))];
}

/** The longest wait of a story, in picoseconds. */
const WAIT_MAX = 1_000_000_000_000n;
/** The longest wait for something that the process looks for again and again. */
const WITHIN_MAX = 1_000_000_000n;

function spanProblems(
  { at, value }: NumberExpression,
  most: bigint,
  words: string,
): readonly Problem[] {
  if (value >= 0n && value <= most) return [];
  return [{ at, expected: `a wait of 0 to ${words}`, found: `${value} ps` }];
}

function countProblems({ at, name, args }: Call): readonly Problem[] {
  const signature = SIGNATURES[name];
  if (!signature) return [];
  const { needs, args: kinds } = signature;
  if (args.length >= needs && args.length <= kinds.length) return [];
  const count = needs === kinds.length ? `${needs}` : `${needs} to ${kinds.length}`;
  const noun = count === "1" ? "argument" : "arguments";
  return [{ at, expected: `${count} ${noun} of ${name}()`, found: `${args.length}` }];
}

function kindProblems({ name, args }: Call): readonly Problem[] {
  return args.flatMap((arg, place) => {
    const wrong = writtenMisfit(name, place, arg);
    return wrong ? [{ at: arg.at, expected: wrong.expected, found: wrong.got }] : [];
  });
}

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
  const own = known.names.get(actor);
  if (action.kind === "call" && action.call.name === "fork") {
    const child = item.bind ?? "child";
    known.names.set(child, new Set([...(own ?? []), ...(known.names.get(child) ?? [])]));
  }
  if (item.bind === undefined) return;
  if (own?.has(item.bind)) {
    problems.push({ at: item.at, expected: "a new name", found: `"${item.bind}", bound before` });
  }
  own?.add(item.bind);
}
