import { describe, expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  addStream,
  FAULT,
  known,
  mapDomain,
  pasidOf,
  reached,
  translate,
  unmapFast,
} from "../../../engine/iommu/index.ts";
import { forkMm, PROT, putMm, writeMemory } from "../../../engine/mm/index.ts";
import { able, bound, FIRST, frame, iommuOf, process, reach } from "./process.ts";
import { at, type Bench, bench } from "./support.ts";

const END = FIRST + PAGE - 8;

function mapAt({ machine, domain }: Bench, iova: number, pfn: number): void {
  mapDomain(machine, domain, { iova: Iova(iova), pfn: at(pfn), size: PAGE, prot: 3 });
}

describe("what a look finds", () => {
  test("is what the IOTLB knows, though the table has nothing any more", () => {
    const on = bench();
    const look = () => reached(on.machine, on.stream, FIRST + 8, 0);
    expect(look()).toBe(-1);
    mapAt(on, FIRST, 7);
    expect(look()).toBe(7);
    expect(known(on.machine.iotlb, iommuOf(on))).toEqual([]);
    translate(on.machine, on.stream, Iova(FIRST), "read");
    unmapFast(on.machine, on.domain, FIRST, PAGE);
    expect(look()).toBe(7);
  });

  test("with a PASID is never what the device's own domain has there", () => {
    const on = able();
    mapAt(on, FIRST, 7);
    const mm = process(on.machine, 1);
    const pasid = bound(on, mm);
    const look = (asked: number) => reached(on.machine, on.stream, FIRST, asked);
    expect([look(0), look(pasid), look(pasid + 1)]).toEqual([7, frame(on.machine, mm, FIRST), -1]);
  });

  test("of a process that is gone is nothing, even where the IOTLB was not told", () => {
    const on = able({ fails: [{ kind: "invalidate", nth: 1 }] });
    const mm = process(on.machine, 1);
    const pasid = bound(on, mm);
    reach(on, pasid, FIRST);
    putMm(on.machine, mm);
    expect(known(on.machine.iotlb, iommuOf(on))).toHaveLength(1);
    expect(reached(on.machine, on.stream, FIRST, pasid)).toBe(-1);
    expect(reach(on, pasid, FIRST)).toBe(`fault ${FAULT.quiet}`);
  });

  test("without an IOMMU is not asked of one", () => {
    const { machine, device } = bench();
    const alone = addStream(machine, { device, iommu: -1 });
    expect(reached(machine, alone, PAGE, 0)).toBe(-1);
    expect(pasidOf(machine, -1)).toBe(-1);
  });
});

describe("what an access says of its way", () => {
  test("through an IOMMU first a walk, then the IOTLB; past it neither", () => {
    const on = able();
    mapAt(on, FIRST, 7);
    const pasid = bound(on, process(on.machine, 1));
    for (const id of [0, pasid]) {
      for (const walked of [true, false]) {
        expect(translate(on.machine, on.stream, Iova(FIRST), "read", id)).toMatchObject({ walked });
      }
    }
    const through = bench({ defaultDomain: "identity" });
    process(through.machine, 1); // so that there is memory
    expect(translate(through.machine, through.stream, Iova(PAGE), "read")).toMatchObject({
      ok: true,
      walked: false,
    });
  });

  // biome-ignore format: one case a line
  test.each([
    ["a page that is not there", "stall", PAGE, "read",  "waits", FAULT.translation],
    ["a right that is missing",  "stall", 0,    "write", "waits", FAULT.permission],
    ["a page that is not there", "none",  PAGE, "read",  "fault", FAULT.translation],
    ["a right that is missing",  "none",  0,    "write", "fault", FAULT.permission],
  ] as const)("%s, faults=%s", (_why, faults, offset, how, what, reason) => {
    const on = able({ faults });
    const mm = process(on.machine, 2, 1);
    const child = forkMm(on.machine, mm); // the page may only be read now
    const pasid = bound(on, mm);
    const got = translate(on.machine, on.stream, Iova(FIRST + offset), how, pasid);
    expect(got).toEqual({ ok: false, reason, mayWait: what === "waits" });
    expect(on.machine.streams[on.stream]?.faults).toBe(what === "waits" ? 0 : 1);
    expect(child.ok).toBe(true);
  });
});

test.each([FIRST, FIRST + 8, END])(
  "an entry that only reads makes room for one that writes, whole and alone: at %i",
  (va) => {
    const on = able();
    const mm = process(on.machine, 3, 3, PROT.READ | PROT.WRITE);
    const pasid = bound(on, mm);
    const child = forkMm(on.machine, mm);
    for (const page of [0, 1, 2]) reach(on, pasid, FIRST + page * PAGE);
    if (child.ok) putMm(on.machine, child.value);
    writeMemory(on.machine, mm, FIRST, Uint8Array.of(9)); // writable again, without a call
    const rows = () =>
      known(on.machine.iotlb, iommuOf(on)).map(({ start }) => (start - FIRST) / PAGE);
    expect(reach(on, pasid, va, "write")).toBe(frame(on.machine, mm, FIRST));
    expect(rows().sort()).toEqual([0, 1, 2]);
  },
);
