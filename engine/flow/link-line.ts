import { SYSCALLS } from "../task/index.ts";
import { LIBRARY_CALLS } from "../user/index.ts";
import type { Call, Expect, Item, Statement } from "./ast.ts";
import { fullName, IOCTLS, isErrno } from "./constants.ts";
import { type Problem, unknownWord } from "./flow-error.ts";
import { expressionProblems, type Known } from "./link-expression.ts";
import { nearest } from "./nearest.ts";

/** Calls that a process may make, beside those of the library. */
export const PROCESS_CALLS = [...Object.keys(SYSCALLS), "exit"] as const;

/** What is wrong with one line, given what stands above it; and notes what it adds. */
export function problemsOf(item: Item, known: Known): readonly Problem[] {
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
