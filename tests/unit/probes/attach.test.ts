import { describe, expect, test } from "vitest";
import { addActor, type CorePart, type Result } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  attachGroup,
  detachGroup,
  enableFeature,
  type IommuPart,
  makeDomain,
  makeGroup,
} from "../../../engine/iommu/index.ts";
import { able } from "../iommu/process.ts";
import { bench } from "../iommu/support.ts";
import { KERNELS } from "./story.ts";

/**
 * A group that gets another domain, or does not.
 * Source: drivers/iommu/iommu.c __iommu_attach_group, drivers/iommu/arm-smmu-v3.c arm_smmu_attach_dev
 * v4.18; the same and drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c v6.1
 */

const word = (result: Result<unknown>) => (result.ok ? "ok" : (result.errno ?? "BUG"));
const domainsOf = ({ streams }: IommuPart, all: readonly number[]) =>
  all.map((stream) => streams[stream]?.domain);

describe.each(KERNELS)("%s", (kernel) => {
  const isOld = kernel === "v4.18";

  test("the second device refuses: v6.1 gives the first its old domain back", () => {
    const { machine, stream, group, domain } = bench({ kernel });
    const device = addActor(machine as CorePart, { name: "nic-0", kind: "device", id: 1 });
    const far = addIommu(machine, { name: "smmu1" });
    const second = addStream(machine, { device, iommu: far, defaultDomain: "none" });
    const row = machine.groups[group] as (typeof machine.groups)[number];
    machine.groups[group] = { ...row, streams: [stream, second] };
    const wanted = makeDomain(machine, "unmanaged");
    expect(word(attachGroup(machine, wanted, group))).toBe("ENXIO");
    // The second does not take the first one's domain either: then the group has none.
    expect(domainsOf(machine, [stream])).toEqual([isOld ? wanted : domain]);
    expect(machine.groups[group]?.domain).toBe(isOld ? domain : -1);
  });

  test("a group without a default domain: v6.1 lets nobody take it over", () => {
    const { machine } = bench({ kernel });
    const device = addActor(machine as CorePart, { name: "nic-0", kind: "device", id: 1 });
    const group = makeGroup(machine);
    const stream = addStream(machine, { device, iommu: 0, group, defaultDomain: "none" });
    const [one, two] = [makeDomain(machine, "unmanaged"), makeDomain(machine, "unmanaged")];
    expect(word(attachGroup(machine, one, group))).toBe("ok");
    expect(word(attachGroup(machine, two, group))).toBe(isOld ? "ok" : "EBUSY");
    expect(domainsOf(machine, [stream])).toEqual([isOld ? two : one]);
    detachGroup(machine, isOld ? two : one, group);
    expect(word(attachGroup(machine, two, group))).toBe("ok");
  });
});

test("v6.1 moves no device that may share: EBUSY, and its group has lost its domain", () => {
  const { machine, stream, group, domain } = able();
  const wanted = makeDomain(machine, "unmanaged");
  expect(word(attachGroup(machine, wanted, group))).toBe("EBUSY");
  expect(machine.streams[stream]).toMatchObject({ domain, sva: true });
  expect(machine.groups[group]?.domain).toBe(-1);
  expect(word(attachGroup(machine, domain, group))).toBe("EBUSY");
  expect(word(enableFeature(machine, stream, "sva"))).toBe("EBUSY");
});
