/** Blocks that nobody would draw: up to 24, in groups three deep, and 26 edges to anywhere. */

import fc from "fast-check";
import type { Blocks } from "../../../diagrams/index.ts";
import { aText, aWord, ROLES } from "./arbitrary.ts";

const BLOCKS_MAX = 24;
const EDGES_MAX = 26;
/** Depth 1: g0, g1; in g0: g2, g3; in g2: g4. */
const WITHIN = [undefined, undefined, "g0", "g0", "g2"] as const;

const aRole = fc.constantFrom(...ROLES);
/** Mostly short: among wide words no line finds a place. */
const aLabel = fc.oneof(
  { weight: 3, arbitrary: aWord.map((word) => word.slice(0, 8)) },
  { weight: 1, arbitrary: aText },
);
const aMark = fc.constantFrom({}, {}, { changed: true });

const someGroups = fc
  .array(fc.tuple(aText, aRole, aMark), { minLength: WITHIN.length, maxLength: WITHIN.length })
  .map((some) =>
    some.map(([title, role, mark], at) => {
      const within = WITHIN[at];
      return { id: `g${at}`, title, role, ...mark, ...(within ? { within } : {}) };
    }),
  );

const aBlock = fc.record({
  lines: fc.array(aLabel, { maxLength: 2 }),
  role: aRole,
  place: fc.constantFrom(undefined, "g0", "g1", "g2", "g3", "g4"),
  mark: fc.constantFrom({}, {}, { changed: true }, { current: true }),
});

export const someBlocks: fc.Arbitrary<Blocks> = fc
  .integer({ min: 0, max: BLOCKS_MAX })
  .chain((count) => {
    const ids = [
      ...Array.from({ length: count }, (_, at) => `b${at}`),
      "g0",
      "g1",
      "g2",
      "g3",
      "g4",
    ];
    const anId = fc.constantFrom(...ids);
    return fc.record({
      title: fc.array(aText, { maxLength: 2 }),
      groups: someGroups,
      blocks: fc.array(aBlock, { minLength: count, maxLength: count }).map((some) =>
        some.map(({ lines, role, place, mark }, at) => ({
          id: `b${at}`,
          lines,
          role,
          ...mark,
          ...(place ? { within: place } : {}),
        })),
      ),
      edges: fc.array(
        fc.record(
          { from: anId, to: anId, label: aLabel, changed: fc.boolean() },
          {
            requiredKeys: ["from", "label"],
          },
        ),
        { maxLength: EDGES_MAX },
      ),
      notes: fc.array(aText, { maxLength: 1 }),
    });
  });
