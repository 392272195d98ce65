import { describe, expect, test } from "vitest";
import {
  formatError,
  formatExpression,
  formatResult,
  formatStatement,
  type Item,
  mapExpressions,
  printFlow,
  type Result,
  withHeader,
  withResults,
} from "../../../engine/flow/index.ts";
import { withoutPlaces } from "./arbitrary-flow.ts";
import { flowOf, HEADER } from "./read-flow.ts";

function itemOf(line: string): Item {
  return withoutPlaces(flowOf(`${HEADER}${line}\n`).items[0] as Item);
}

describe("results put in", () => {
  const flow = flowOf(`${HEADER}app: f() = 0\n\napp: g() = [v6.1] 0   @x\napp: wait 5us\n`);
  const busy: Result = { kind: "errno", errno: "EBUSY" };

  test("are printed in place of those written", () => {
    const text = printFlow(withResults(flow, new Map([[7, busy]])));
    expect(text.slice(HEADER.length)).toBe(
      "app: f() = -1 EBUSY\n\napp: g() = [v6.1] 0   @x\napp: wait 5us\n",
    );
  });

  test("hold on the kernel of the run where they held on one only", () => {
    const text = printFlow(withResults(flow, new Map([[9, busy]])));
    expect(text).toContain("app: g() = [v4.18] -1 EBUSY   @x\n");
  });
});

test("every expression of a flow can be changed", () => {
  const flow = flowOf(
    `${HEADER}app: f({a: [X|Y]}, X+1, g(X).m) = X {b: X}\napp: wait until h(X) == X within 5us\nexpect X == i(X)\n`,
  );
  const changed = mapExpressions(flow, (expression) =>
    expression.kind === "constant" && expression.name === "X"
      ? { ...expression, name: "LONG_X" }
      : expression,
  );
  const text = printFlow(flow).slice(HEADER.length);
  expect(printFlow(changed).slice(HEADER.length)).toBe(text.replaceAll("X", "LONG_X"));
});

describe("another header", () => {
  const flow = flowOf(`${HEADER}mended D1\n`.replace("spimdev", "hvf"));

  test("is printed, and read again", () => {
    const other = withHeader(flow, { kernel: "v6.1", framework: "uacce", mended: ["D13"] });
    const printed = other.ok ? printFlow(other.flow) : "";
    expect(flowOf(printed).header).toMatchObject({
      kernel: "v6.1",
      framework: "uacce",
      mended: ["D13"],
    });
  });

  test("is refused where the two are not legal together", () => {
    const other = withHeader(flow, { framework: "uacce" });
    expect(other.ok ? [] : other.errors.map(formatError)).toEqual([
      "f:3:1: expected a framework of kernel v4.18: spimdev, sdmdev, uacce-v3, hvf, mdev, ioctl (`what-if yes` allows others), found uacce (v5.7, v6.1)",
    ]);
  });
});

test("a line of the list of steps has neither label nor remark", () => {
  const item = itemOf("app: q = f(1) = 0 {n: 2}   @x   ## y");
  expect(item.kind === "statement" && formatStatement(item)).toBe("app: q = f(1) = 0 {n: 2}");
});

test("results and values are printed alone too", () => {
  const at = { line: 0, column: 0 };
  expect(formatResult({ kind: "library-errno", errno: "EAGAIN" })).toBe("-EAGAIN");
  expect(formatExpression({ kind: "number", at, value: 1536n, form: "K" })).toBe("1536");
  expect(formatExpression({ kind: "number", at, value: 1_500_000n, form: "us" })).toBe("1500ns");
});
