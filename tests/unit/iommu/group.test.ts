import { expect, test } from "vitest";
import { addActor, type CorePart, clone, Iova, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  attachGroup,
  detachGroup,
  dmaAlloc,
  dmaFree,
  dropGroup,
  enableFeature,
  FAULT,
  faults,
  freeDomain,
  type IommuPart,
  iovaToFrame,
  known,
  makeDomain,
  makeGroup,
  mapDomain,
  STE,
  shareDomain,
  translate,
  unshareDomain,
} from "../../../engine/iommu/index.ts";
import { at, bench } from "./support.ts";

const G4 = 2 ** 32;

function another(machine: IommuPart, name: string, iommu: number): number {
  const device = addActor(machine as CorePart, { name, kind: "device", id: 9 });
  return addStream(machine, { device, iommu });
}

test("IOMMU-020: a new device has a group with a DMA domain, translated by stage 1", () => {
  const { machine, stream, group, domain } = bench();
  expect(machine.domains[domain]).toMatchObject({ kind: "dma", iommu: 0, asid: 0 });
  expect(machine.groups[group]).toMatchObject({ domain, defaultDomain: domain, number: 0 });
  expect(machine.streams[stream]).toMatchObject({ config: STE.s1, domain });
});

test("IOMMU-013, IOMMU-015: attach moves every device, detach brings the default domain back", () => {
  const { machine, stream, group, domain } = bench();
  const mine = makeDomain(machine, "unmanaged");
  expect(attachGroup(machine, mine, group)).toMatchObject({ ok: true });
  expect(machine.streams[stream]).toMatchObject({ domain: mine, config: STE.s1 });
  mapDomain(machine, mine, { iova: Iova(0), pfn: at(7), size: PAGE, prot: 3 });
  expect(translate(machine, stream, Iova(0), "read")).toMatchObject({ ok: true, pfn: 7 });
  detachGroup(machine, mine, group);
  expect(machine.groups[group]?.domain).toBe(domain);
  expect(translate(machine, stream, Iova(0), "read").ok).toBe(false);
});

test("IOMMU-016: a group without a default domain has none after detach", () => {
  const { machine } = bench();
  const group = makeGroup(machine);
  const domain = makeDomain(machine, "unmanaged");
  attachGroup(machine, domain, group);
  detachGroup(machine, domain, group);
  expect(machine.groups[group]?.domain).toBe(-1);
});

test("__iommu_attach_group: a group off its default domain is busy, and so is a shared one", () => {
  const { machine, group } = bench();
  const [one, two] = [makeDomain(machine, "unmanaged"), makeDomain(machine, "unmanaged")];
  expect(shareDomain(machine, group)).toMatchObject({ ok: true });
  expect(attachGroup(machine, one, group)).toMatchObject({ errno: "EBUSY" });
  unshareDomain(machine, group);
  expect(attachGroup(machine, one, group)).toMatchObject({ ok: true });
  expect(attachGroup(machine, two, group)).toMatchObject({ errno: "EBUSY" });
});

test("arm_smmu_attach_dev: a domain of one IOMMU is refused by another", () => {
  const { machine, domain } = bench();
  const other = another(machine, "nic-0", addIommu(machine, { name: "smmu1" }));
  const group = machine.streams[other]?.group ?? -1;
  expect(attachGroup(machine, domain, group)).toMatchObject({ errno: "ENXIO" });
});

// biome-ignore format: one case a line
const STAYS = [
  ["v4.18", "the first stands behind another IOMMU",      "dma",  "far", -1, "ENXIO", [-1, 0],  0],
  ["v6.1",  "the first stands behind another IOMMU",      "dma",  "far", -1, "ENXIO", [0, 0],   0],
  ["v6.1",  "so it does, and the group has no domain",    "none", "far", -1, "ENXIO", [-1, -1], -1],
  ["v6.1",  "the first may share, and keeps its domain",  "dma",  "new", 0,  "EBUSY", [0, 0],   -1],
  ["v6.1",  "the second may share, the first comes back", "dma",  "new", 1,  "EBUSY", [0, 0],   -1],
] as const;

test.each(STAYS)(
  "__iommu_attach_group %s: %s",
  (kernel, _why, defaultDomain, wanted, sharer, errno, domains, kept) => {
    const { machine, device, group } = bench({ kernel, ssidBits: 8, defaultDomain });
    addStream(machine, { device, iommu: 0, group });
    const far = another(machine, "nic-0", addIommu(machine, { name: "smmu1" }));
    if (sharer >= 0) expect(enableFeature(machine, sharer, "sva")).toMatchObject({ ok: true });
    const theirs = machine.streams[far]?.domain ?? -1;
    const domain = wanted === "far" ? theirs : makeDomain(machine, "unmanaged");
    expect(attachGroup(machine, domain, group)).toMatchObject({ errno });
    expect(machine.streams.slice(0, 2).map((stream) => stream.domain)).toEqual(domains);
    expect(machine.groups[group]).toMatchObject({ streams: [0, 1], domain: kept });
  },
);

test("SMMU3-005: no free ASID is ENOSPC, and a freed domain gives its own back", () => {
  const { machine, group } = bench({ asids: 2 });
  another(machine, "nic-0", 0);
  const [one, two] = [makeDomain(machine, "unmanaged"), makeDomain(machine, "unmanaged")];
  expect(attachGroup(machine, one, group)).toMatchObject({ errno: "ENOSPC" });
  const spare = bench({ asids: 2 });
  attachGroup(spare.machine, makeDomain(spare.machine, "unmanaged"), spare.group);
  detachGroup(spare.machine, 1, spare.group);
  freeDomain(spare.machine, 1);
  const again = makeDomain(spare.machine, "unmanaged");
  expect(attachGroup(spare.machine, again, spare.group)).toMatchObject({ ok: true });
  expect(two).toBe(one + 1);
});

// biome-ignore format: one case a line
const UNASSIGNED = [
  ["SMMU3-009", "let through", false, STE.bypass],
  ["SMMU3-009", "aborted",     true,  STE.abort],
] as const;

test.each(UNASSIGNED)(
  "%s: a stream that nobody assigned is %s",
  (_row, _what, disablesBypass, config) => {
    const { machine, stream, group } = bench({ disablesBypass });
    machine.groups[group] = {
      ...(machine.groups[group] as (typeof machine.groups)[0]),
      defaultDomain: -1,
    };
    detachGroup(machine, 0, group);
    expect(machine.streams[stream]?.config).toBe(config);
    const result = translate(machine, stream, Iova(0x5000), "read");
    expect(result).toMatchObject({
      ok: false,
      reason: disablesBypass ? FAULT.stream : FAULT.memory,
    });
  },
);

test("SMMU3-018: a freed domain leaves nothing in the IOTLB for the next owner of its tag", () => {
  const { machine, stream, group } = bench();
  const mine = makeDomain(machine, "unmanaged");
  attachGroup(machine, mine, group);
  mapDomain(machine, mine, { iova: Iova(0), pfn: at(7), size: PAGE, prot: 3 });
  translate(machine, stream, Iova(0), "read");
  detachGroup(machine, mine, group);
  freeDomain(machine, mine);
  const next = makeDomain(machine, "unmanaged");
  attachGroup(machine, next, group);
  expect(machine.domains[next]?.asid).toBe(machine.domains[mine]?.asid);
  expect(translate(machine, stream, Iova(0), "read").ok).toBe(false);
});

test("two devices with one address each see their own memory: the IOTLB is tagged", () => {
  const { machine, stream, domain } = bench();
  const other = another(machine, "nic-0", 0);
  const theirs = machine.streams[other]?.domain ?? -1;
  mapDomain(machine, domain, { iova: Iova(0x1000), pfn: at(7), size: PAGE, prot: 3 });
  mapDomain(machine, theirs, { iova: Iova(0x1000), pfn: at(8), size: PAGE, prot: 3 });
  for (let time = 0; time < 2; time += 1) {
    expect(translate(machine, stream, Iova(0x1000), "read")).toMatchObject({ ok: true, pfn: 7 });
    expect(translate(machine, other, Iova(0x1000), "read")).toMatchObject({ ok: true, pfn: 8 });
  }
});

test("the IOTLB forgets the row least recently used, and no other", () => {
  const { machine, stream, domain } = bench({ iotlb: 2 });
  mapDomain(machine, domain, { iova: Iova(0x1000), pfn: at(7), size: 3 * PAGE, prot: 3 });
  for (const page of [1, 2, 1, 3]) translate(machine, stream, Iova(page * PAGE), "read");
  const iommu = machine.iommus[0] as (typeof machine.iommus)[0];
  expect(
    known(machine.iotlb, iommu)
      .map(({ start }) => start / PAGE)
      .sort(),
  ).toEqual([1, 3]);
});

test("a fault is counted with its device, and the last one kept", () => {
  const { machine, stream, device } = bench();
  translate(machine, stream, Iova(0x1000), "read");
  translate(machine, stream, Iova(2 ** 48), "write");
  expect(faults(machine, device)).toBe(2);
  const last = { iova: 2 ** 48, access: "write", reason: FAULT.addressSize };
  expect(machine.streams[stream]?.last).toEqual(last);
});

test("without an IOMMU an address is physical; where no memory is, nothing moves", () => {
  const { machine } = bench();
  const device = addActor(machine as CorePart, { name: "dummy", kind: "device", id: 1 });
  const stream = addStream(machine, { device, iommu: -1 });
  const memory = dmaAlloc(machine, -1, 2);
  expect(memory).toMatchObject({ ok: true, value: { iova: 0x1000, pfn: 1 } });
  expect(translate(machine, stream, Iova(0x2008), "write")).toMatchObject({ ok: true, pfn: 2 });
  for (const nowhere of [0, 0x3000, 2 ** 48]) {
    expect(translate(machine, stream, Iova(nowhere), "write")).toMatchObject({ ok: false });
  }
});

test("an identity domain lets physical addresses through", () => {
  const { machine, stream, group } = bench({ defaultDomain: "identity" });
  expect(machine.streams[stream]?.config).toBe(STE.bypass);
  expect(dmaAlloc(machine, group, 1)).toMatchObject({ ok: true, value: { iova: 0x1000 } });
});

test("the DMA API gives addresses from 4G downwards, aligned to their size, and takes them back", () => {
  const { machine, group, domain, stream } = bench();
  const before = clone(machine.frames.free);
  const ring = dmaAlloc(machine, group, 36);
  const page = dmaAlloc(machine, group, 1);
  if (!ring.ok || !page.ok) throw new Error("refused");
  expect(ring.value.iova).toBe(G4 - 64 * PAGE);
  expect(page.value.iova).toBe(G4 - PAGE);
  expect(iovaToFrame(machine, domain, ring.value.iova + 35 * PAGE)).toBe(ring.value.pfn + 35);
  dmaFree(machine, group, ring.value);
  expect(translate(machine, stream, ring.value.iova, "read").ok).toBe(false);
  expect(dmaAlloc(machine, group, 32)).toMatchObject({ value: { iova: G4 - 64 * PAGE } });
  expect(before).toEqual([]);
});

test("DMA memory that cannot be mapped leaves no frame behind", () => {
  for (let nth = 1; nth <= 3; nth += 1) {
    const { machine, group } = bench({ fails: [{ kind: "map", nth }] });
    expect(dmaAlloc(machine, group, 3)).toMatchObject({ errno: "ENOMEM" });
    expect([...machine.frames.free].sort()).toEqual([1, 2, 3]);
  }
});

test("the number of a group that is gone is used again, its id is not", () => {
  const { machine } = bench();
  const [one, two] = [makeGroup(machine), makeGroup(machine)];
  dropGroup(machine, one);
  const three = makeGroup(machine);
  expect([one, two, three].map((id) => machine.groups[id]?.number)).toEqual([1, 2, 1]);
  expect(three).toBe(3);
});
