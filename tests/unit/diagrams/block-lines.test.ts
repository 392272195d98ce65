/** A drawing of blocks, read as a person does: a finger on a line, from where it leaves to where it ends. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { type Blocks, layoutBlocks, toAscii } from "../../../diagrams/index.ts";

const BLOCKS_MAX = 12;
const EDGES_MAX = 14;
const WIDTH = 120;

/** Boxes b0, b1, in groups two deep; edges e0, e1. */
const aScene: fc.Arbitrary<Blocks> = fc.integer({ min: 1, max: BLOCKS_MAX }).chain((count) => {
  const anEnd = fc.nat(count - 1).map((at) => `b${at}`);
  return fc.record({
    title: fc.constant([]),
    groups: fc.constant([
      { id: "g0", title: "one", role: "kernel" as const },
      { id: "g1", title: "two", role: "iommu" as const, within: "g0" },
    ]),
    blocks: fc
      .array(fc.constantFrom({}, { within: "g0" }, { within: "g1" }), {
        minLength: count,
        maxLength: count,
      })
      .map((some) =>
        some.map((place, at) => ({
          id: `b${at}`,
          lines: [`b${at}`],
          role: "process" as const,
          ...place,
        })),
      ),
    edges: fc
      .array(fc.record({ from: anEnd, to: anEnd }), { maxLength: EDGES_MAX })
      .map((some) => some.map((edge, at) => ({ ...edge, label: `e${at}` }))),
    notes: fc.constant([]),
  });
});

/** The rows at which a line that leaves in this row may end. */
function endsOf(rows: readonly string[], y: number): readonly number[] {
  const sign = (x: number, row: number) => rows[row]?.[x] ?? " ";
  const label = /e\d+ *[|]/.exec(rows[y] ?? "");
  let x = (label?.index ?? 0) + (label?.[0].length ?? 0);
  while (sign(x, y) === "-" || sign(x, y) === "|") x += 1;
  expect(sign(x, y), `a corner in row ${y} of\n${rows.join("\n")}`).toBe("+");
  const met = [y];
  for (const way of [-1, 1]) {
    for (let row = y + way; "|+".includes(sign(x, row)); row += way) {
      if (sign(x, row) === "+") met.push(row);
    }
  }
  return met.filter((row) => {
    let left = x - 1;
    while (sign(left, row) === "-" || sign(left, row) === "|") left -= 1;
    return sign(left, row) === "<";
  });
}

test("each line that leaves a box ends at one box, and it is the right one", () => {
  fc.assert(
    fc.property(aScene, (scene) => {
      const made = layoutBlocks(scene, WIDTH);
      const text = made.ok ? toAscii(made.picture) : undefined;
      if (!text?.ok) throw new Error("no drawing");
      const rows = text.text.split("\n");
      const rowOf = (word: string) => rows.findIndex((row) => row.split(/[ |!]+/).includes(word));
      for (const { label, to = "" } of scene.edges) {
        expect(endsOf(rows, rowOf(label)), `${label} > ${to}\n${text.text}`).toEqual([rowOf(to)]);
      }
    }),
    {
      seed: Number(process.env.FUZZ_SEED ?? 20261122),
      numRuns: Number(process.env.FUZZ_RUNS ?? 300),
    },
  );
}, 240_000);
