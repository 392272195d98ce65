import { describe, expect, test } from "vitest";
import { addActor, Iova, type Kernel, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  attachDevice,
  attachGroup,
  bindMm,
  type CommandName,
  commandCount,
  commandsSince,
  type DeviceWish,
  detachGroup,
  enableFeature,
  faults,
  type IommuPart,
  iommuPart,
  makeDomain,
  mapDomain,
  STE,
  shareDomain,
  streamEntry,
  streamsOf,
  translate,
  writeStreamEntry,
} from "../../../engine/iommu/index.ts";
import { createMm } from "../../../engine/mm/index.ts";
import { at, type BenchOptions, bench } from "./support.ts";

/** One more device. @returns its stream */
function another(machine: IommuPart, wish: Omit<DeviceWish, "device">): number {
  const device = addActor(machine, { name: "nic-0", kind: "device", id: 9 });
  return addStream(machine, { device, ...wish });
}

function unmanaged(machine: IommuPart): number {
  return makeDomain(machine, "unmanaged");
}

const errno = (result: { ok: boolean; errno?: string }) => (result.ok ? "ok" : result.errno);

describe("where nothing is said", () => {
  test("a machine has no IOMMU, no stream and no request, and nobody has PASID 0", () => {
    const { commands: _, pasids, ...lists } = iommuPart();
    expect(pasids).toEqual([-1]);
    for (const list of Object.values(lists)) expect(list).toEqual([]);
  });

  test("an IOMMU takes 48 bits at stage 1 and holds no access back", () => {
    const { machine, stream } = bench({ kernel: "v6.1" });
    expect(machine.iommus[0]).toMatchObject({ inputBits: 48, stage: 1, faults: "none" });
    expect(errno(enableFeature(machine, stream, "iopf"))).toBe("EINVAL");
  });

  test("a device is one of PCI, in a group of its own with a domain of the DMA API", () => {
    const { machine } = bench();
    const stream = another(machine, { iommu: 0 });
    const { group = -1, bus } = machine.streams[stream] ?? {};
    expect([bus, machine.groups[group]?.streams]).toEqual(["pci", [stream]]);
    expect(machine.domains[machine.groups[group]?.domain ?? -1]?.kind).toBe("dma");
  });

  test("one behind no IOMMU has neither group nor domain", () => {
    const { machine } = bench();
    const alone = another(machine, { iommu: -1 });
    expect(machine.streams[alone]).toMatchObject({ group: -1, domain: -1, config: STE.bypass });
  });
});

describe("groups", () => {
  test("a device that joins a group translates as the others do, from the first access on", () => {
    const { machine, group, domain } = bench();
    mapDomain(machine, domain, { iova: Iova(PAGE), pfn: at(7), size: PAGE, prot: 3 });
    const stream = another(machine, { iommu: 0, group });
    expect(machine.streams[stream]).toMatchObject({ group, domain, config: STE.s1 });
    expect(translate(machine, stream, Iova(PAGE), "read")).toMatchObject({ ok: true, pfn: 7 });
  });

  test("without a default domain any domain is exchanged for another, and none is none", () => {
    const { machine } = bench();
    const stream = another(machine, { iommu: 0, defaultDomain: "none" });
    const group = machine.streams[stream]?.group ?? -1;
    expect(shareDomain(machine, group)).toMatchObject({ errno: "ENODEV" });
    expect(machine.groups[group]?.sharers).toBe(0);
    const [one, two] = [unmanaged(machine), unmanaged(machine)];
    expect(errno(attachGroup(machine, one, group))).toBe("ok");
    expect(errno(attachGroup(machine, two, group))).toBe("ok");
    expect(machine.streams[stream]?.domain).toBe(two);
    detachGroup(machine, two, group);
    const before = commandCount(machine, 0);
    detachGroup(machine, two, group);
    expect([machine.groups[group]?.domain, commandCount(machine, 0)]).toEqual([-1, before]);
  });

  test("in v6.1 it is not: a group without a default domain is busy, with the first domain too", () => {
    const { machine, domain } = bench({ kernel: "v6.1" });
    const stream = another(machine, { iommu: 0, defaultDomain: "none" });
    const group = machine.streams[stream]?.group ?? -1;
    expect([domain, errno(attachGroup(machine, domain, group))]).toEqual([0, "ok"]);
    expect(errno(attachGroup(machine, unmanaged(machine), group))).toBe("EBUSY");
    expect([machine.groups[group]?.domain, machine.streams[stream]?.domain]).toEqual([0, 0]);
  });

  test("to detach a group that has its default domain tells the hardware nothing", () => {
    const { machine, group, domain } = bench();
    const before = commandCount(machine, 0);
    machine.news.count = 0;
    detachGroup(machine, domain, group);
    expect([commandCount(machine, 0), machine.news.count]).toEqual([before, 0]);
    expect(machine.groups[group]?.domain).toBe(domain);
  });

  test("IOMMU-017: a device is attached by itself only where it is alone, and has a group", () => {
    const { machine, stream, group } = bench();
    const own = unmanaged(machine);
    expect(errno(attachDevice(machine, own, stream))).toBe("ok");
    expect(machine.streams[stream]?.domain).toBe(own);
    detachGroup(machine, own, group);
    const joined = another(machine, { iommu: 0, group });
    expect(errno(attachDevice(machine, own, joined))).toBe("EINVAL");
    expect(errno(attachDevice(machine, own, another(machine, { iommu: -1 })))).toBe("ENODEV");
    expect(machine.streams[stream]?.domain).not.toBe(own);
  });

  test("each IOMMU has tags of its own, for domains and for processes", () => {
    const { machine } = bench({ kernel: "v6.1", ssidBits: 4 });
    const far = addIommu(machine, { name: "smmu1", ssidBits: 4 });
    const bare = another(machine, { iommu: far, defaultDomain: "none" });
    enableFeature(machine, bare, "sva");
    for (const tag of [0, 1]) {
      const bond = bindMm(machine, bare, createMm(machine));
      expect(bond.ok && machine.bonds[bond.value]?.asid).toBe(tag);
    }
    const tagOf = (stream: number) =>
      machine.domains[machine.streams[stream]?.domain ?? -1]?.asid ?? -1;
    const tags = [0, far, 0, far].map((iommu) => tagOf(another(machine, { iommu })));
    expect(tags).toEqual([1, 2, 2, 3]);
  });
});

test("the streams of a device are its own, and so are its faults", () => {
  const { machine, device, stream } = bench();
  const other = another(machine, { iommu: 0 });
  const twin = addStream(machine, { device, iommu: 0 });
  for (const id of [stream, other, twin]) translate(machine, id, Iova(PAGE), "read");
  expect(streamsOf(machine, device)).toEqual([stream, twin]);
  expect(faults(machine, device)).toBe(2);
});

// biome-ignore format: one case a line
const ENTRIES: readonly (readonly [row: string, kernel: Kernel, faults: "none" | "pri" | "stall", kind: "stage 1" | "stage 2" | "identity", stalled: boolean, rows: number])[] = [
  ["SMMU3-012", "v4.18", "stall", "stage 1",  true,  0],
  ["SMMU3-012", "v4.18", "pri",   "stage 1",  false, 0],
  ["SMMU3-012", "v4.18", "none",  "stage 1",  false, 0],
  ["SMMU3-013", "v4.18", "stall", "stage 2",  false, 0],
  ["SMMU3-013", "v4.18", "stall", "identity", false, 0],
  ["SMMU3-027", "v6.1",  "stall", "stage 1",  false, 10],
  ["SMMU3-027", "v6.1",  "none",  "stage 1",  false, 10],
  ["SMMU3-027", "v6.1",  "stall", "stage 2",  false, 0],
  ["SMMU3-027", "v6.1",  "stall", "identity", false, 0],
];

test.each(ENTRIES)(
  "%s: in %s, faults=%s, the entry of a stream of %s: stalls of stage 1 disabled %s, 2^%i contexts",
  (_row, kernel, faults, kind, s1StallDisabled, s1CdMax) => {
    const options: BenchOptions = { kernel, faults, ssidBits: 10 };
    const { machine, stream } = bench({
      ...options,
      stage: kind === "stage 2" ? 2 : 1,
      defaultDomain: kind === "identity" ? "identity" : "dma",
    });
    const config = { "stage 1": STE.s1, "stage 2": STE.s2, identity: STE.bypass }[kind];
    expect(streamEntry(machine, stream)).toEqual({
      config,
      s1StallDisabled,
      s1CdMax,
      s1Dss: "ssid0",
    });
  },
);

const ONCE: readonly CommandName[] = ["CFGI_STE", "SYNC"];

test.each([
  [1, STE.s1],
  [2, STE.s2],
] as const)(
  "SMMU3-010, SMMU3-011: an entry of stage %i is told twice, and not written over while it translates",
  (stage, config) => {
    const { machine, stream, domain } = bench({ stage });
    expect(machine.streams[stream]?.config).toBe(config);
    expect(writeStreamEntry(machine, stream, { config, domain })).toMatchObject({ errno: "BUG" });
    const told = (to: (typeof STE)[keyof typeof STE]) => {
      const before = commandCount(machine, 0);
      expect(errno(writeStreamEntry(machine, stream, { config: to, domain }))).toBe("ok");
      return commandsSince(machine, 0, before).map(({ name }) => name);
    };
    expect([told(STE.bypass), told(config), told(STE.abort)]).toEqual([
      ONCE,
      [...ONCE, ...ONCE],
      ONCE,
    ]);
  },
);
