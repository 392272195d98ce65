import { addActor, Iova, PAGE, record } from "../../core/index.ts";
import {
  addIommu,
  addStream,
  bindMm,
  bondOf,
  commandCount,
  commandsSince,
  enableFeature,
  type IommuOptions,
  pasidOf,
  translate,
  unbindMm,
} from "../../iommu/index.ts";
import type { Bench } from "../bench/index.ts";
import { type Actual, prose, said } from "./compare.ts";
import { device, failed } from "./iommu-states.ts";
import type { Area, Lab } from "./lab.ts";

const ABLE = { ssidBits: 4, faults: "stall" } as const;

/** A device that can share, and a process with a page. */
export function shared(lab: Lab, options: Partial<IommuOptions> = ABLE) {
  const bench = lab.bench();
  const { machine, app } = bench;
  const iommu = addIommu(machine, { name: "smmu1", ...options });
  const stream = able(bench, iommu);
  return { bench, machine, app, mm: app.task.mm, iommu, stream };
}

/** One more device behind an IOMMU, with both features on. */
function able({ machine }: Bench, iommu: number): number {
  const stream = device(machine, iommu);
  enableFeature(machine, stream, "iopf");
  enableFeature(machine, stream, "sva");
  return stream;
}

/** Sharing the address space of a process with a device. */
export const SVA: Area = {
  "SVA-001": (lab) => {
    const { machine, mm } = shared(lab);
    const actor = addActor(machine, { name: "alone", kind: "device", id: -1 });
    const alone = addStream(machine, { device: actor, iommu: -1 });
    const unable = addIommu(machine, { name: "smmu2" }); // its driver has no sva_bind
    return [bindMm(machine, alone, mm), bindMm(machine, device(machine, unable), mm)].map(failed);
  },
  "SVA-003": (lab) => {
    const { machine, mm, iommu, stream } = shared(lab);
    device(machine, iommu, { group: record(machine.streams, stream).group });
    return failed(bindMm(machine, stream, mm));
  },
  "SVA-006": (lab) => {
    const { machine, mm, stream } = shared(lab);
    const [first, second] = [bindMm(machine, stream, mm), bindMm(machine, stream, mm)];
    const isSame = first.ok && second.ok && first.value === second.value;
    const refs = first.ok ? record(machine.bonds, first.value).refs : 0;
    return { result: prose(said("same handle", isSame), said(`refs+${refs - 1}`)) };
  },
  "SVA-007": (lab) => {
    const { bench, machine, mm, stream } = shared(lab);
    const bond = bindMm(machine, stream, mm);
    const pasids = [pasidOf(machine, mm)];
    for (let n = 0; n < 14; n += 1) {
      const other = bench.process(`p${n}`).task.mm;
      bindMm(machine, stream, other);
      pasids.push(pasidOf(machine, other));
    }
    const over = bindMm(machine, stream, bench.process("late").task.mm);
    const areAll =
      [...pasids].sort((a, b) => a - b).join() ===
      Array.from({ length: 15 }, (_, at) => at + 1).join();
    const before = pasidOf(machine, mm);
    if (bond.ok) unbindMm(machine, bond.value);
    return {
      result: prose(
        said("PASID allocated from 1..2^ssid_bits-1", areAll && !over.ok),
        said("stored in mm", before > 0),
        said("kept for the life of the mm", pasidOf(machine, mm) === before),
      ),
    };
  },
  "SVA-008": (lab) => {
    const { bench, machine, stream } = shared(lab, { ...ABLE, ssidBits: 8 });
    for (let n = 0; n < 9; n += 1) bindMm(machine, stream, bench.process(`p${n}`).task.mm);
    const last = bench.process("last").task.mm;
    bindMm(machine, stream, last);
    const small = able(bench, addIommu(machine, { name: "smmu2", ...ABLE, ssidBits: 2 }));
    return pasidOf(machine, last) > 3 ? failed(bindMm(machine, small, last)) : {};
  },
  "SVA-011": (lab) => {
    const { machine, app, mm, iommu, stream } = shared(lab);
    const page = app.buffer(1);
    const bond = bindMm(machine, stream, mm);
    const pasid = pasidOf(machine, mm);
    const reach = () => translate(machine, stream, Iova(page), "read", pasid).ok;
    const isShared = reach();
    const since = commandCount(machine, iommu);
    if (bond.ok) unbindMm(machine, bond.value);
    const names = commandsSince(machine, iommu, since).map(({ name }) => name);
    const isGone = isShared && bondOf(machine, stream, pasid) === undefined && !reach();
    return {
      event: prose(
        said("CD removed", isGone && names.includes("CFGI_CD")),
        said("TLBI by ASID", names.includes("TLBI_NH_ASID")),
        said("ATC invalidate", names.includes("ATC_INV")),
        said("PASID stays with the mm", pasidOf(machine, mm) === pasid),
      ),
    };
  },
  "SVA-012": (lab) => {
    const { machine, app, mm, stream } = shared(lab);
    const page = app.buffer(1);
    const bond = bindMm(machine, stream, mm);
    const pasid = pasidOf(machine, mm);
    app.exit();
    const got = translate(machine, stream, Iova(page), "read", pasid);
    const isQuiet = !got.ok && record(machine.streams, stream).last === undefined;
    const isBound = bondOf(machine, stream, pasid) !== undefined;
    if (bond.ok) unbindMm(machine, bond.value);
    return {
      event: prose(
        said("CD switched to quiet (EPD0)", isQuiet),
        said("device accesses abort without C_BAD_CD events", isQuiet),
        said("unbind still required", isBound && bondOf(machine, stream, pasid) === undefined),
      ),
    };
  },
  "SVA-013": (lab) => {
    const { bench, machine, app, mm, stream } = shared(lab);
    const page = app.buffer(2);
    bindMm(machine, stream, mm);
    const pasid = pasidOf(machine, mm);
    const reach = (at: number) => translate(machine, stream, Iova(at), "read", pasid);
    const before = [reach(page), reach(page + PAGE)];
    const { mark } = bench;
    app.must("munmap", page, PAGE);
    const told = bench.seen(mark, "sva.invalidate");
    const isRange = told.length === 1 && told[0]?.args[1] === page && told[0]?.args[2] === PAGE;
    const after = [reach(page), reach(page + PAGE)];
    const isForgotten = before.every(({ ok }) => ok) && !after[0]?.ok;
    const isKept = after[1]?.ok === true && !after[1].walked; // another page of it is still known
    return {
      event: prose(
        said("TLBI by ASID for the range (unless hardware BTM)", isRange && isForgotten && isKept),
        said("ATC invalidate for the PASID", told[0]?.args[0] === pasid),
      ),
    };
  },
  "SVA-015": (lab) => {
    const { machine, iommu } = shared(lab);
    return failed(enableFeature(machine, device(machine, iommu), "sva"));
  },
  "SVA-016": (lab): Actual[] => {
    const { machine, stream } = shared(lab);
    return (["iopf", "sva"] as const).map((name) => failed(enableFeature(machine, stream, name)));
  },
};
