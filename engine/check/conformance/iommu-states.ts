import { addActor, Iova, PAGE, type Pfn, type Result, record } from "../../core/index.ts";
import {
  addIommu,
  addStream,
  attachGroup,
  commandsSince,
  type DeviceWish,
  IOMMU_PROT,
  type IommuOptions,
  levelsFor,
  makeDomain,
  mapDomain,
} from "../../iommu/index.ts";
import { spanOf, walk } from "../../mm/index.ts";
import type { CheckMachine } from "../bench/index.ts";
import type { Actual } from "./compare.ts";
import type { Lab } from "./lab.ts";

export const RIGHTS = IOMMU_PROT.READ | IOMMU_PROT.WRITE;
/** Bytes of a block of the second level: 2M. */
export const BLOCK = 512 * PAGE;

/** A device behind an IOMMU of its own, attached to an unmanaged domain. */
export interface Setting {
  readonly machine: CheckMachine;
  readonly iommu: number;
  readonly stream: number;
  readonly domain: number;
}

export function setting(lab: Lab, options: Partial<IommuOptions> = {}): Setting {
  const { machine } = lab.bench();
  const iommu = addIommu(machine, { name: "smmu1", ...options });
  const stream = device(machine, iommu);
  return { machine, iommu, stream, domain: domainOf(machine, stream) };
}

/** A device appears behind an IOMMU. @returns its stream */
export function device(
  machine: CheckMachine,
  iommu: number,
  wish: Partial<DeviceWish> = {},
): number {
  const name = `device${machine.streams.length}`;
  const actor = addActor(machine, { name, kind: "device", id: -1 });
  return addStream(machine, { device: actor, iommu, ...wish });
}

/** An unmanaged domain for the group of a stream, attached. */
export function domainOf(machine: CheckMachine, stream: number): number {
  const domain = makeDomain(machine, "unmanaged");
  const attached = attachGroup(machine, domain, record(machine.streams, stream).group);
  if (!attached.ok) throw new Error(`the domain cannot be attached: ${attached.why}`);
  return domain;
}

/** Maps a range of a domain. `prot` is READ and WRITE where left out. */
export function enter(
  machine: CheckMachine,
  domain: number,
  iova: number,
  pfn: Pfn,
  size: number,
  prot = RIGHTS,
): Result<void> {
  return mapDomain(machine, domain, { iova: Iova(iova), pfn, size, prot });
}

/** The errno of a verb; nothing where it worked. */
export function failed(got: Result<unknown>): Actual {
  return got.ok ? {} : { errno: got.errno };
}

/** One entry of a table, as a walk finds it. */
export interface Seen {
  readonly at: number;
  readonly size: number;
  readonly entry: number;
  readonly level: number;
}

/** The entries of a domain's table in a range. */
export function entriesOf({ machine, domain }: Setting, start: number, end: number): Seen[] {
  const { root, iommu } = record(machine.domains, domain);
  const levels = levelsFor(record(machine.iommus, iommu).inputBits);
  const seen: Seen[] = [];
  for (let at = start; at < end; ) {
    const { entry, level } = walk(machine.tables, root, at, levels);
    const size = spanOf(level);
    if (entry !== 0) seen.push({ at, size, entry, level });
    at = at - (at % size) + size;
  }
  return seen;
}

/** What an IOMMU was told since, as text: name, and `leaf` or `table` for an invalidation. */
export function told({ machine, iommu }: Setting, since: number): string {
  return commandsSince(machine, iommu, since)
    .map(({ name, extra }) =>
      name.startsWith("TLBI") ? `${name}(${extra ? "leaf" : "table"})` : name,
    )
    .join(" ");
}
