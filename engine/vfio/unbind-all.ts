import { unbindMm } from "../iommu/index.ts";
import type { Container, VfioPart } from "./part.ts";

/** The last group has left: nobody's page table is used for this container any more. */
export function unbindAll(machine: VfioPart, { bonds = [] }: Container): void {
  for (const bond of bonds) unbindMm(machine, bond);
}
