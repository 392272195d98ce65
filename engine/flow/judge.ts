import { type CallResult, type CallRow, ERRNO, record, type Value } from "../core/index.ts";
import type { Expression, Operator, Result, Statement } from "./ast.ts";
import { evaluate } from "./evaluate.ts";
import type { Entry, FlowPart } from "./part.ts";
import { formatComparison, formatExpression, formatResult } from "./print-expression.ts";
import { formatValue } from "./queries.ts";

/** Are two values the same? A number and a bigint may be. */
export function isSame(left: Value, right: Value): boolean {
  if (typeof left === "object" && left !== null) return formatValue(left) === formatValue(right);
  if (typeof left === "string" || typeof right === "string") return left === right;
  // biome-ignore lint/suspicious/noDoubleEquals: 5n == 5 is what is asked
  return left == right;
}

export function compares(left: Value, op: Operator, right: Value): boolean {
  if (op === "==") return isSame(left, right);
  if (op === "!=") return !isSame(left, right);
  if (typeof left === "object" || typeof right === "object") return false;
  if (op === "<") return left < right;
  if (op === "<=") return left <= right;
  return op === ">" ? left > right : left >= right;
}

/** What a call gave, as strace prints it. */
export function formatOutcome(
  row: Pick<CallRow, "kind" | "call">,
  result: CallResult | undefined,
): string {
  if (!result) return "<unfinished ...>";
  if (result.bug !== undefined) return `BUG ${JSON.stringify(result.bug)}`;
  if (result.signal !== undefined) return result.signal;
  if (row.call === "exit") return "?";
  const written = result.written ? ` ${formatValue(result.written)}` : "";
  if (result.errno)
    return row.kind === "syscall" ? `-1 ${result.errno}${written}` : `-${result.errno}${written}`;
  const value =
    row.call === "mmap" ? formatValue(result.value, "address") : formatValue(result.value);
  return `${value}${written}`;
}

/** Compares what a statement expected with what came; a difference goes to `failures`. */
export function judgeStatement(machine: FlowPart, entry: Entry, pid: number, row: CallRow): void {
  const item = entry.item as Statement;
  const { result, only } = item;
  if (!result || (only !== undefined && only !== machine.kernel)) return;
  if (isAsExpected(machine, pid, row, result)) return;
  fail(machine, entry, {
    expected: formatResult(result),
    got: formatOutcome(row, row.result),
    chain: row.result?.chain ?? [],
  });
}

function isAsExpected(machine: FlowPart, pid: number, row: CallRow, wanted: Result): boolean {
  const got = row.result;
  if (wanted.kind === "unfinished") return got === undefined;
  if (!got) return false;
  if (wanted.kind === "signal") return got.signal === wanted.signal;
  if (wanted.kind === "bug") return got.bug === wanted.text;
  if (wanted.kind === "never") return row.call === "exit";
  if (got.bug !== undefined || got.signal !== undefined) return false;
  if (!areWritten(machine, pid, got, wanted.written)) return false;
  if (wanted.kind === "errno") return row.kind === "syscall" && got.errno === wanted.errno;
  if (wanted.kind === "library-errno") {
    return row.kind !== "syscall" && got.value === -ERRNO[wanted.errno as keyof typeof ERRNO];
  }
  const value = evaluate(machine, pid, wanted.value);
  return value.ok && got.errno === undefined && isSame(got.value, value.value);
}

/** Every field that the flow names was written back with that value. */
function areWritten(
  machine: FlowPart,
  pid: number,
  got: CallResult,
  wanted: Expression | undefined,
): boolean {
  if (!wanted) return true;
  const fields = evaluate(machine, pid, wanted);
  if (!fields.ok || typeof fields.value !== "object" || fields.value === null) return false;
  return Object.entries(fields.value as { readonly [name: string]: Value }).every(
    ([name, value]) => {
      const { written = {} } = got;
      const there = Object.hasOwn(written, name) ? written[name] : undefined;
      return there !== undefined && isSame(there, value);
    },
  );
}

/** Evaluates an `expect`; what does not hold goes to `failures`. */
export function judgeExpect(machine: FlowPart, entry: Entry, pid: number): void {
  const { item } = entry;
  if (item.kind !== "expect") return;
  if (item.only !== undefined && item.only !== machine.kernel) return;
  const left = evaluate(machine, pid, item.query);
  const right = evaluate(machine, pid, item.value);
  if (left.ok && right.ok && compares(left.value, item.op, right.value)) return;
  let got: string;
  if (!left.ok) got = left.why;
  else if (!right.ok) got = right.why;
  else got = `${formatExpression(item.query)} is ${formatValue(left.value)}`;
  fail(machine, entry, { expected: formatComparison(item), got, chain: [] });
}

export function fail(
  machine: FlowPart,
  { item, file }: Entry,
  what: {
    readonly expected: string;
    readonly got: string;
    readonly chain: readonly { readonly errno: string; readonly why: string }[];
  },
): void {
  const label = "label" in item ? item.label : undefined;
  machine.failures.push({
    file,
    line: item.at.line,
    ...(label === undefined ? {} : { label }),
    ...what,
  });
}

/** The row of `machine.calls` that an entry made. */
export function rowOf(machine: FlowPart, entry: number): CallRow | undefined {
  const row = machine.rows[entry] ?? -1;
  return row < 0 ? undefined : record(machine.calls, row);
}
