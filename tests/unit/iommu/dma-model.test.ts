import fc from "fast-check";
import { expect, test } from "vitest";
import { ADDRESS_END, PAGE } from "../../../engine/core/index.ts";
import { type DmaMemory, dmaAlloc, dmaFree, type IommuPart } from "../../../engine/iommu/index.ts";
import { bench } from "./support.ts";

const G4 = 2 ** 32;

/** A number of pages to take; or, negative, which of those taken comes back. */
const anOp = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -6, max: -1 }));

/** Addresses beside the plainest thing that could be right: pages below 4G, taken or free. */
function agreesWithPages(ops: readonly number[]): void {
  const { machine, group, domain } = bench();
  const taken = new Set<number>();
  const held: DmaMemory[] = [];
  for (const op of ops) {
    if (op < 0) {
      const [back] = held.splice(-op - 1, 1);
      if (!back) continue;
      dmaFree(machine, group, back);
      for (let page = 0; page < back.pages; page += 1) taken.delete(back.iova / PAGE + page);
      continue;
    }
    const pages = Array.from({ length: op }, (_, page) => page);
    let aligned = 1;
    while (aligned < op) aligned *= 2;
    let start = G4 / PAGE - aligned;
    while (pages.some((page) => taken.has(start + page))) start -= aligned;
    const memory = dmaAlloc(machine, group, op);
    expect(memory).toMatchObject({ ok: true, value: { iova: start * PAGE } });
    for (const page of pages) taken.add(start + page);
    if (memory.ok) held.push(memory.value);
  }
  const ranges = machine.domains[domain]?.ranges ?? [];
  expect(ranges.map(({ start }) => start)).toEqual(
    held.map(({ iova }) => Number(iova)).sort((one, other) => other - one),
  );
}

test("the DMA API gives the highest free place below 4G that is aligned, and keeps them in order", () => {
  const seed = Number(process.env.FUZZ_SEED ?? 4_096);
  const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
  fc.assert(fc.property(fc.array(anOp, { size: "max", maxLength: 40 }), agreesWithPages), {
    seed,
    numRuns,
  });
});

function fill(machine: IommuPart, id: number, ...ranges: readonly (readonly [number, number])[]) {
  const domain = machine.domains[id];
  if (!domain) throw new Error("no domain");
  const all = ranges.map(([start, end]) => ({ start, end }));
  machine.domains[id] = { ...domain, ranges: all };
}

test("who had to go above 4G does not keep the next one from a place below", () => {
  const { machine, group, domain } = bench();
  fill(machine, domain, [ADDRESS_END - PAGE, ADDRESS_END], [2 * PAGE, G4]);
  expect(dmaAlloc(machine, group, 1)).toMatchObject({ value: { iova: PAGE } });
  fill(machine, domain, [G4, ADDRESS_END], [2 * PAGE, G4 - PAGE]);
  expect(dmaAlloc(machine, group, 1)).toMatchObject({ value: { iova: G4 - PAGE } });
});
