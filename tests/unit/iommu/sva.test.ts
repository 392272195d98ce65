import { describe, expect, test } from "vitest";
import { addActor, type CorePart, Iova, KIND_NAMES, PAGE } from "../../../engine/core/index.ts";
import {
  addIommu,
  addStream,
  attachGroup,
  bindMm,
  enableFeature,
  FAULT,
  type IommuPart,
  known,
  makeDomain,
  mapDomain,
  mmOfPasid,
  pasidOf,
  STE,
  translate,
  unbindMm,
} from "../../../engine/iommu/index.ts";
import { forkMm, PROT, putMm, unmapArea, writeMemory } from "../../../engine/mm/index.ts";
import { able, access, bound, FIRST, frame, iommuOf, process, reach } from "./process.ts";
import { at, type Bench, bench } from "./support.ts";

function second(machine: IommuPart, iommu = 0): number {
  const device = addActor(machine as CorePart, { name: "hisi_sec-1", kind: "device", id: 1 });
  return addStream(machine, { device, iommu });
}

function word(result: { readonly ok: boolean; readonly errno?: string }): string {
  return result.ok ? "ok" : (result.errno ?? "");
}

describe("bind", () => {
  test("SVA-001: a device behind no IOMMU is ENODEV, as is one that never enabled sharing", () => {
    const { machine, stream } = bench({ kernel: "v6.1", ssidBits: 8, faults: "stall" });
    const mm = process(machine, 1);
    expect(word(bindMm(machine, second(machine, -1), mm))).toBe("ENODEV");
    expect(word(bindMm(machine, stream, mm))).toBe("ENODEV");
  });

  test("SVA-003: two devices in one group are EINVAL, whatever else", () => {
    const { machine, stream, group } = bench({ kernel: "v6.1", ssidBits: 8 });
    const { streams, ...rest } = machine.groups[group] as IommuPart["groups"][number];
    machine.groups[group] = { ...rest, streams: [...streams, second(machine)] };
    expect(word(bindMm(machine, stream, process(machine, 1)))).toBe("EINVAL");
  });

  test.each(["identity", "dma", "none"] as const)(
    "arm_smmu_sva_bind: beside a domain that is not of stage 1 it is EINVAL: %s",
    (defaultDomain) => {
      const { machine, stream, domain } = bench({ kernel: "v6.1", ssidBits: 8, defaultDomain });
      expect(domain).toBe(defaultDomain === "none" ? -1 : 0);
      enableFeature(machine, stream, "sva");
      const got = word(bindMm(machine, stream, process(machine, 1)));
      expect(got).toBe(defaultDomain === "identity" ? "EINVAL" : "ok");
    },
  );

  test("SVA-006: the same pair is one bond, let go of as often as asked for", () => {
    const on = able();
    const mm = process(on.machine, 1);
    const first = bindMm(on.machine, on.stream, mm);
    expect(bindMm(on.machine, on.stream, mm)).toEqual(first);
    expect(on.machine.bonds).toMatchObject([{ mm, refs: 2, pasid: 1 }]);
    unbindMm(on.machine, 0);
    expect(reach(on, 1, FIRST)).toBe(frame(on.machine, mm, FIRST));
    unbindMm(on.machine, 0);
    expect(reach(on, 1, FIRST)).toBe(`fault ${FAULT.context}`);
  });

  test("SVA-007: PASIDs are counted from 1, and one process has one on all devices", () => {
    const on = able();
    const [one, two] = [process(on.machine, 1), process(on.machine, 1)];
    expect([bound(on, one), bound(on, two)]).toEqual([1, 2]);
    const other = second(on.machine);
    enableFeature(on.machine, other, "iopf");
    enableFeature(on.machine, other, "sva");
    const bond = bindMm(on.machine, other, two);
    expect(bond.ok && on.machine.bonds[bond.value]).toMatchObject({ pasid: 2, stream: other });
    expect([pasidOf(on.machine, one), mmOfPasid(on.machine, 2), mmOfPasid(on.machine, 0)]).toEqual([
      1,
      two,
      -1,
    ]);
  });

  test("SVA-008: a PASID that is too large for this device is EOVERFLOW", () => {
    const on = able({ ssidBits: 10 });
    const few = addIommu(on.machine, { name: "smmu1", ssidBits: 2, faults: "stall" });
    const narrow = second(on.machine, few);
    enableFeature(on.machine, narrow, "iopf");
    enableFeature(on.machine, narrow, "sva");
    const mms = [1, 2, 3, 4].map(() => process(on.machine, 1));
    for (const mm of mms) bound(on, mm);
    const got = mms.map((mm) => word(bindMm(on.machine, narrow, mm)));
    // 3 is the largest that two bits hold, and v6.1 refuses it here although it hands it out.
    expect(got).toEqual(["ok", "ok", "EOVERFLOW", "EOVERFLOW"]);
  });

  test("SVA-007: without a free PASID it is ENOMEM; a process that is gone gives its own back", () => {
    const on = able({ ssidBits: 2 });
    const mms = [1, 2, 3, 4].map(() => process(on.machine, 1));
    const got = mms.map((mm) => word(bindMm(on.machine, on.stream, mm)));
    expect(got).toEqual(["ok", "ok", "ok", "ENOMEM"]);
    unbindMm(on.machine, 1);
    expect(word(bindMm(on.machine, on.stream, mms[3] as number))).toBe("ENOMEM");
    putMm(on.machine, mms[0] as number); // its bond is still there
    expect(word(bindMm(on.machine, on.stream, mms[3] as number))).toBe("ENOMEM");
    putMm(on.machine, mms[1] as number);
    expect(bound(on, mms[3] as number)).toBe(2);
  });

  test("ENOSPC without a free ASID, ENOMEM where `fail allocate 1` says so", () => {
    const on = able({ asids: 1 }); // the default domain has it
    expect(word(bindMm(on.machine, on.stream, process(on.machine, 0)))).toBe("ENOSPC");
    const poor = able({ fails: [{ kind: "allocate", nth: 1 }] });
    const mm = process(poor.machine, 0);
    expect(word(bindMm(poor.machine, poor.stream, mm))).toBe("ENOMEM");
    expect(poor.machine.bonds).toEqual([]);
    expect(poor.machine.notifiers).toEqual([]);
    expect(word(bindMm(poor.machine, poor.stream, mm))).toBe("ok");
  });
});

describe("an access with a PASID", () => {
  // biome-ignore format: one case a line
  const ROWS: readonly (readonly [why: string, pasid: number, va: number, how: "read" | "write", got: (on: Bench, mm: number) => unknown])[] = [
    ["reaches the process's own page",         1,    FIRST,        "read",  (on, mm) => frame(on.machine, mm, FIRST)],
    ["may write where the process may",        1,    FIRST + 8,    "write", (on, mm) => frame(on.machine, mm, FIRST)],
    ["waits for a page that is not there",     1,    FIRST + PAGE, "read",  () => "waits"],
    ["waits for an address in no area",        1,    0x1000,       "read",  () => "waits"],
    ["past 48 bits is refused at once",        1,    2 ** 48,      "read",  () => `fault ${FAULT.addressSize}`],
    ["with a PASID that nobody has",           2,    FIRST,        "read",  () => `fault ${FAULT.context}`],
    ["with one past the context table",        1024, FIRST,        "read",  () => `fault ${FAULT.substream}`],
  ];

  test.each(ROWS)("%s", (_why, pasid, va, how, got) => {
    const on = able();
    const mm = process(on.machine, 2, 1);
    bound(on, mm);
    expect(reach(on, pasid, va, how)).toBe(got(on, mm));
  });

  test("SMMU3-027: without a PASID the device's own domain decides, beside all bonds", () => {
    const on = able();
    bound(on, process(on.machine, 1));
    mapDomain(on.machine, on.domain, { iova: Iova(FIRST), pfn: at(7), size: PAGE, prot: 3 });
    expect(reach(on, 0, FIRST)).toBe(7);
    expect(reach(on, 1, FIRST)).not.toBe(7);
  });

  test("two processes at one address do not meet, in the tables or in the IOTLB", () => {
    const on = able();
    const [one, two] = [process(on.machine, 1), process(on.machine, 1)];
    const [left, right] = [bound(on, one), bound(on, two)];
    for (let round = 0; round < 2; round += 1) {
      expect(reach(on, left, FIRST)).toBe(frame(on.machine, one, FIRST));
      expect(reach(on, right, FIRST)).toBe(frame(on.machine, two, FIRST));
    }
    expect(known(on.machine.iotlb, iommuOf(on))).toHaveLength(2);
  });

  test("is refused whole where the stream passes by the IOMMU", () => {
    const on = able({ kernel: "v5.7" }); // later ones leave such a device where it is
    bound(on, process(on.machine, 1));
    attachGroup(on.machine, makeDomain(on.machine, "identity"), on.group);
    expect(on.machine.streams[on.stream]?.config).toBe(STE.bypass);
    expect(reach(on, 1, FIRST)).toBe(`fault ${FAULT.stream}`);
  });

  test("SMMU3-023: is counted and in the event queue where nobody handles page faults", () => {
    const on = able({ faults: "none" });
    const mm = process(on.machine, 2, 1, PROT.READ | PROT.WRITE);
    bound(on, mm);
    expect(reach(on, 1, FIRST + PAGE, "write")).toBe(`fault ${FAULT.translation}`);
    expect(on.machine.streams[on.stream]).toMatchObject({
      faults: 1,
      last: { iova: FIRST + PAGE, access: "write", reason: FAULT.translation, pasid: 1 },
    });
  });
});

describe("when the process changes", () => {
  test("SVA-013: munmap reaches the IOTLB before the frame is free", () => {
    const on = able();
    const mm = process(on.machine, 1);
    bound(on, mm);
    reach(on, 1, FIRST);
    unmapArea(on.machine, mm, FIRST, PAGE);
    expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
    expect(access(on, 1, FIRST)).toBe("answer 1");
  });

  test("with `fail invalidate 1` the device still reaches the frame, now somebody else's", () => {
    const on = able({ fails: [{ kind: "invalidate", nth: 1 }] });
    const mm = process(on.machine, 1);
    bound(on, mm);
    const stale = reach(on, 1, FIRST);
    unmapArea(on.machine, mm, FIRST, PAGE);
    const other = process(on.machine, 1);
    expect(frame(on.machine, other, FIRST)).toBe(stale);
    expect(reach(on, 1, FIRST)).toBe(stale);
  });

  test("after fork the device writes to the copy, as the process does", () => {
    const on = able();
    const mm = process(on.machine, 1);
    bound(on, mm);
    expect(reach(on, 1, FIRST, "write")).toBe(frame(on.machine, mm, FIRST));
    const child = forkMm(on.machine, mm);
    expect(reach(on, 1, FIRST, "write")).toBe("waits");
    const page = access(on, 1, FIRST, "write");
    expect(page).toBe(frame(on.machine, mm, FIRST));
    expect(page).not.toBe(child.ok ? frame(on.machine, child.value, FIRST) : page);
  });

  test("an IOTLB entry that only reads is walked for again when the device writes", () => {
    const on = able();
    const mm = process(on.machine, 1);
    bound(on, mm);
    const child = forkMm(on.machine, mm);
    reach(on, 1, FIRST); // remembered as read-only
    if (child.ok) putMm(on.machine, child.value);
    writeMemory(on.machine, mm, FIRST, Uint8Array.of(9)); // writable again, without a call
    expect(reach(on, 1, FIRST, "write")).toBe(frame(on.machine, mm, FIRST));
    expect(known(on.machine.iotlb, iommuOf(on))).toHaveLength(1);
  });

  test("SVA-012: of a process that is gone every access ends, quietly, until it is unbound", () => {
    const on = able();
    const mm = process(on.machine, 1);
    bound(on, mm);
    reach(on, 1, FIRST);
    putMm(on.machine, mm);
    expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
    expect(reach(on, 1, FIRST)).toBe(`fault ${FAULT.quiet}`);
    expect(on.machine.streams[on.stream]).toMatchObject({ faults: 1 });
    expect(on.machine.streams[on.stream]?.last).toBeUndefined();
    expect([pasidOf(on.machine, mm), mmOfPasid(on.machine, 1)]).toEqual([1, -1]);
    unbindMm(on.machine, 0);
    expect(reach(on, 1, FIRST)).toBe(`fault ${FAULT.context}`);
    expect(on.machine.streams[on.stream]?.last).toMatchObject({ reason: FAULT.context });
  });

  test("SVA-011: the last unbind empties the row and the IOTLB; the PASID stays with the process", () => {
    const on = able();
    const mm = process(on.machine, 1);
    bound(on, mm);
    reach(on, 1, FIRST);
    unbindMm(on.machine, 0);
    expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
    expect(on.machine.notifiers).toEqual([]);
    expect(pasidOf(on.machine, mm)).toBe(1);
    expect(bound(on, mm)).toBe(1);
  });

  test("binding and unbinding are told, once for each bond; so is an invalidation that is forgotten", () => {
    const on = able({ fails: [{ kind: "invalidate", nth: 1 }] });
    const mm = process(on.machine, 1);
    bound(on, mm);
    bound(on, mm);
    reach(on, 1, FIRST);
    for (const _twice of [1, 2]) unbindMm(on.machine, 0);
    const kinds = ["sva.bind", "sva.unbind", "iommu.forgot"] as const;
    expect(kinds.map((kind) => on.machine.counts[KIND_NAMES.indexOf(kind)])).toEqual([1, 1, 1]);
    expect(known(on.machine.iotlb, iommuOf(on))).toHaveLength(1);
  });

  test("two devices behind one IOMMU share one tag, and one notifier until both are gone", () => {
    const on = able();
    const other = second(on.machine);
    enableFeature(on.machine, other, "iopf");
    enableFeature(on.machine, other, "sva");
    const mm = process(on.machine, 1);
    bound(on, mm);
    const bond = bindMm(on.machine, other, mm);
    expect(on.machine.bonds[1]?.asid).toBe(on.machine.bonds[0]?.asid);
    expect(on.machine.notifiers).toHaveLength(1);
    unbindMm(on.machine, 0);
    expect(on.machine.notifiers).toHaveLength(1);
    expect(translate(on.machine, other, Iova(FIRST), "read", 1).ok).toBe(true);
    unmapArea(on.machine, mm, FIRST, PAGE);
    expect(translate(on.machine, other, Iova(FIRST), "read", 1).ok).toBe(false);
    if (bond.ok) unbindMm(on.machine, bond.value);
    expect(on.machine.notifiers).toEqual([]);
  });
});
