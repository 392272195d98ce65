import type { Action, Call, Expression, Flow, Item, Result } from "./ast.ts";

/** The expressions right inside an item or an expression, in the order they are written. */
export function children(of: Item | Expression): readonly Expression[] {
  switch (of.kind) {
    case "statement":
      return [...inAction(of.action), ...inResult(of.result)];
    case "expect":
      return [of.query, of.value];
    case "flags":
      return of.parts;
    case "sum":
      return [of.left, of.right];
    case "struct":
      return of.fields.map(({ value }) => value);
    case "list":
      return of.elements;
    case "member":
      return [of.of];
    case "call":
      return of.args;
    default:
      return [];
  }
}

function inAction(action: Action): readonly Expression[] {
  if (action.kind === "call") return action.call.args;
  if (action.kind === "wait") return [action.span];
  return action.kind === "wait-until" ? [action.query, action.value, action.within] : [];
}

function inResult(result: Result | undefined): readonly Expression[] {
  if (!result) return [];
  const value = result.kind === "value" ? [result.value] : [];
  return "written" in result && result.written ? [...value, result.written] : value;
}

/** The flow with other results, by line of the statement: so a run is printed as a flow again. */
export function withResults(flow: Flow, results: ReadonlyMap<number, Result>): Flow {
  const { kernel } = flow.header;
  const items = flow.items.map((item): Item => {
    const result = item.kind === "statement" ? results.get(item.at.line) : undefined;
    if (item.kind !== "statement" || !result) return item;
    // What was expected on one kernel only is now what this one gave.
    return { ...item, result, ...(item.only === undefined ? {} : { only: kernel }) };
  });
  return { ...flow, items };
}

/** Puts another expression in place of one; its parts are changed already. */
export type Change = (expression: Expression) => Expression;

/**
 * The flow with every constant, name, call, ... as `change` wants it: so a shortened constant is
 * printed in full. A call stays a call where the language has nothing else: what `change` makes of
 * one is taken only if it is one.
 */
export function mapExpressions(flow: Flow, change: Change): Flow {
  return { ...flow, items: flow.items.map((item) => mapItem(item, change)) };
}

function mapItem(item: Item, change: Change): Item {
  if (item.kind === "expect") {
    return { ...item, query: map(item.query, change), value: map(item.value, change) };
  }
  if (item.kind !== "statement") return item;
  const { result } = item;
  const action = mapAction(item.action, change);
  return { ...item, action, ...(result ? { result: mapResult(result, change) } : {}) };
}

function mapAction(action: Action, change: Change): Action {
  if (action.kind === "call") return { ...action, call: mapCall(action.call, change) };
  if (action.kind !== "wait-until") return action;
  return { ...action, query: map(action.query, change), value: map(action.value, change) };
}

function mapResult(result: Result, change: Change): Result {
  const written =
    "written" in result && result.written ? { written: map(result.written, change) } : {};
  if (result.kind === "value") return { ...result, value: map(result.value, change), ...written };
  return { ...result, ...written };
}

function mapCall(call: Call, change: Change): Call {
  const mapped = { ...call, args: call.args.map((argument) => map(argument, change)) };
  const changed = change(mapped);
  return changed.kind === "call" ? changed : mapped;
}

function map(expression: Expression, change: Change): Expression {
  switch (expression.kind) {
    case "call":
      return mapCall(expression, change);
    case "flags":
      return change({ ...expression, parts: expression.parts.map((part) => map(part, change)) });
    case "list":
      return change({
        ...expression,
        elements: expression.elements.map((one) => map(one, change)),
      });
    case "struct": {
      const fields = expression.fields.map(({ name, value }) => ({
        name,
        value: map(value, change),
      }));
      return change({ ...expression, fields });
    }
    case "sum": {
      const [left, right] = [map(expression.left, change), map(expression.right, change)];
      return change({ ...expression, left, right });
    }
    case "member": {
      const of = map(expression.of, change);
      return change(
        of.kind === "call" || of.kind === "member" ? { ...expression, of } : expression,
      );
    }
    default:
      return change(expression);
  }
}
