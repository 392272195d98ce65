import fc from "fast-check";
import { expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  FAULT,
  flushIotlb,
  frameIn,
  IOMMU_PROT,
  iovaToFrame,
  known,
  makeDomain,
  mapDomain,
  translate,
  unmapDomain,
  unmapFast,
} from "../../../engine/iommu/index.ts";
import { LEVELS, spanOf, walk } from "../../../engine/mm/index.ts";
import { at, type Bench, bench, G1, M2 } from "./support.ts";

const RW = IOMMU_PROT.READ | IOMMU_PROT.WRITE;

function map(to: Bench, iova: number, pfn: number, size: number, prot: number = RW) {
  return mapDomain(to.machine, to.domain, { iova: Iova(iova), pfn: at(pfn), size, prot });
}

/** The level at which an address is decided: 0 for a page, 1 for 2M, 2 for 1G. */
function levelAt({ machine, domain }: Bench, iova: number, levels = LEVELS): number {
  return walk(machine.tables, machine.domains[domain]?.root ?? -1, iova, levels).level;
}

test("PGTABLE-001: four levels of 512 entries; an entry stands for 4K, 2M, 1G, 512G", () => {
  expect([LEVELS, spanOf(0), spanOf(1), spanOf(2), spanOf(3)]).toEqual([4, PAGE, M2, G1, 512 * G1]);
});

// biome-ignore format: one case a line
const SIZES = [
  ["IOMMU-004", "one page",                       0,        7,         PAGE, 0],
  ["IOMMU-004", "2M, both addresses aligned",     M2,       512,       M2, 1],
  ["IOMMU-004", "2M, memory not aligned",         M2,       513,       M2, 0],
  ["IOMMU-004", "2M, device address not aligned", M2 + PAGE, 512,      M2, 0],
  ["IOMMU-004", "1G",                             G1,       262144,    G1, 2],
  ["IOMMU-004", "2M less one page",               M2,       512,       M2 - PAGE, 0],
] as const;

test.each(SIZES)(
  "%s: %s is entered at the largest size that fits",
  (_row, _what, iova, pfn, size, level) => {
    const to = bench();
    expect(map(to, iova, pfn, size)).toMatchObject({ ok: true });
    expect(levelAt(to, iova)).toBe(level);
    expect(iovaToFrame(to.machine, to.domain, iova + size - PAGE)).toBe(pfn + size / PAGE - 1);
  },
);

test("PGTABLE-007: an IOMMU without 2M pages gets 4K entries", () => {
  const to = bench({ pageSizes: PAGE });
  map(to, M2, 512, M2);
  expect(levelAt(to, M2)).toBe(0);
});

// biome-ignore format: one case a line
const REFUSED = [
  ["IOMMU-003",   "half a page",             0,              0x800,    "EINVAL"],
  ["IOMMU-003",   "half way into a page",    0x800,          PAGE,     "EINVAL"],
  ["PGTABLE-010", "over a page",             0x10000,        PAGE,     "EEXIST"],
  ["PGTABLE-011", "inside a block",          M2 + PAGE,      PAGE,     "EEXIST"],
  ["PGTABLE-010", "a block over a block",    M2,             M2,       "EEXIST"],
  ["PGTABLE-015", "past 48 bits",            2 ** 48,        PAGE,     "ERANGE"],
  ["PGTABLE-015", "the last page and one",   2 ** 48 - PAGE, 2 * PAGE, "ERANGE"],
  ["IOMMU-006",   "no size",                 0x10000,        0,        "ok"],
  ["PGTABLE-015", "the last page there is",  2 ** 48 - PAGE, PAGE,     "ok"],
  ["PGTABLE-012", "a block over pages",      0,              M2,       "ok"],
] as const;

test.each(REFUSED)("%s: %s", (_row, _what, iova, size, got) => {
  const to = bench();
  map(to, 0x10000, 5, PAGE);
  map(to, M2, 512, M2);
  const result = map(to, iova, 512, size);
  expect(result.ok ? "ok" : result.errno).toBe(got);
  const isBlockOverPages = size === M2 && iova === 0;
  expect(iovaToFrame(to.machine, to.domain, 0x10000)).toBe(isBlockOverPages ? 512 + 16 : 5);
});

test("IOMMU-001, SMMU3-006: a domain that was never attached takes no entry; an identity one never does", () => {
  const to = bench();
  const fresh = { ...to, domain: makeDomain(to.machine, "unmanaged") };
  expect(map(fresh, 0, 5, PAGE)).toMatchObject({ errno: "ENODEV" });
  const identity = { ...to, domain: makeDomain(to.machine, "identity") };
  expect(map(identity, 0, 5, PAGE)).toMatchObject({ errno: "EINVAL" });
});

test("IOMMU-005: where step k fails, the steps before it are taken out again", () => {
  for (let nth = 1; nth <= 4; nth += 1) {
    const to = bench({ fails: [{ kind: "map", nth }] });
    const result = map(to, 0x10000, 5, 4 * PAGE);
    expect(result).toMatchObject({ errno: "ENOMEM" });
    for (let page = 0; page < 4; page += 1) {
      expect(iovaToFrame(to.machine, to.domain, 0x10000 + page * PAGE)).toBe(-1);
    }
  }
});

test.each([
  ["v4.18", "ok"],
  ["v6.1", "EINVAL"],
] as const)("PGTABLE-013: neither READ nor WRITE writes nothing; %s says %s", (kernel, got) => {
  const to = bench({ kernel });
  const result = map(to, 0x10000, 5, PAGE, 0);
  expect(result.ok ? "ok" : result.errno).toBe(got);
  expect(iovaToFrame(to.machine, to.domain, 0x10000)).toBe(-1);
});

// biome-ignore format: one case a line
const RIGHTS = [
  ["PGTABLE-016", "stage 1, read only",  1, 1, "ok",    "fault"],
  ["PGTABLE-016", "stage 1, write only", 1, 2, "ok",    "ok"],
  ["PGTABLE-016", "stage 1, both",       1, 3, "ok",    "ok"],
  ["PGTABLE-017", "stage 2, read only",  2, 1, "ok",    "fault"],
  ["PGTABLE-017", "stage 2, write only", 2, 2, "fault", "ok"],
] as const;

test.each(RIGHTS)("%s: %s", (_row, _what, stage, prot, read, write) => {
  const to = bench({ stage });
  map(to, 0x10000, 5, PAGE, prot);
  // Twice: once by the walk, once by what the IOTLB remembers.
  for (let time = 0; time < 2; time += 1) {
    const reads = translate(to.machine, to.stream, Iova(0x10008), "read");
    const writes = translate(to.machine, to.stream, Iova(0x10008), "write");
    expect([reads.ok ? "ok" : "fault", writes.ok ? "ok" : "fault"]).toEqual([read, write]);
    for (const result of [reads, writes]) {
      expect(result).toMatchObject(result.ok ? { pfn: 5 } : { reason: FAULT.permission });
    }
  }
});

test("PGTABLE-019: a page out of a block leaves the 511 others", () => {
  const to = bench();
  map(to, M2, 512, M2);
  expect(translate(to.machine, to.stream, Iova(M2), "read").ok).toBe(true);
  expect(unmapDomain(to.machine, to.domain, M2 + 3 * PAGE, PAGE)).toBe(PAGE);
  for (let page = 0; page < 512; page += 1) {
    const result = translate(to.machine, to.stream, Iova(M2 + page * PAGE), "write");
    expect(result).toMatchObject(
      page === 3 ? { ok: false, reason: FAULT.translation } : { ok: true, pfn: 512 + page },
    );
  }
  map(to, G1 + PAGE, 5, PAGE); // the next table that is made is empty
  expect(iovaToFrame(to.machine, to.domain, G1)).toBe(-1);
});

test("PGTABLE-019: 2M out of 1G leaves blocks of 2M", () => {
  const to = bench();
  map(to, G1, 262_144, G1);
  expect(unmapDomain(to.machine, to.domain, G1 + M2, M2)).toBe(M2);
  expect([levelAt(to, G1), iovaToFrame(to.machine, to.domain, G1 + M2)]).toEqual([1, -1]);
  expect(iovaToFrame(to.machine, to.domain, G1 + 2 * M2 + PAGE)).toBe(262_144 + 1025);
});

// biome-ignore format: one case a line
const UNMAPS = [
  ["PGTABLE-021", "nothing there",                 0x40000,   PAGE,        0],
  ["IOMMU-007",   "half a page",                   0x10000,   0x800,       0],
  ["IOMMU-007",   "no size",                       0x10000,   0,           0],
  ["PGTABLE-021", "stops at the first hole",       0x10000,   4 * PAGE,    2 * PAGE],
  ["PGTABLE-021", "begins in a hole",              0xf000,    2 * PAGE,    0],
  ["PGTABLE-023", "a whole table in one piece",    0,         M2,          M2],
  ["PGTABLE-021", "past 48 bits",                  2 ** 48,   PAGE,        0],
  ["PGTABLE-023", "a table, then one page",        2 * M2,    M2 + PAGE,   M2 + PAGE],
  ["PGTABLE-023", "two halves of tables",          2 * M2 + PAGE, M2,      M2],
] as const;

test.each(UNMAPS)("%s: unmap, %s", (_row, _what, iova, size, done) => {
  const to = bench();
  map(to, 0, 4, PAGE);
  map(to, 0x10000, 5, 2 * PAGE);
  map(to, 2 * M2, 513, 2 * M2); // in pages: memory is not aligned
  const ends = [0, 2 * M2, 4 * M2 - PAGE].filter((at) => at < iova || at >= iova + size);
  expect(unmapDomain(to.machine, to.domain, iova, size)).toBe(done);
  for (const at of ends) expect(iovaToFrame(to.machine, to.domain, at)).toBeGreaterThan(0);
});

test.each([39, 48] as const)("past %i bits there is nothing, whatever stands at 0", (inputBits) => {
  const to = bench({ inputBits });
  const end = 2 ** inputBits;
  map(to, 0, 262_144, G1); // a block in the first entry of the first table
  expect(levelAt(to, 0, inputBits === 39 ? 3 : 4)).toBe(2);
  for (const iova of [end, end + PAGE, end + 0x10000]) {
    expect(iovaToFrame(to.machine, to.domain, iova)).toBe(-1);
    expect(unmapDomain(to.machine, to.domain, iova, PAGE)).toBe(0);
    expect(translate(to.machine, to.stream, Iova(iova), "read")).toMatchObject({
      ok: false,
      reason: FAULT.addressSize,
    });
  }
  expect(iovaToFrame(to.machine, to.domain, PAGE)).toBe(262_145);
});

test("IOMMU-009: after a fast unmap the device goes on until the flush", () => {
  const to = bench();
  map(to, 0x10000, 5, PAGE);
  const asked = () => translate(to.machine, to.stream, Iova(0x10000), "read");
  expect([asked(), asked()]).toMatchObject([{ walked: true }, { walked: false }]);
  expect(unmapFast(to.machine, to.domain, 0x10000, PAGE)).toBe(PAGE);
  expect(translate(to.machine, to.stream, Iova(0x10000), "read")).toMatchObject({
    ok: true,
    pfn: 5,
  });
  flushIotlb(to.machine, to.domain, 0x10000, PAGE);
  expect(translate(to.machine, to.stream, Iova(0x10000), "read").ok).toBe(false);
});

test("PGTABLE-012: a block over pages makes the IOMMU forget them before their table goes", () => {
  const to = bench();
  map(to, 0x10000, 5, PAGE);
  translate(to.machine, to.stream, Iova(0x10000), "read");
  map(to, 0, 512, M2);
  expect(translate(to.machine, to.stream, Iova(0x10000), "read")).toMatchObject({
    ok: true,
    pfn: 528,
  });
});

/** Places and lengths that meet: pages around two 2M borders. */
const aPlace = fc.constantFrom(0, 1, 2, 510, 511, 512, 513, 1022, 1023, 1024, 1025);
const aCount = fc.constantFrom(1, 2, 3, 511, 512, 513, 1024);
const anOp = fc.oneof(
  fc.record({
    op: fc.constant("map" as const),
    place: aPlace,
    count: aCount,
    pfn: fc.constantFrom(512, 513, 1024),
    prot: fc.constantFrom(1, 3),
  }),
  fc.record({ op: fc.constant("unmap" as const), place: aPlace, count: aCount }),
  fc.record({ op: fc.constant("access" as const), place: aPlace, isWrite: fc.boolean() }),
);
type Op = typeof anOp extends fc.Arbitrary<infer T> ? T : never;

/** The tables beside the plainest thing that could be right: page to frame and rights. */
function agreesWithMap(ops: readonly Op[]): void {
  const to = bench({ iotlb: 4 });
  const model = new Map<number, { pfn: number; prot: number }>();
  for (const op of ops) {
    if (op.op === "access") {
      const got = translate(
        to.machine,
        to.stream,
        Iova(op.place * PAGE + 8),
        op.isWrite ? "write" : "read",
      );
      const page = model.get(op.place);
      const isAllowed = page !== undefined && (!op.isWrite || page.prot === 3);
      expect(got.ok && got.pfn).toBe(isAllowed && page.pfn);
    } else {
      const pages = Array.from({ length: op.count }, (_, index) => op.place + index);
      if (op.op === "map" && pages.every((page) => !model.has(page))) {
        expect(map(to, op.place * PAGE, op.pfn, op.count * PAGE, op.prot).ok).toBe(true);
        for (const [index, page] of pages.entries())
          model.set(page, { pfn: op.pfn + index, prot: op.prot });
      }
      if (op.op === "unmap" && pages.every((page) => model.has(page))) {
        expect(unmapDomain(to.machine, to.domain, op.place * PAGE, op.count * PAGE)).toBe(
          op.count * PAGE,
        );
        for (const page of pages) model.delete(page);
      }
    }
    remembersOnlyWhatIsSo(to);
  }
  const pages = Array.from({ length: 2100 }, (_, page) => page);
  const frames = pages.map((page) => iovaToFrame(to.machine, to.domain, page * PAGE));
  expect(frames).toEqual(pages.map((page) => model.get(page)?.pfn ?? -1));
}

/** After an invalidation every row of the IOTLB says what the tables say, page by page. */
function remembersOnlyWhatIsSo({ machine, domain }: Bench): void {
  const iommu = machine.iommus[0];
  if (!iommu) throw new Error("no IOMMU");
  for (const { start, size, entry } of known(machine.iotlb, iommu)) {
    const level = size === PAGE ? 0 : 1;
    expect(frameIn(entry, level, start)).toBe(iovaToFrame(machine, domain, start));
    expect(frameIn(entry, level, start + size - PAGE)).toBe(
      iovaToFrame(machine, domain, start + size - PAGE),
    );
  }
}

test("tables and IOTLB agree with a plain map of pages", () => {
  const seed = Number(process.env.FUZZ_SEED ?? 42);
  const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
  fc.assert(fc.property(fc.array(anOp, { size: "max", maxLength: 40 }), agreesWithMap), {
    seed,
    numRuns,
  });
});
