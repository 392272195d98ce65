import type { Failure, Kernel } from "../../../engine/core/index.ts";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import {
  type Access,
  bindMm,
  enableFeature,
  handleGroup,
  type Iommu,
  type IommuOptions,
  type IommuPart,
  type PageRequest,
  postRequest,
  takeRequests,
  translate,
} from "../../../engine/iommu/index.ts";
import { createMm, mapArea, PROT, peek, writeMemory } from "../../../engine/mm/index.ts";
import { type Bench, bench } from "./support.ts";

export const FIRST = 0x7f000000;

export interface SvaOptions extends Partial<IommuOptions> {
  readonly kernel?: Kernel;
  readonly fails?: readonly Failure[];
}

/** A device that may share processes, its features enabled as far as it has them. */
export function able(options: SvaOptions = {}): Bench {
  const { kernel = "v6.1", ssidBits = 10, faults = "stall", ...rest } = options;
  const on = bench({ kernel, ssidBits, faults, ...rest });
  if (kernel === "v6.1" && faults !== "none") enableFeature(on.machine, on.stream, "iopf");
  enableFeature(on.machine, on.stream, "sva");
  return on;
}

/** A process with some pages at FIRST, of which the first `written` hold their own number. */
export function process(
  machine: IommuPart,
  pages: number,
  written = pages,
  prot: number = PROT.READ | PROT.WRITE,
): number {
  const mm = createMm(machine);
  const wish = { length: pages * PAGE, prot, flags: 0, backing: { kind: "anonymous" as const } };
  if (pages > 0) mapArea(machine, mm, wish);
  for (let page = 0; page < written; page += 1) {
    writeMemory(machine, mm, FIRST + page * PAGE, Uint8Array.of(page + 1));
  }
  return mm;
}

/** A process bound to the device. @returns its mm, and the PASID it got */
export function bound(on: Bench, mm: number): number {
  const bond = bindMm(on.machine, on.stream, mm);
  if (!bond.ok) throw new Error(bond.why);
  return on.machine.bonds[bond.value]?.pasid ?? -1;
}

/** One access of the device, as far as the IOMMU lets it go at once: a frame, or why not. */
export function reach(on: Bench, pasid: number, va: number, access: Access = "read") {
  const found = translate(on.machine, on.stream, Iova(va), access, pasid);
  if (found.ok) return found.pfn;
  return found.mayWait ? "waits" : `fault ${found.reason}`;
}

/** As `reach`, and where it may wait it asks, is answered and tries again. */
export function access(on: Bench, pasid: number, va: number, how: Access = "read") {
  const first = reach(on, pasid, va, how);
  if (first !== "waits") return first;
  ask(on, { pasid, va, access: how });
  const answer = serve(on);
  return answer?.code === 0 ? reach(on, pasid, va, how) : `answer ${answer?.code}`;
}

export function ask(on: Bench, wanted: Partial<PageRequest>): boolean {
  const request = { stream: on.stream, pasid: 1, group: 5, va: FIRST, access: "read" as const };
  return postRequest(on.machine, { ...request, isLast: true, ...wanted });
}

/** The driver takes what came, and handles one group. */
export function serve(on: Bench) {
  takeRequests(on.machine, on.machine.streams[on.stream]?.iommu ?? -1);
  return handleGroup(on.machine);
}

export function frame(machine: IommuPart, mm: number, va: number): number | undefined {
  return peek(machine, mm, va)?.pfn;
}

export function iommuOf(on: Bench): Iommu {
  return on.machine.iommus[0] as Iommu;
}
