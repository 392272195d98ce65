import { describe, expect, test } from "vitest";
import { addActor, type CorePart, Iova, PAGE, type Result } from "../../../engine/core/index.ts";
import {
  addStream,
  attachGroup,
  bindMm,
  commandCount,
  commandsSince,
  disableFeature,
  enableFeature,
  flushIotlb,
  iovaToPhys,
  makeDomain,
  mapDomain,
  pageResponse,
  takeRequests,
  translate,
  unbindMm,
  unmapDomain,
  unmapFast,
} from "../../../engine/iommu/index.ts";
import { able, ask, bound, FIRST, process, reach } from "../iommu/process.ts";
import { at, type Bench, bench, G1, M2 } from "../iommu/support.ts";
import { KERNELS } from "./story.ts";

/**
 * Tables, domains, PASIDs and answers of an IOMMU, asked as a driver asks.
 * Source: drivers/iommu/iommu.c, io-pgtable-arm.c, arm-smmu-v3.c v4.18 and v6.1;
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c, iommu-sva-lib.c, io-pgfault.c v6.1
 */

const END = 2 ** 48;
const word = (result: Result<unknown>) => (result.ok ? "ok" : (result.errno ?? "BUG"));

type Act = (on: Bench, isOld: boolean) => unknown;
type Row = readonly [what: string, got: unknown, act: Act, old?: unknown];

const map = (on: Bench, iova: number, size: number, prot = 3, pfn = iova / PAGE + 1) =>
  word(mapDomain(on.machine, on.domain, { iova: Iova(iova), pfn: at(pfn), size, prot }));
const unmap = (on: Bench, iova: number, size: number) =>
  unmapDomain(on.machine, on.domain, iova, size);
const phys = (on: Bench, iova: number) => iovaToPhys(on.machine, on.domain, iova);
const sees = (on: Bench, iova: number, how: "read" | "write" = "read") =>
  translate(on.machine, on.stream, Iova(iova), how).ok;
// biome-ignore format: one case a line
const TABLES: readonly Row[] = [
  ["neither to read nor to write", ["EINVAL", -1], (on) => [map(on, 0, PAGE, 0), phys(on, 0)], ["ok", -1]],
  ["the same past the table", "ERANGE", (on) => map(on, END, PAGE, 0), "ok"],
  ["the same to memory past 48 bits", "ERANGE", (on) => map(on, 0, PAGE, 0, END / PAGE), "ok"],
  ["the same over what is there", ["ok", "EINVAL"], (on) => [map(on, 0, PAGE), map(on, 0, PAGE, 4)], ["ok", "ok"]],
  ["off a page, and to nothing", "EINVAL", (on) => map(on, 8, PAGE, 0, 1)],
  ["half a page", "EINVAL", (on) => map(on, 0, PAGE / 2)],
  ["nothing at all", "ok", (on) => map(on, END, 0)],
  ["to memory past 48 bits", "ERANGE", (on) => map(on, 0, PAGE, 3, END / PAGE)],
  ["the last page of memory", "ok", (on) => map(on, 0, PAGE, 3, END / PAGE - 1)],
  ["over the end: what was entered goes", ["ERANGE", -1], (on) => [map(on, END - PAGE, 2 * PAGE), phys(on, END - PAGE)]],
  ["over the end by a block", ["ERANGE", -1], (on) => [map(on, END - M2, 2 * M2, 3, 512), phys(on, END - M2)]],
  ["memory that ends within it", ["ERANGE", -1], (on) => [map(on, 0, 2 * PAGE, 3, END / PAGE - 1), phys(on, 0)]],
  ["up to what is there: that stays, the rest goes", ["ok", "EEXIST", -1, 8 * PAGE + 9], (on) => [map(on, 2 * PAGE, PAGE, 3, 8), map(on, 0, 3 * PAGE, 3, 1), phys(on, 0), phys(on, 2 * PAGE + 9)]],
  ["a block over a page: the page is lost", ["ok", "ok", 1024 * PAGE], (on) => [map(on, PAGE, PAGE), map(on, 0, M2, 3, 1024), phys(on, 0)]],
  ["and then no room behind it: both are", ["EEXIST", -1, -1], (on) => { map(on, PAGE, PAGE, 3, 9); map(on, M2, M2, 3, 512); return [map(on, 0, 2 * M2, 3, 1024), phys(on, PAGE), phys(on, 0)]; }],
  ["unmap nothing", 0, (on) => { map(on, 0, PAGE); return unmap(on, 0, 0); }],
  ["unmap off a page", [0, 0], (on) => { map(on, 0, M2, 3, 512); return [unmap(on, 8, PAGE), unmap(on, 0, PAGE + 8)]; }],
  ["unmap past the table", 0, (on) => unmap(on, END, PAGE)],
  ["unmap over the end", PAGE, (on) => { map(on, END - PAGE, PAGE, 3, 1); return unmap(on, END - PAGE, 2 * PAGE); }],
  ["unmap up to a hole", [2 * PAGE, true], (on) => { map(on, 0, 2 * PAGE); map(on, 3 * PAGE, PAGE); return [unmap(on, 0, 4 * PAGE), sees(on, 3 * PAGE)]; }],
  ["unmap from a hole", [0, true], (on) => { map(on, PAGE, PAGE); return [unmap(on, 0, 2 * PAGE), sees(on, PAGE)]; }],
  ["unmap 2M in which one page is: all 2M, and no hole", [M2, -1], (on) => { map(on, 5 * PAGE, PAGE); return [unmap(on, 0, M2), phys(on, 5 * PAGE)]; }],
  ["the same for 1G", [G1, -1], (on) => { map(on, M2, PAGE); return [unmap(on, 0, G1), phys(on, M2)]; }],
  ["unmap of a block's last page, and over its end", [2 * PAGE, 512 * PAGE, -1], (on) => { map(on, 0, M2, 3, 512); map(on, M2, PAGE, 3, 2048); return [unmap(on, M2 - PAGE, 2 * PAGE), phys(on, 0), phys(on, M2)]; }],
  ["unmap of a page out of 1G: 2M blocks stay round it", [PAGE, -1, G1 + M2 + 7, G1 + 4 * PAGE], (on) => { map(on, 0, G1, 3, G1 / PAGE); return [unmap(on, 5 * PAGE, PAGE), phys(on, 5 * PAGE), phys(on, M2 + 7), phys(on, 4 * PAGE)]; }],
  ["unmap of 2M out of 1G", [M2, G1, -1, G1 + 2 * M2], (on) => { map(on, 0, G1, 3, G1 / PAGE); return [unmap(on, M2, M2), phys(on, 0), phys(on, M2), phys(on, 2 * M2)]; }],
  ["unmap without telling: the IOMMU goes on until it is told", [PAGE, true, false], (on) => { map(on, 0, PAGE); sees(on, 0); const done = unmapFast(on.machine, on.domain, 0, PAGE); const before = sees(on, 0); flushIotlb(on.machine, on.domain, 0, PAGE); return [done, before, sees(on, 0)]; }],
  ["to write only: stage 1 lets it read", [true, true], (on) => { map(on, 0, PAGE, 2); return [sees(on, 0), sees(on, 0, "write")]; }],
  ["to read only", [true, false], (on) => { map(on, 0, PAGE, 1); return [sees(on, 0), sees(on, 0, "write")]; }],
  ["a domain that nobody attached", ["ENODEV", "EINVAL", "ok", 0, -1], ({ machine }) => { const domain = makeDomain(machine, "unmanaged"); const wish = (iova: number, size: number) => word(mapDomain(machine, domain, { iova: Iova(iova), pfn: at(1), size, prot: 3 })); return [wish(0, PAGE), wish(1, PAGE), wish(0, 0), unmapDomain(machine, domain, 0, PAGE), iovaToPhys(machine, domain, 0)]; }],
];

describe.each(KERNELS)("tables of %s", (kernel) => {
  const isOld = kernel === "v4.18";
  const rows = TABLES.map(([what, got, act, old = got]) => [what, act, isOld ? old : got] as const);
  test.each(rows)("%s", (_what, act, got) => {
    expect(act(bench({ kernel }), isOld)).toEqual(got);
  });
});

const bind = (on: Bench, mm: number, stream = on.stream) => {
  const bond = bindMm(on.machine, stream, mm);
  return bond.ok ? (on.machine.bonds[bond.value]?.pasid ?? -1) : bond.errno;
};
const beside = ({ machine }: Bench, group?: number) => {
  const device = addActor(machine as CorePart, { name: "hisi_zip-1", kind: "device", id: 1 });
  const stream = addStream(machine, {
    device,
    iommu: 0,
    ...(group === undefined ? {} : { group }),
  });
  for (const feature of ["iopf", "sva"] as const) enableFeature(machine, stream, feature);
  return stream;
};
/** The device is on another domain before sharing is enabled. */
const onDomain = (kind: "identity" | "unmanaged", isNesting = false, isEnabled = true) => {
  const on = bench({ kernel: "v6.1", ssidBits: 4, faults: "stall" });
  attachGroup(on.machine, makeDomain(on.machine, kind, isNesting), on.group);
  if (isEnabled)
    for (const feature of ["iopf", "sva"] as const) enableFeature(on.machine, on.stream, feature);
  return on;
};

describe("sharing on v6.1", () => {
  // biome-ignore format: one case a line
  test.each<[what: string, got: unknown, act: () => unknown]>([
    ["a device that is let through", "EINVAL", () => { const on = onDomain("identity"); return bind(on, process(on.machine, 1)); }],
    ["a device behind a second stage", "EINVAL", () => { const on = onDomain("unmanaged", true); return bind(on, process(on.machine, 1)); }],
    ["a device on a domain of somebody's, of stage 1", 1, () => { const on = onDomain("unmanaged"); return bind(on, process(on.machine, 1)); }],
    ["let through, and not enabled: the domain is looked at first", "EINVAL", () => { const on = onDomain("identity", false, false); return bind(on, process(on.machine, 1)); }],
    ["not enabled", "ENODEV", () => { const on = onDomain("unmanaged", false, false); return bind(on, process(on.machine, 1)); }],
    ["two devices in its group", "EINVAL", () => { const on = able(); beside(on, on.group); return bind(on, process(on.machine, 1)); }],
    ["one bit: one process, and it cannot go to a second device", [1, "ENOMEM", 1, "EOVERFLOW"], () => { const on = able({ ssidBits: 1 }); const mm = process(on.machine, 1); return [bind(on, mm), bind(on, process(on.machine, 1)), bind(on, mm), bind(on, mm, beside(on))]; }],
    ["two bits: the last number does not go to a second device, the one before does", [1, 2, 3, 2, "EOVERFLOW"], () => { const on = able({ ssidBits: 2 }); const [a, b, c] = [1, 2, 3].map(() => process(on.machine, 1)) as [number, number, number]; const second = beside(on); return [bind(on, a), bind(on, b), bind(on, c), bind(on, b, second), bind(on, c, second)]; }],
    ["unbound as often as bound, and then nothing is there", [1, 1, "number", "number", "string"], () => { const on = able(); const mm = process(on.machine, 1); const got: unknown[] = [bind(on, mm), bind(on, mm)]; for (let held = 2; held >= 0; held -= 1) { got.push(typeof reach(on, 1, FIRST)); if (held > 0) unbindMm(on.machine, 0); } return got; }],
  ])("%s", (_what, got, act) => {
    expect(act()).toEqual(got);
  });

  test.each([
    [0, "ok", [1]],
    [1, "ok", [2]],
    [2, "ok", [2]],
    [3, "EINVAL", []],
    [-1, "EINVAL", []],
  ] as const)(
    "a stalled access that is answered with %i: %s, and is not waited for any more",
    (code, got, told) => {
      const on = able();
      bound(on, process(on.machine, 1));
      ask(on, { group: 7 });
      takeRequests(on.machine, 0);
      const before = commandCount(on.machine, 0);
      const answer = { version: 1, hasPasid: false, pasid: 0, group: 7, code };
      expect(word(pageResponse(on.machine, on.stream, answer))).toBe(got);
      const said = commandsSince(on.machine, 0, before);
      expect(said.map(({ name, tag, extra }) => [name, tag, extra])).toEqual(
        told.map((extra) => ["RESUME", 7, extra]),
      );
      expect(on.machine.unanswered).toEqual([]);
      expect(word(pageResponse(on.machine, on.stream, { ...answer, code: 0 }))).toBe("EINVAL");
    },
  );

  test.each([
    ["stall", "RESUME", 2],
    ["pri", "PRI_RESP", 0],
  ] as const)("by %s nobody handles faults: it is ended by %s", (faults, name, extra) => {
    const on = able({ faults });
    for (const feature of ["sva", "iopf"] as const) {
      expect(word(disableFeature(on.machine, on.stream, feature))).toBe("ok");
    }
    ask(on, { group: 3 });
    const before = commandCount(on.machine, 0);
    takeRequests(on.machine, 0);
    expect(commandsSince(on.machine, 0, before)).toMatchObject([{ name, tag: 3, extra }]);
    expect(on.machine.unanswered).toEqual([]);
  });
});
