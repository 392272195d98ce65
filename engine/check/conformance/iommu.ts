import { Iova, PAGE, Pfn, record } from "../../core/index.ts";
import {
  addIommu,
  allocDomain,
  attachDevice,
  attachGroup,
  commandCount,
  commandsSince,
  type DeviceWish,
  detachGroup,
  flushIotlb,
  iovaToFrame,
  iovaToPhys,
  makeDomain,
  mapDomain,
  translate,
  unmapDomain,
  unmapFast,
} from "../../iommu/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import {
  BLOCK,
  device,
  domainOf,
  enter,
  entriesOf,
  failed,
  RIGHTS,
  type Setting,
  setting,
} from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";

/** A device behind an IOMMU of its own, with these options, on an unmanaged domain. */
const FRAME = Pfn(512);

function unaligned({ machine, domain }: Setting): Actual[] {
  const wish = { iova: Iova(PAGE), pfn: FRAME, size: PAGE, prot: RIGHTS };
  return [
    failed(mapDomain(machine, domain, { ...wish, iova: Iova(PAGE + 1) })),
    failed(mapDomain(machine, domain, { ...wish, size: PAGE + 1 })),
  ];
}

/** Map, unmap, attach, groups: the core of the kernel's IOMMU code. */
export const IOMMU: Area = {
  "IOMMU-001": (lab) => {
    const { machine, domain } = setting(lab, { pageSizes: 0 });
    return failed(enter(machine, domain, 0, FRAME, PAGE));
  },
  "IOMMU-003": (lab) => unaligned(setting(lab)),
  "IOMMU-004": (lab) => {
    const ready = setting(lab);
    const { machine, domain } = ready;
    enter(machine, domain, BLOCK - PAGE, Pfn(2 * 512 - 1), BLOCK + 2 * PAGE);
    const sizes = entriesOf(ready, BLOCK - PAGE, 2 * BLOCK + PAGE).map(({ size }) => size);
    const off = setting(lab);
    enter(off.machine, off.domain, BLOCK, Pfn(512 + 1), BLOCK);
    const pages = entriesOf(off, BLOCK, 2 * BLOCK);
    return {
      result: prose(
        said(
          "largest supported power of two that divides iova|pa and fits the remaining size",
          sizes.join() === [PAGE, BLOCK, PAGE].join() && pages.length === 512,
        ),
      ),
    };
  },
  "IOMMU-005": (lab) => {
    const bench = lab.bench({ fails: [{ kind: "map", nth: 3 }] });
    const { machine } = bench;
    const domain = domainOf(machine, device(machine, bench.iommu));
    const got = enter(machine, domain, PAGE, FRAME, 4 * PAGE);
    const left = [1, 2, 3, 4].map((page) => iovaToFrame(machine, domain, page * PAGE));
    return {
      errno: got.ok || got.errno !== "ENOMEM" ? "other" : "E",
      event: prose(
        said(
          "steps before k are unmapped again",
          left.every((frame) => frame === -1),
        ),
      ),
    };
  },
  "IOMMU-006": (lab) => {
    const ready = setting(lab);
    const got = enter(ready.machine, ready.domain, 0, FRAME, 0);
    return {
      ...(got.ok ? { result: 0 } : failed(got)),
      event: prose(said("no entry written", entriesOf(ready, 0, BLOCK).length === 0)),
    };
  },
  "IOMMU-007": (lab) => {
    const { machine, domain } = setting(lab);
    enter(machine, domain, 0, FRAME, 2 * PAGE);
    return [
      { result: unmapDomain(machine, domain, 1, PAGE) },
      { result: unmapDomain(machine, domain, 0, PAGE + 1) },
    ];
  },
  "IOMMU-009": (lab) => {
    const { machine, domain, iommu, stream } = setting(lab);
    enter(machine, domain, 0, FRAME, 2 * PAGE);
    const reach = () => translate(machine, stream, Iova(PAGE), "read").ok;
    reach();
    const fast = commandCount(machine, iommu);
    unmapFast(machine, domain, PAGE, PAGE);
    const isAdded = namesSince(machine, iommu, fast) === "TLBI_NH_VA" && reach();
    flushIotlb(machine, domain, PAGE, PAGE);
    const isSynced = namesSince(machine, iommu, fast) === "TLBI_NH_VA SYNC" && !reach();
    enter(machine, domain, PAGE, FRAME, PAGE);
    const slow = commandCount(machine, iommu);
    unmapDomain(machine, domain, 0, 2 * PAGE);
    return {
      event: prose(
        said(
          "unmap: range_add per piece and one iotlb_sync at the end",
          namesSince(machine, iommu, slow) === "TLBI_NH_VA TLBI_NH_VA SYNC",
        ),
        said("fast: caller must add and sync", isAdded && isSynced),
      ),
    };
  },
  "IOMMU-011": (lab) => {
    const { machine, domain } = setting(lab);
    enter(machine, domain, PAGE, FRAME, PAGE);
    enter(machine, domain, BLOCK, Pfn(1024), BLOCK);
    return [
      [PAGE, 0x123, FRAME * PAGE],
      [BLOCK, 0x12345, 1024 * PAGE],
    ].map(([iova = 0, offset = 0, pa = 0]) => {
      const got = iovaToPhys(machine, domain, iova + offset);
      return { result: got === pa + offset ? "pa+o" : String(got) };
    });
  },
  "IOMMU-013": (lab) => {
    const { machine, group, domain } = pair(lab);
    const got = attachGroup(machine, domain, group);
    const { streams, domain: now } = record(machine.groups, group);
    const areIn = streams.map((id) => record(machine.streams, id).domain === domain);
    return {
      ...(got.ok ? { result: 0 } : failed(got)),
      event: prose(
        said("every device in the group attached", areIn.join() === "true,true"),
        said("group->domain = domain", now === domain),
      ),
    };
  },
  "IOMMU-015": (lab) => {
    const { machine, group, domain } = pair(lab);
    attachGroup(machine, domain, group);
    detachGroup(machine, domain, group);
    const { streams, defaultDomain } = record(machine.groups, group);
    const areHome = streams.every((id) => record(machine.streams, id).domain === defaultDomain);
    return {
      event: prose(said("devices are re-attached to the default domain", areHome)),
    };
  },
  "IOMMU-016": (lab) => {
    const { machine, group, domain } = pair(lab, { defaultDomain: "none" });
    attachGroup(machine, domain, group);
    detachGroup(machine, domain, group);
    const { streams, domain: now } = record(machine.groups, group);
    const areOut = streams.every((id) => record(machine.streams, id).domain === -1);
    return {
      event: prose(
        said("driver detach op", areOut),
        said(`group->domain = ${now === -1 ? "NULL" : now}`),
      ),
    };
  },
  "IOMMU-017": (lab) => {
    const { machine, group, domain } = pair(lab);
    const [stream = -1] = record(machine.groups, group).streams;
    return failed(attachDevice(machine, domain, stream));
  },
  "IOMMU-020": (lab) => {
    const kinds = ([true, false] as const).map((hasIdentity) => {
      const { machine } = lab.bench();
      const iommu = addIommu(machine, { name: "smmu1", hasIdentity });
      const stream = device(machine, iommu, { defaultDomain: "identity" });
      const { group } = record(machine.streams, stream);
      return record(machine.domains, record(machine.groups, group).defaultDomain).kind;
    });
    return {
      result: prose(
        said("default domain of iommu_def_domain_type", kinds[0] === "identity"),
        said("falling back to DMA", kinds[1] === "dma"),
      ),
    };
  },
  "IOMMU-021": (lab) => {
    const domain = allocDomain(lab.bench().machine, -1, "unmanaged");
    return { result: domain < 0 ? "NULL" : domain };
  },
};

/** Two devices that cannot be told apart, and an empty domain. */
function pair(lab: Lab, wish: Partial<DeviceWish> = {}) {
  const { machine, iommu } = lab.bench();
  const stream = device(machine, iommu, wish);
  const { group } = record(machine.streams, stream);
  device(machine, iommu, { ...wish, group });
  return { machine, group, domain: makeDomain(machine, "unmanaged") };
}

/** The names of what an IOMMU was told since. */
function namesSince(machine: Setting["machine"], iommu: number, since: number): string {
  return commandsSince(machine, iommu, since)
    .map(({ name }) => name)
    .join(" ");
}
