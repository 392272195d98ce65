import { record, U64_END } from "../core/index.ts";
import { levelsFor } from "../iommu/index.ts";
import { ENTRIES, spanOf } from "../mm/index.ts";
import type { Container, VfioPart } from "./part.ts";

/**
 * Where the device addresses that a domain can translate end (domain->geometry), exclusive. The
 * domain is attached: a container lists no other.
 */
export function apertureEnd(machine: VfioPart, domain: number): number {
  const { iommu } = record(machine.domains, domain);
  return spanOf(levelsFor(record(machine.iommus, iommu).inputBits) - 1) * ENTRIES;
}

/**
 * Where the addresses end that every domain of a container can translate: the list of valid ranges
 * that v5.4 and later keep. All of 2^64 where there is no domain.
 *
 * Leaves out: windows of message interrupts, reserved regions.
 */
export function validEnd(machine: VfioPart, { domains }: Container): number {
  return Math.min(U64_END, ...domains.map(({ domain }) => apertureEnd(machine, domain)));
}
