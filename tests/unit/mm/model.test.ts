import fc from "fast-check";
import { test } from "vitest";
import type { Failure } from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { anOp, type Op } from "./box-calls.ts";
import { agreesWithBoxes } from "./boxes.ts";

/** v6.1 once pinned a page for reading that the child had too, and the writer moved away from it. */
const PINNED_TO_READ: Op[] = [
  { op: "fork", who: 0 },
  { op: "pinToRead", who: 0, at: 0 },
  { op: "write", who: 0, at: 0, value: 2 },
];

const someOps = fc.array(anOp, { maxLength: 60, size: "max" });

test.each(["v4.18", "v6.1"] as const)(
  "%s: processes see what plain boxes would hold, whatever was called",
  (kernel) =>
    check(
      fc.property(someOps, (ops) => agreesWithBoxes({ kernel, fails: [], ops })),
      { examples: [[PINNED_TO_READ]] },
    ),
  TIMEOUT,
);

/** The first is the driver's own memory. */
const aFail = fc.integer({ min: 2, max: 15 }).map((nth): Failure => ({ kind: "allocate", nth }));

test.each(["v4.18", "v6.1"] as const)(
  "%s: so they do where allocations fail, and nothing is lost",
  (kernel) =>
    check(
      fc.property(fc.uniqueArray(aFail, { minLength: 1, maxLength: 4 }), someOps, (fails, ops) =>
        agreesWithBoxes({ kernel, fails, ops }),
      ),
    ),
  TIMEOUT,
);
