/** Scenes that nobody would draw: names that programs eat, many lanes, odd characters. */

import fc from "fast-check";
import type { Board, Ladder, LadderRow, Ring, Role } from "../../../diagrams/index.ts";

const NASTY = [
  "-",
  "vfio-mdev",
  "--- a",
  "--- a/x",
  "+++ b/x",
  "@@ -1 +1 @@",
  "@@ -1,2 +3,4 @@",
  "diff --git a/x b/x",
  "diff -u a b",
  "From x",
  "From: host <h@x>",
  "Subject: ring",
  "Index: 3",
  ">8",
  "-- >8 --",
  "8<",
  "%<---",
  ">",
  "|",
  "| x",
  "# head",
  "} else {",
  ": x",
  "head: 2",
  "head:",
  "12: x y",
  "Link: https://example.org",
  "*** x",
  "end",
  "loop",
  "a;b",
  "a#b",
  "%% comment",
  "wrap: x",
  "A->>B: x",
  "<b>&amp;</b>",
  '"quoted"',
  "]]>",
  "--",
  "-- ",
  "...",
  "====",
  "",
  "   ",
  "tab\there",
  "line\nbreak",
  "caf\u00e9",
  "\u5bc4\u5b58\u5668",
  "\u{1f600}",
  "e\u0301",
  "\u202eabc",
  "\u00a0x",
  "\u001b[31m",
  "\u0000",
  "\ud800",
  "$x^2$",
  "`code`",
  "\\x1b",
];

export const aWord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: "binary" }) },
);

/** Up to 60 characters. */
export const aText = fc
  .array(aWord, { minLength: 0, maxLength: 6 })
  .map((words) => words.join(" ").slice(0, 60));

export const ROLES: readonly Role[] = ["process", "kernel", "device", "iommu", "memory"];
const aRole = fc.constantFrom(...ROLES);

const aRow = (lanes: number): fc.Arbitrary<LadderRow> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record(
        {
          kind: fc.constant("message" as const),
          step: fc.constantFrom("", "1", "12", "3.2", "17.2.1"),
          label: aText,
          hops: fc.array(
            fc.record({
              from: fc.nat(lanes - 1).map(String),
              to: fc.nat(lanes - 1).map(String),
              style: fc.constantFrom("call" as const, "return" as const),
            }),
            { maxLength: 3 },
          ),
          role: aRole,
          iommu: fc.constantFrom("o" as const, "X" as const),
          refused: fc.constantFrom("EBUSY", "head: 2", ""),
          current: fc.boolean(),
        },
        { requiredKeys: ["kind", "step", "label", "hops", "role"] },
      ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("section" as const),
        text: aText,
        level: fc.nat(3),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("note" as const), who: aWord, text: aText }),
    },
  );

export const aLadder: fc.Arbitrary<Ladder> = fc.integer({ min: 1, max: 9 }).chain((lanes) =>
  fc.record({
    title: fc.array(aText, { maxLength: 2 }),
    lanes: fc
      .array(fc.record({ name: aWord, role: aRole }), { minLength: lanes, maxLength: lanes })
      .map((some) => some.map((lane, index) => ({ ...lane, id: String(index) }))),
    rows: fc.array(aRow(lanes), { maxLength: 14 }),
    notes: fc.array(aText, { maxLength: 2 }),
  }),
);

const aCell = fc.record({ text: aWord, changed: fc.boolean() });

export const aBoard: fc.Arbitrary<Board> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
  .chain(([moments, columns]) =>
    fc.record({
      title: fc.array(aText, { maxLength: 2 }),
      moments: fc.array(
        fc.record({
          head: aText,
          columns: fc.array(fc.record({ frame: aWord, content: aWord, changed: fc.boolean() }), {
            minLength: columns,
            maxLength: columns,
          }),
        }),
        { minLength: moments, maxLength: moments },
      ),
      rows: fc.array(
        fc.record({
          name: aWord,
          role: aRole,
          cells: fc.array(
            fc.oneof(
              fc.array(aCell, { minLength: columns, maxLength: columns }),
              fc.array(aCell, { minLength: 1, maxLength: 1 }),
            ),
            { minLength: moments, maxLength: moments },
          ),
        }),
        { maxLength: 5 },
      ),
      notes: fc.array(aText, { maxLength: 2 }),
    }),
  );

export const aRing: fc.Arbitrary<Ring> = fc.constantFrom(1, 2, 8, 16, 17, 1024).chain((slots) =>
  fc.record({
    title: fc.array(aText, { maxLength: 2 }),
    slots: fc.constant(slots),
    cells: fc.uniqueArray(
      fc.record({
        slot: fc.nat(slots - 1),
        state: aWord,
        label: aWord,
        changed: fc.boolean(),
        was: aWord,
      }),
      { maxLength: 9, selector: (cell) => cell.slot },
    ),
    ends: fc.array(
      fc.record({
        role: fc.constantFrom("consumer" as const, "producer" as const),
        name: aWord,
        value: fc.nat(3000),
        who: aWord,
      }),
      { maxLength: 3 },
    ),
    notes: fc.array(aText, { maxLength: 2 }),
  }),
);
