import { describe, expect, test } from "vitest";
import { ADDRESS_END, Iova, PAGE } from "../../../engine/core/index.ts";
import { descriptorOf } from "../../../engine/iommu/descriptor.ts";
import { chooseGranule } from "../../../engine/iommu/granule.ts";
import {
  addIommu,
  addStream,
  allocDomain,
  attachGroup,
  commandCount,
  commandsSince,
  detachGroup,
  dmaAlloc,
  dmaFree,
  eventReport,
  FAULT,
  flushDomain,
  flushIotlb,
  freeDomain,
  iovaToFrame,
  iovaToPhys,
  makeDomain,
  mapDomain,
  translate,
  unmapDomain,
} from "../../../engine/iommu/index.ts";
import { ENTRY, entryOf } from "../../../engine/mm/index.ts";
import { at, type BenchOptions, bench, G1, M2 } from "./support.ts";

const G4 = 4 * G1;

/** The DMA API of one device, and where what it gives begins, in pages below 4G. */
function dma(options: BenchOptions = {}) {
  const to = bench(options);
  const take = (pages: number) => {
    const memory = dmaAlloc(to.machine, to.group, pages);
    if (!memory.ok) throw new Error(memory.why);
    return memory.value;
  };
  const below = (pages: number) => (G4 - take(pages).iova) / PAGE;
  return { ...to, take, below };
}

describe("addresses of the DMA API", () => {
  test("go down from 4G, each a multiple of its size rounded up to a power of two", () => {
    const { below } = dma();
    expect([1, 1, 2, 3, 1, 4, 5].map(below)).toEqual([1, 2, 4, 8, 5, 12, 24]);
  });

  test("that came back are given again, to who fits in", () => {
    const to = dma();
    const [one, two] = [to.take(1), to.take(2), to.take(1)];
    if (!one || !two) throw new Error("nothing");
    dmaFree(to.machine, to.group, two);
    expect(iovaToFrame(to.machine, to.domain, two.iova)).toBe(-1);
    expect(to.take(2).iova).toBe(two.iova);
    dmaFree(to.machine, to.group, one);
    expect([to.take(2).iova < two.iova, to.take(1).iova]).toEqual([true, one.iova]);
  });

  test("lead to frames side by side, which go with them", () => {
    const to = dma();
    const { iova, pfn, pages } = to.take(3);
    expect([0, 1, 2].map((page) => iovaToFrame(to.machine, to.domain, iova + page * PAGE))).toEqual(
      [pfn, pfn + 1, pfn + 2],
    );
    expect(iovaToPhys(to.machine, to.domain, iova + PAGE + 5)).toBe((pfn + 1) * PAGE + 5);
    expect([0, 1, 2].map((page) => to.machine.frames.refs[pfn + page])).toEqual([1, 1, 1]);
    dmaFree(to.machine, to.group, { iova, pfn, pages });
    expect([0, 1, 2].map((page) => to.machine.frames.refs[pfn + page])).toEqual([0, 0, 0]);
    expect(iovaToPhys(to.machine, to.domain, iova)).toBe(-1);
    expect(to.machine.domains[to.domain]?.ranges).toEqual([]);
  });

  test("are those of memory in an identity domain, and for a device without a group", () => {
    const to = dma({ defaultDomain: "identity" });
    for (const group of [to.group, -1]) {
      const memory = dmaAlloc(to.machine, group, 2);
      if (!memory.ok) throw new Error(memory.why);
      const { iova, pfn } = memory.value;
      expect(iova).toBe(pfn * PAGE);
      dmaFree(to.machine, group, memory.value);
      expect(to.machine.frames.refs[pfn]).toBe(0);
    }
  });

  test("there are none of where a driver of programs has the group", () => {
    const to = dma();
    attachGroup(to.machine, makeDomain(to.machine, "unmanaged"), to.group);
    expect(dmaAlloc(to.machine, to.group, 1)).toMatchObject({ errno: "ENOMEM" });
    expect(to.machine.frames.top).toBe(1);
  });

  test("stay as they were where frames or entries are refused", () => {
    for (const kind of ["allocate", "map"] as const) {
      const to = dma({ fails: [{ kind, nth: 2 }] });
      const { iova } = to.take(1);
      expect(dmaAlloc(to.machine, to.group, 1)).toMatchObject({ errno: "ENOMEM" });
      expect(to.machine.domains[to.domain]?.ranges).toEqual([{ start: iova, end: iova + PAGE }]);
      expect([...to.machine.frames.refs].filter((refs) => refs > 0)).toEqual([1]);
      expect(to.take(1).iova).toBe(iova - PAGE);
    }
  });

  test("are above 4G where nothing below is free, and page 0 is nobody's", () => {
    const to = dma();
    const fill = (start: number, end: number) => {
      const domain = to.machine.domains[to.domain];
      if (domain) to.machine.domains[to.domain] = { ...domain, ranges: [{ start, end }] };
    };
    fill(PAGE, G4);
    expect(to.take(1).iova).toBe(ADDRESS_END - PAGE);
    fill(2 * PAGE, G4);
    expect(to.take(1).iova).toBe(PAGE);
    fill(3 * PAGE, G4);
    expect(to.take(1).iova).toBe(2 * PAGE);
    fill(PAGE, ADDRESS_END);
    expect(dmaAlloc(to.machine, to.group, 1)).toMatchObject({ errno: "ENOMEM" });
  });
});

describe("domains", () => {
  test("without an IOMMU lead nowhere and lose nothing; an identity domain leads to itself", () => {
    const { machine } = bench();
    const fresh = makeDomain(machine, "unmanaged");
    const identity = makeDomain(machine, "identity");
    expect(machine.domains[fresh]).toMatchObject({ iommu: -1, asid: -1, root: -1 });
    expect([iovaToFrame(machine, fresh, M2), iovaToPhys(machine, fresh, M2)]).toEqual([-1, -1]);
    expect([iovaToFrame(machine, identity, M2 + 5), iovaToPhys(machine, identity, M2 + 5)]).toEqual(
      [512, M2 + 5],
    );
    expect(iovaToPhys(machine, identity, 5)).toBe(5);
    for (const domain of [fresh, identity]) {
      expect(unmapDomain(machine, domain, 0, PAGE)).toBe(0);
      flushDomain(machine, domain);
      flushIotlb(machine, domain, 0, PAGE);
    }
    expect(commandCount(machine, 0)).toBe(commandsSince(machine, 0, 0).length);
    const empty = { iova: Iova(0), pfn: at(5), size: 0, prot: 3 };
    expect(mapDomain(machine, fresh, empty)).toMatchObject({ ok: true });
    expect(mapDomain(machine, fresh, { ...empty, size: PAGE })).toMatchObject({ errno: "ENODEV" });
  });

  test("are given out by an IOMMU that knows the kind", () => {
    const { machine } = bench();
    const plain = addIommu(machine, { name: "smmu1", hasIdentity: false });
    const kinds = (iommu: number) =>
      (["dma", "unmanaged", "identity"] as const).map(
        (kind) => allocDomain(machine, iommu, kind) >= 0,
      );
    expect([kinds(0), kinds(plain), kinds(-1)]).toEqual([
      [true, true, true],
      [true, true, false],
      [false, false, false],
    ]);
  });

  test("that are freed give their tables back, and may not be in use, nor freed twice", () => {
    const { machine, device, group } = bench();
    addStream(machine, { device, iommu: 0 });
    const other = makeDomain(machine, "unmanaged");
    attachGroup(machine, other, group);
    mapDomain(machine, other, { iova: Iova(G1), pfn: at(5), size: PAGE, prot: 3 });
    expect(() => freeDomain(machine, other)).toThrow("in use");
    detachGroup(machine, other, group);
    const used = machine.tables.made - machine.tables.free.length;
    freeDomain(machine, other);
    expect(used - (machine.tables.made - machine.tables.free.length)).toBe(4);
    expect(() => freeDomain(machine, other)).toThrow("freed once");
    expect(machine.domains[other]).toMatchObject({ isGone: true, ranges: [] });
  });

  test("say to the hardware what to forget, by their stage", () => {
    for (const [stage, page, all] of [
      [1, "TLBI_NH_VA", "TLBI_NH_ASID"],
      [2, "TLBI_S2_IPA", "TLBI_S12_VMALL"],
    ] as const) {
      const { machine, group } = bench({ stage });
      const domain = makeDomain(machine, "unmanaged");
      attachGroup(machine, domain, group);
      const tag = 1;
      expect(machine.domains[domain]?.asid).toBe(tag);
      mapDomain(machine, domain, { iova: Iova(M2), pfn: at(5), size: 2 * PAGE, prot: 3 });
      const before = commandCount(machine, 0);
      unmapDomain(machine, domain, M2, PAGE);
      flushDomain(machine, domain);
      expect(commandsSince(machine, 0, before)).toEqual([
        { name: page, tag, start: M2, size: PAGE, extra: 1 },
        { name: "SYNC", tag: 0, start: 0, size: 0, extra: 0 },
        { name: all, tag, start: 0, size: 0, extra: 0 },
        { name: "SYNC", tag: 0, start: 0, size: 0, extra: 0 },
      ]);
    }
  });

  test("what one IOMMU was told stays when another is added", () => {
    const { machine, domain } = bench();
    flushDomain(machine, domain);
    const before = commandsSince(machine, 0, 0);
    expect(before.length).toBeGreaterThan(1);
    addIommu(machine, { name: "smmu1" });
    expect(commandsSince(machine, 0, 0)).toEqual(before);
    expect(commandsSince(machine, 1, 0)).toEqual([]);
  });

  test("an invalidation that is to be forgotten leaves what the device knows, and is said", () => {
    const { machine, domain, stream } = bench({ fails: [{ kind: "invalidate", nth: 1 }] });
    mapDomain(machine, domain, { iova: Iova(M2), pfn: at(5), size: PAGE, prot: 3 });
    translate(machine, stream, Iova(M2), "read");
    const before = commandCount(machine, 0);
    unmapDomain(machine, domain, M2, PAGE);
    expect(translate(machine, stream, Iova(M2), "read")).toMatchObject({ ok: true, pfn: 5 });
    expect(commandsSince(machine, 0, before).map(({ name }) => name)).not.toContain("SYNC");
    flushIotlb(machine, domain, M2, PAGE);
    expect(translate(machine, stream, Iova(M2), "read").ok).toBe(false);
  });

  test("a map that takes nothing, and an unmap of nothing, say nothing", () => {
    const { machine, domain } = bench();
    machine.news.count = 0;
    mapDomain(machine, domain, { iova: Iova(M2), pfn: at(5), size: 0, prot: 3 });
    unmapDomain(machine, domain, M2, 0);
    expect(machine.news.count).toBe(0);
    const identity = bench({ defaultDomain: "identity" });
    identity.machine.news.count = 0;
    expect(unmapDomain(identity.machine, identity.domain, M2, PAGE)).toBe(0);
    expect(identity.machine.news.count).toBe(0);
  });
});

/** The sizes of a table, for the sizes of the hardware and the CPU's 4K. */
// biome-ignore format: one case a line
const GRANULES = [
  ["4K and its blocks",                 4096 + M2 + G1,               48, 4096 + M2 + G1],
  ["4K, no block of 1G",                4096 + M2,                    48, 4096 + M2],
  ["4K beside larger ones",             4096 + 16384 + 65536 + 2 ** 25, 48, 4096],
  ["less than 4K, the largest below",   1024 + 2048 + 16384,          48, 0],
  ["4K beside less",                    2048 + 4096,                  48, 4096],
  ["4K beside less and less yet",       1024 + 2048 + 4096 + M2,      48, 4096 + M2],
  ["16K, the smallest above",           16384 + 2 ** 25 + 65536,      48, 16384 + 2 ** 25],
  ["64K",                               65536 + 2 ** 29,              48, 65536 + 2 ** 29],
  ["64K, and 4T within 48 bits",        65536 + 2 ** 42,              48, 65536],
  ["64K, and 4T past 48 bits",          65536 + 2 ** 42,              52, 65536 + 2 ** 42],
  ["16K, and 4T past 48 bits",          16384 + 2 ** 42,              52, 16384],
  ["64K past 48 bits, without 4T",      65536,                        52, 65536],
  ["nothing",                           0,                            48, 0],
] as const;

test.each(GRANULES)("PGTABLE-008: a table of an SMMU with %s", (_what, hardware, bits, sizes) => {
  expect(chooseGranule(hardware, bits)).toBe(sizes);
});

// biome-ignore format: one case a line
const REPORTS = [
  ["stalled",                  { isStalled: true,  stage: 1, reason: FAULT.translation }, { kind: "page-request", isLast: true, group: 7 }],
  ["stalled, a missing right", { isStalled: true,  stage: 1, reason: FAULT.permission },  { kind: "page-request", isLast: true, group: 7 }],
  ["stalled, too large",       { isStalled: true,  stage: 1, reason: FAULT.addressSize }, { kind: "page-request", isLast: true, group: 7 }],
  ["aborted",                  { isStalled: false, stage: 1, reason: FAULT.translation }, { kind: "unrecoverable", isLast: false, group: -1 }],
  ["of the second stage",      { isStalled: true,  stage: 2, reason: FAULT.translation }, "EFAULT"],
] as const;

test.each(REPORTS)("a fault %s is read as what it is", (_what, event, got) => {
  const report = eventReport({ stag: 7, ...event });
  expect(report.ok ? report.value : report.errno).toEqual(got);
});

test("what is no fault of an address is not supported, of either stage", () => {
  const others = Object.values(FAULT).filter(
    (reason) => ![FAULT.translation, FAULT.permission, FAULT.addressSize].includes(reason as never),
  );
  expect(others.length).toBeGreaterThan(0);
  for (const reason of others) {
    for (const stage of [1, 2] as const) {
      const report = eventReport({ isStalled: true, stag: 7, stage, reason });
      expect(report).toMatchObject({ ok: false, errno: "EOPNOTSUPP" });
    }
  }
});

test("PGTABLE-009: no entry is no descriptor; any other says which frame or table", () => {
  expect([descriptorOf(0, 0, 1), descriptorOf(0, 2, 2)]).toEqual([0n, 0n]);
  const address = (entry: number, level: number, stage: 1 | 2) =>
    descriptorOf(entry, level, stage) & 0xffff_ffff_f000n;
  for (const stage of [1, 2] as const) {
    expect(address(entryOf(5, ENTRY.READ), 0, stage)).toBe(0x5000n);
    expect(address(entryOf(512, ENTRY.READ), 1, stage)).toBe(BigInt(M2));
    expect(address(entryOf(7, ENTRY.TABLE), 2, stage)).toBe(0x7000n);
  }
});
