import fc from "fast-check";
import type { Plot } from "./play.ts";
import { aHeader } from "./setting.ts";

const aTurn = fc.array(fc.nat(9999), { minLength: 12, maxLength: 12 });

export const aPlot: fc.Arbitrary<Plot> = fc.record({
  header: aHeader,
  isGentle: fc.boolean(),
  eager: fc.constantFrom(0, 8, 16, 20),
  turns: fc.array(aTurn, { maxLength: 90, size: "max" }),
  wishes: fc.oneof(fc.constant([]), fc.array(fc.nat(3), { minLength: 1, maxLength: 12 })),
  farewell: fc.array(fc.nat(9999), { maxLength: 12 }),
});
