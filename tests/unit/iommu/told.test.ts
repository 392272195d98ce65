import { expect, test } from "vitest";
import { Iova, KIND_NAMES, type Kind, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  COMMAND,
  commandCount,
  commandsSince,
  dropGroup,
  known,
  makeGroup,
  mapDomain,
  translate,
  unbindMm,
  unmapDomain,
  unshareDomain,
} from "../../../engine/iommu/index.ts";
import { unmapArea } from "../../../engine/mm/index.ts";
import { able, access, bound, FIRST, frame, iommuOf, process, reach } from "./process.ts";
import { at, type Bench, bench, G1, M2 } from "./support.ts";

/** The events since the last time, of some kinds: kind, then its four numbers. */
function news({ machine: { news } }: Bench, ...kinds: readonly Kind[]): [Kind, ...number[]][] {
  const rows = Array.from({ length: news.count }, (_, row): [Kind, ...number[]] => [
    KIND_NAMES[news.kind[row] as number] as Kind,
    ...news.args.slice(4 * row, 4 * row + 4),
  ]);
  news.count = 0;
  return rows.filter(([kind]) => kinds.includes(kind));
}

const WAYS = ["iommu.walk", "iommu.hit", "iommu.fault"] as const;

// biome-ignore format: one case a line
test.each([
  ["a page",        PAGE, 0x10000, 5,       4],
  ["a block of 2M", M2,   M2,      512,     3],
  ["a block of 1G", G1,   G1,      262_144, 2],
] as const)("an access is told: through %s a walk of so many levels, then what is known, then a fault", (_what, size, iova, pfn, levels) => {
  const on = bench();
  const { machine, stream, domain } = on;
  mapDomain(machine, domain, { iova: Iova(iova), pfn: at(pfn), size, prot: 1 });
  news(on);
  translate(machine, stream, Iova(iova + size - PAGE), "read");
  translate(machine, stream, Iova(iova), "read");
  translate(machine, stream, Iova(iova), "write");
  expect(news(on, ...WAYS)).toEqual([
    ["iommu.walk", stream, iova + size - PAGE, pfn + size / PAGE - 1, levels],
    ["iommu.hit", stream, iova, pfn, 0],
    ["iommu.fault", stream, iova, 3, 0],
  ]);
});

test("an access with a PASID is told alike; what it waits for is a request, and its answer", () => {
  const on = able();
  const mm = process(on.machine, 2, 1);
  const pasid = bound(on, mm);
  const pfn = frame(on.machine, mm, FIRST);
  news(on);
  for (let time = 0; time < 2; time += 1) reach(on, pasid, FIRST);
  expect(news(on, ...WAYS)).toEqual([
    ["iommu.walk", on.stream, FIRST, pfn, 4],
    ["iommu.hit", on.stream, FIRST, pfn, 0],
  ]);
  access(on, pasid, FIRST + PAGE);
  expect(news(on, "iopf.request", "iopf.response")).toEqual([
    ["iopf.request", on.stream, pasid, FIRST + PAGE, 1],
    ["iopf.response", on.stream, pasid, 0, 0],
  ]);
});

test("an invalidation that is forgotten is told, with its range", () => {
  const on = bench({ fails: [{ kind: "invalidate", nth: 1 }] });
  mapDomain(on.machine, on.domain, { iova: Iova(M2), pfn: at(5), size: 2 * PAGE, prot: 3 });
  news(on);
  unmapDomain(on.machine, on.domain, M2, 2 * PAGE);
  expect(news(on, "iommu.forgot", "iommu.flush")).toEqual([["iommu.forgot", M2, 2 * PAGE, 0, 0]]);
});

test("a process bound again is watched again: what it unmaps the IOTLB forgets", () => {
  const on = able();
  const mm = process(on.machine, 2);
  bound(on, mm);
  unbindMm(on.machine, 0);
  const other = process(on.machine, 1);
  bound(on, other); // it has the tag now that the first one had
  news(on);
  const pasid = bound(on, mm);
  expect(news(on, "sva.bind")).toEqual([["sva.bind", on.stream, pasid, mm, 0]]);
  expect(on.machine.notifiers).toHaveLength(2);
  const tags = on.machine.bonds.filter(({ refs }) => refs > 0).map(({ asid }) => asid);
  expect(new Set(tags).size).toBe(2);
  reach(on, pasid, FIRST);
  unmapArea(on.machine, mm, FIRST, PAGE);
  expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
});

test("an entry of the stream table is told by its own command, and its opcode", () => {
  const { machine, stream } = bench();
  const last = commandsSince(machine, 0, commandCount(machine, 0) - 2);
  expect(last).toMatchObject([{ name: "CFGI_STE", tag: stream, extra: 5 }, { name: "SYNC" }]);
  const rows = machine.commands.op.slice(0, commandCount(machine, 0));
  expect([...rows.slice(-2)]).toEqual([COMMAND.CFGI_STE, COMMAND.SYNC]);
});

test("a domain is unshared once for each share, a bond let go once, a group dropped when empty", () => {
  const { machine, group } = bench();
  expect(() => unshareDomain(machine, group)).toThrow("once for each share");
  expect(() => dropGroup(machine, group)).toThrow("empty group");
  const empty = makeGroup(machine);
  dropGroup(machine, empty);
  expect(() => dropGroup(machine, empty)).toThrow("dropped once");
  expect(() => addIommu(machine, { name: "smmu1", pageSizes: M2 })).toThrow("4K");
  const on = able();
  bound(on, process(on.machine, 1));
  unbindMm(on.machine, 0);
  expect(() => unbindMm(on.machine, 0)).toThrow("let go of once");
});
