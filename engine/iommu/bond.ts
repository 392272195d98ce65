import type { Bond, IommuPart } from "./part.ts";

/** The row of a stream's context table: the live bond of that PASID. */
export function bondOf(machine: IommuPart, stream: number, pasid: number): Bond | undefined {
  return machine.bonds.find(
    (bond) => bond.stream === stream && bond.pasid === pasid && bond.refs > 0,
  );
}
