import { expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  dropGroup,
  FAULT,
  makeGroup,
  mapDomain,
  removeStream,
  STE,
  translate,
} from "../../../engine/iommu/index.ts";
import { at, bench } from "./support.ts";

test.each([false, true])(
  "a device that leaves the bus is as if nobody had assigned it; aborted: %s",
  (disablesBypass) => {
    const { machine, device, domain, group, stream } = bench({ disablesBypass });
    const others = [1, 2].map(() => addStream(machine, { device, iommu: 0, group }));
    mapDomain(machine, domain, { iova: Iova(PAGE), pfn: at(7), size: PAGE, prot: 3 });
    removeStream(machine, stream);
    const config = disablesBypass ? STE.abort : STE.bypass;
    expect(machine.streams[stream]).toMatchObject({ group: -1, domain: -1, config });
    expect(machine.groups[group]).toMatchObject({ streams: others, domain });
    const reason = disablesBypass ? FAULT.stream : FAULT.memory;
    expect(translate(machine, stream, Iova(PAGE), "read")).toMatchObject({ ok: false, reason });
    for (const other of others) {
      expect(translate(machine, other, Iova(PAGE), "read")).toMatchObject({ ok: true, pfn: 7 });
    }
    removeStream(machine, stream); // once more is no more
    expect(machine.groups[group]?.streams).toEqual(others);
  },
);

test("one behind no IOMMU leaves no group, one behind a second IOMMU its own", () => {
  const { machine, device, group, stream } = bench();
  const alone = addStream(machine, { device, iommu: -1 });
  const far = addStream(machine, { device, iommu: addIommu(machine, { name: "smmu1" }) });
  const home = machine.streams[far]?.group ?? -1;
  removeStream(machine, alone);
  expect(machine.streams[alone]).toMatchObject({ group: -1, config: STE.bypass });
  removeStream(machine, far);
  expect(machine.streams[far]).toMatchObject({ group: -1, domain: -1, config: STE.bypass });
  expect([machine.groups[home]?.streams, machine.groups[group]?.streams]).toEqual([[], [stream]]);
});

test("iommu_group_release: a group that goes gives its default domain back, where it has one", () => {
  const { machine, domain, group, stream } = bench();
  const used = () => machine.tables.made - machine.tables.free.length;
  removeStream(machine, stream);
  expect([machine.domains[domain]?.isGone, used()]).toEqual([false, 1]);
  dropGroup(machine, group);
  expect([machine.domains[domain]?.isGone, used()]).toEqual([true, 0]);
  const bare = makeGroup(machine);
  dropGroup(machine, bare);
  expect(machine.groups[bare]?.isGone).toBe(true);
});
