/** Walks, timelines and charts that nobody would draw. */

import fc from "fast-check";
import type { Chart, Timeline, Walk } from "../../../diagrams/index.ts";
import type { StateTable } from "../../../diagrams/layout/index.ts";
import { aText, aWord, ROLES } from "./arbitrary.ts";

const aRole = fc.constantFrom(...ROLES);
const someTexts = fc.array(aText, { maxLength: 2 });

const aField = fc.record({
  bits: fc.oneof(fc.constantFrom("47:39", "38:30", "20:12", "11:0", "29:0"), aWord),
  index: fc.oneof(fc.nat(511).map(String), aWord),
});

const anEntry = fc.record(
  {
    name: fc.oneof(fc.constantFrom("PGD[254]", "STE[0]", "CD[1]"), aWord),
    says: aText,
    role: aRole,
  },
  { requiredKeys: ["name", "role"] },
);

const aPath = fc.record(
  {
    head: aText,
    address: fc.record({
      name: fc.oneof(fc.constantFrom("VA", "IOVA"), aWord),
      text: aText,
      fields: fc.array(aField, { maxLength: 6 }),
    }),
    root: aWord,
    entries: fc.array(anEntry, { maxLength: 5 }),
    end: fc.record({
      kind: fc.constantFrom("frame" as const, "refused" as const),
      lines: fc.array(aText, { maxLength: 3 }),
    }),
  },
  { requiredKeys: ["head", "root", "entries"] },
);

export const aWalk: fc.Arbitrary<Walk> = fc.record({
  title: someTexts,
  paths: fc.array(aPath, { maxLength: 4 }),
  notes: someTexts,
});

const aTime = fc.oneof(fc.nat(5000), fc.nat(9_000_000), fc.nat(2_000_000_000_000));

const aSpan = fc
  .record(
    {
      step: fc.constantFrom("", "1", "12", "3.2", "17.2.1", "12:"),
      label: aText,
      start: aTime,
      took: fc.oneof(fc.constant(0), aTime),
      current: fc.boolean(),
    },
    { requiredKeys: ["step", "label", "start", "took"] },
  )
  .map(({ took, ...span }) => ({ ...span, end: span.start + took }));

/** Up to 9 actors and 28 spans. */
export const aTimeline: fc.Arbitrary<Timeline> = fc.record({
  title: someTexts,
  lanes: fc.array(
    fc.record({ name: aWord, role: aRole, spans: fc.array(aSpan, { maxLength: 4 }) }),
    { maxLength: 9 },
  ),
  notes: someTexts,
});

const aCount = fc.oneof(fc.nat(3), fc.nat(2000), fc.nat(4_000_000_000));

const aHistogram: fc.Arbitrary<Chart> = fc.record({
  kind: fc.constant("histogram" as const),
  title: someTexts,
  heads: fc.tuple(aWord, aWord),
  align: fc.constantFrom("left" as const, "right" as const),
  rows: fc.array(
    fc.record(
      { label: aText, value: aCount, shown: aWord, role: aRole },
      { requiredKeys: ["label", "value"] },
    ),
    { maxLength: 20 },
  ),
  amount: fc.constant((count: number) => `${count} samples`),
  notes: someTexts,
});

const someCurves: fc.Arbitrary<Chart> = fc.integer({ min: 0, max: 24 }).chain((places) =>
  fc.record({
    kind: fc.constant("curves" as const),
    title: someTexts,
    x: fc.record({
      name: aText,
      places: fc.array(aWord, { minLength: places, maxLength: places }),
    }),
    y: fc.record({ name: aText, words: fc.constant((value: number) => `${value} us`) }),
    series: fc.array(
      fc.record(
        {
          name: aText,
          role: aRole,
          values: fc.array(fc.option(aCount, { nil: undefined }), {
            minLength: places,
            maxLength: places,
          }),
        },
        { requiredKeys: ["name", "values"] },
      ),
      { maxLength: 5 },
    ),
    notes: someTexts,
  }),
);

export const aChart: fc.Arbitrary<Chart> = fc.oneof(aHistogram, someCurves);

const aCame = fc.oneof(fc.nat(8), fc.constantFrom("EBUSY", "EINVAL"), aWord);
const aStateCell = fc.option(fc.record({ came: aCame, changed: fc.boolean() }), {
  nil: undefined,
});

/** As many cells for a call as there are states. */
export const aStateTable: fc.Arbitrary<StateTable> = fc
  .array(fc.record({ name: aText, current: fc.boolean() }), { maxLength: 9 })
  .chain((states) =>
    fc.record({
      title: someTexts,
      states: fc.constant(states),
      calls: fc.array(
        fc.record({
          name: aText,
          cells: fc.array(aStateCell, { minLength: states.length, maxLength: states.length }),
        }),
        { maxLength: 9 },
      ),
      notes: someTexts,
    }),
  );
