import { draw, ERRNO, PURPOSE, type Value } from "../core/index.ts";
import { sampleText } from "../user/index.ts";
import type { Call, Expression } from "./ast.ts";
import { CONSTANTS, isErrno } from "./constants.ts";
import type { FlowPart, Names } from "./part.ts";
import { askQuery, QUERIES } from "./queries.ts";
import { TEXT_MAX } from "./signature.ts";

/** What an expression means now, or why it means nothing. */
export type Evaluated =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: string };

/** What a query says where there is nothing; a flow writes it without quotes. */
export const NONE = "none";

function good(value: Value): Evaluated {
  return { ok: true, value };
}

function bad(why: string): Evaluated {
  return { ok: false, why };
}

/** A whole number: as a number where a double holds it, else as a bigint. */
function whole(value: bigint): Value {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Evaluates with the names of one process. */
export function evaluate(machine: FlowPart, pid: number, expression: Expression): Evaluated {
  switch (expression.kind) {
    case "number":
      return good(whole(expression.value));
    case "string":
      return good(expression.text);
    case "constant":
      return constant(expression.name);
    case "errno":
      return isErrno(expression.name) ? good(-ERRNO[expression.name]) : bad("no such errno");
    case "name":
      return nameValue(machine, pid, expression.path);
    case "flags":
      return flags(machine, pid, expression.parts);
    case "sum":
      return sum(machine, pid, expression);
    case "struct": {
      const fields: [string, Value][] = [];
      for (const { name, value } of expression.fields) {
        const field = evaluate(machine, pid, value);
        if (!field.ok) return field;
        fields.push([name, field.value]);
      }
      return good(Object.fromEntries(fields)); // also where a field is called __proto__
    }
    case "list":
      return list(machine, pid, expression.elements);
    case "call":
      return maker(machine, pid, expression) ?? askQuery(machine, pid, expression, undefined);
    case "member":
      return member(machine, pid, expression);
    case "since":
      return bad("`since` stands in count() only");
  }
}

/** As it was read, its name is a full one: a number, or a command of ioctl, which is told by its name. */
function constant(name: string): Evaluated {
  return good(Object.hasOwn(CONSTANTS, name) ? (CONSTANTS[name] as number) : name);
}

/** A name of the process, or another's: `app.q`; `app.locked_vm` is a query. */
function nameValue(machine: FlowPart, pid: number, path: readonly string[]): Evaluated {
  const [first = "", second] = path;
  if (second === undefined) {
    const value = nameOf(machine, pid, first);
    if (value === undefined && first === NONE) return good(NONE);
    return value === undefined ? bad(`no name ${first}`) : good(value);
  }
  const other = machine.tasks.findIndex(({ name }) => name === first);
  if (other < 0) return bad(`no process ${first}`);
  const counter = askQuery(machine, other, undefined, second);
  if (counter.ok) return counter;
  const value = nameOf(machine, other, second);
  return value === undefined ? bad(`${first} has no ${second}`) : good(value);
}

/** What a process calls so; never what every object has, such as `constructor`. */
function nameOf(machine: FlowPart, pid: number, name: string): Value | undefined {
  const names: Names = machine.names[pid] ?? {};
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

function flags(machine: FlowPart, pid: number, parts: readonly Expression[]): Evaluated {
  let all = 0n;
  for (const part of parts) {
    const value = evaluate(machine, pid, part);
    if (!value.ok) return value;
    if (typeof value.value !== "number" && typeof value.value !== "bigint") {
      return bad("flags are numbers");
    }
    all |= BigInt(value.value);
  }
  return good(whole(all));
}

function sum(
  machine: FlowPart,
  pid: number,
  { op, left, right }: Extract<Expression, { readonly kind: "sum" }>,
): Evaluated {
  const [a, b] = [evaluate(machine, pid, left), evaluate(machine, pid, right)];
  if (!a.ok) return a;
  if (!b.ok) return b;
  if (typeof a.value === "string" && typeof b.value === "string" && op === "+") {
    return good(a.value + b.value);
  }
  if (!isNumber(a.value) || !isNumber(b.value)) return bad("only numbers can be added");
  const total = op === "+" ? BigInt(a.value) + BigInt(b.value) : BigInt(a.value) - BigInt(b.value);
  return good(whole(total));
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function list(machine: FlowPart, pid: number, elements: readonly Expression[]): Evaluated {
  const values: Value[] = [];
  for (const element of elements) {
    const value = evaluate(machine, pid, element);
    if (!value.ok) return value;
    values.push(value.value);
  }
  return good(values);
}

function member(
  machine: FlowPart,
  pid: number,
  { of, name }: Extract<Expression, { readonly kind: "member" }>,
): Evaluated {
  if (of.kind !== "call") return bad("a member of a member");
  return askQuery(machine, pid, of, name);
}

/** What a flow may make to fill memory with. */
export const MAKERS = ["text", "random", "repeat"] as const;

/** text(n), random(n): n bytes; repeat("ab", n): n bytes of it, over and over. */
function maker(machine: FlowPart, pid: number, { name, args }: Call): Evaluated | undefined {
  if (!(MAKERS as readonly string[]).includes(name) || Object.hasOwn(QUERIES, name))
    return undefined;
  const values = list(machine, pid, args);
  if (!values.ok) return values;
  const given = values.value as readonly Value[];
  const size = Number(given.at(-1) ?? 0);
  if (!(size >= 0 && size <= TEXT_MAX)) return bad(`${name}() makes 0 to ${TEXT_MAX} bytes`);
  if (name === "text") return good(sampleText(size));
  if (name === "repeat") {
    const unit = given[0];
    if (typeof unit !== "string" || unit === "") return bad('repeat() takes ("text", size)');
    return good(unit.repeat(Math.floor(size / unit.length) + 1).slice(0, size));
  }
  let bytes = "";
  while (bytes.length < size) {
    bytes += String.fromCharCode(draw(machine.random, PURPOSE.bytes, pid) & 255);
  }
  return good(bytes);
}
