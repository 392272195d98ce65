import { describe, expect, test } from "vitest";
import {
  addStream,
  bindMm,
  disableFeature,
  enableFeature,
  unbindMm,
} from "../../../engine/iommu/index.ts";
import { able, process } from "./process.ts";
import { bench } from "./support.ts";

function word(result: { readonly ok: boolean; readonly errno?: string }): string {
  return result.ok ? "ok" : (result.errno ?? "");
}

describe("features", () => {
  // biome-ignore format: one case a line
  test.each([
    ["v6.1", 10, "stall", "ok",     "ok"],
    ["v6.1", 10, "pri",   "ok",     "ok"],
    ["v6.1", 10, "none",  "EINVAL", "ok"],
    ["v6.1", 0,  "stall", "ok",     "EINVAL"],
    ["v5.7", 10, "stall", "ok",     "ok"],
    ["v5.7", 10, "none",  "ENODEV", "ENODEV"],
    ["v5.7", 0,  "stall", "ok",     "ENODEV"],
  ] as const)("on %s with %i PASID bits and faults=%s: iopf %s, then sva %s", (kernel, ssidBits, faults, iopf, sva) => {
    const { machine, stream } = bench({ kernel, ssidBits, faults });
    expect(word(enableFeature(machine, stream, "iopf"))).toBe(iopf);
    expect(word(enableFeature(machine, stream, "sva"))).toBe(sva);
  });

  test("a device behind no IOMMU has neither", () => {
    const { machine, device } = bench({ kernel: "v6.1", ssidBits: 8, faults: "stall" });
    const alone = addStream(machine, { device, iommu: -1 });
    for (const feature of ["iopf", "sva"] as const) {
      expect(word(enableFeature(machine, alone, feature))).toBe("ENODEV");
      expect(word(disableFeature(machine, alone, feature))).toBe("EBUSY");
    }
  });

  test("nor has one that has left its group", () => {
    const { machine, stream } = bench({ kernel: "v6.1", ssidBits: 8, faults: "stall" });
    const { group: _, ...rest } = machine.streams[stream] as (typeof machine.streams)[number];
    machine.streams[stream] = { ...rest, group: -1 };
    for (const feature of ["iopf", "sva"] as const) {
      expect(word(enableFeature(machine, stream, feature))).toBe("ENODEV");
    }
  });

  test("v5.7 asks first whether it is enabled, and not whether there is an IOMMU", () => {
    const { machine, device } = bench({ kernel: "v5.7" });
    const alone = addStream(machine, { device, iommu: -1 });
    for (const feature of ["iopf", "sva"] as const) {
      expect(word(enableFeature(machine, alone, feature))).toBe("ENODEV");
      expect(word(disableFeature(machine, alone, feature))).toBe("EINVAL");
    }
  });

  test("a second stage cannot lead to a process", () => {
    const { machine, stream } = bench({ kernel: "v6.1", ssidBits: 8, faults: "stall", stage: 2 });
    enableFeature(machine, stream, "iopf");
    expect(word(enableFeature(machine, stream, "sva"))).toBe("EINVAL");
  });

  test("SVA-015: v6.1 wants the faults first, v5.7 brings them along", () => {
    const late = bench({ kernel: "v6.1", ssidBits: 8, faults: "stall" });
    expect(word(enableFeature(late.machine, late.stream, "sva"))).toBe("EINVAL");
    const early = bench({ kernel: "v5.7", ssidBits: 8, faults: "stall" });
    expect(word(enableFeature(early.machine, early.stream, "sva"))).toBe("ok");
    expect(early.machine.streams[early.stream]?.iopf).toBe(true);
  });

  test("SVA-016: a second time is EBUSY; off again they are EINVAL", () => {
    const { machine, stream } = able();
    expect(word(enableFeature(machine, stream, "iopf"))).toBe("EBUSY");
    expect(word(enableFeature(machine, stream, "sva"))).toBe("EBUSY");
    expect(word(disableFeature(machine, stream, "iopf"))).toBe("EBUSY");
    expect(word(disableFeature(machine, stream, "sva"))).toBe("ok");
    expect(word(disableFeature(machine, stream, "iopf"))).toBe("ok");
    expect(word(disableFeature(machine, stream, "sva"))).toBe("EINVAL");
  });

  test.each([
    ["v6.1", "ok"], // the faults stay
    ["v5.7", "EINVAL"], // they went along
  ] as const)(
    "on %s: sharing off and on again; off again, and the faults are %s to disable",
    (kernel, faults) => {
      const { machine, stream } = able({ kernel });
      expect(word(disableFeature(machine, stream, "sva"))).toBe("ok");
      expect(word(enableFeature(machine, stream, "sva"))).toBe("ok");
      expect(word(disableFeature(machine, stream, "sva"))).toBe("ok");
      expect(word(disableFeature(machine, stream, "iopf"))).toBe(faults);
    },
  );

  test("sharing is not disabled while a process is bound", () => {
    const on = able();
    const bond = bindMm(on.machine, on.stream, process(on.machine, 1));
    expect(word(disableFeature(on.machine, on.stream, "sva"))).toBe("EBUSY");
    if (bond.ok) unbindMm(on.machine, bond.value);
    expect(word(disableFeature(on.machine, on.stream, "sva"))).toBe("ok");
  });
});
