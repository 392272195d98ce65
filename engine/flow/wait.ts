import { assert, type CallResult, cost, record, type Span } from "../core/index.ts";
import { call, done, type Frame, type Routine, to } from "../task/index.ts";
import { POLLING } from "../user/index.ts";
import type { Expression, Statement } from "./ast.ts";
import { evaluate } from "./evaluate.ts";
import { compares, fail } from "./judge.ts";
import type { FlowPart } from "./part.ts";
import { formatComparison } from "./print-expression.ts";
import { formatValue } from "./queries.ts";

const LOOK = cost("poll");

/** What the wait of a frame is for. */
function waitOf(
  machine: FlowPart,
  frame: Frame,
): { query: Expression; op: "=="; value: Expression; item: Statement } {
  const { statement } = record(machine.calls, frame.call);
  const item = record(machine.script, statement).item as Statement;
  assert(item.action.kind === "wait-until", "a wait without an end");
  return { query: item.action.query, op: item.action.op as "==", value: item.action.value, item };
}

/**
 * wait SPAN; wait until QUERY == VALUE within SPAN. A library call is made again and again, each
 * time after one look's cost, and what it returned is compared; a query is only looked at.
 */
export const WAIT: Routine<FlowPart, "wait" | "over" | "poll" | "polled" | "ask"> = {
  wait: (_machine, _ops, { frame }) => to("over", (frame.numbers[0] ?? 0) as Span),
  over: () => done({ value: 0 }),
  poll: (machine, _ops, { frame }) => {
    const { query } = waitOf(machine, frame);
    assert(query.kind === "call", "a poll of a call");
    const inner: Frame = {
      routine: "library",
      pc: query.name,
      call: frame.call,
      numbers: [POLLING, frame.numbers[1] ?? 0],
    };
    return call(inner, "polled");
  },
  polled: (machine, _ops, { pid, frame }) => {
    const { op, value } = waitOf(machine, frame);
    const { returned } = record(machine.tasks, pid);
    const wanted = evaluate(machine, pid, value);
    assert(returned !== undefined, "a poll without an answer");
    if (wanted.ok && compares(returned.value, op, wanted.value)) return done(returned);
    return late(machine, frame, printed(returned), returned) ?? to("poll", LOOK, next(frame));
  },
  ask: (machine, _ops, { pid, frame }) => {
    const { query, op, value } = waitOf(machine, frame);
    const [left, right] = [evaluate(machine, pid, query), evaluate(machine, pid, value)];
    if (left.ok && right.ok && compares(left.value, op, right.value)) return done({ value: 0 });
    const got = left.ok ? formatValue(left.value) : left.why;
    return late(machine, frame, got) ?? to("ask", LOOK, next(frame));
  },
};

function next(frame: Frame): readonly number[] {
  return [frame.numbers[0] ?? 0, (frame.numbers[1] ?? 0) + 1];
}

/** What a library call gave: a negative errno by its name. */
function printed({ value, errno }: CallResult): string {
  return errno === undefined ? formatValue(value) : `-${errno}`;
}

/** What a wait gives that asks nobody but the model, when its time is up. */
const TOO_LATE: CallResult = { value: -110, errno: "ETIMEDOUT" };

/** The time is up: the wait ends with what was last answered, and the flow has failed. */
function late(machine: FlowPart, frame: Frame, got: string, result = TOO_LATE) {
  if (machine.agenda.now < (frame.numbers[0] ?? 0)) return undefined;
  const { item } = waitOf(machine, frame);
  assert(item.action.kind === "wait-until", "a wait without an end");
  const { statement } = record(machine.calls, frame.call);
  fail(machine, record(machine.script, statement), {
    expected: `${formatComparison(item.action)} in time`,
    got: `still ${got}`,
    chain: [],
  });
  return done(result);
}
