import type { Action, Expression, Flow, Item, Result } from "./ast.ts";

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
