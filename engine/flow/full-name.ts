import { FRAMEWORK_IOCTLS } from "../frameworks/index.ts";
import { DUMMY_CMD_FLUSH } from "../hw/index.ts";
import { IOCTLS as VFIO_IOCTLS } from "../vfio/index.ts";
import { CONSTANTS } from "./constants.ts";
import { nearest } from "./nearest.ts";

/** What only a reader of flows needs: a page gets them read, with every name in full. */

function numbers(): { [command: string]: number } {
  return Object.fromEntries(
    Object.entries(VFIO_IOCTLS).map(([name, { number }]) => [name, number]),
  );
}

/** ioctl commands by their full names, with their numbers, from the rooms that answer them. */
export const IOCTLS: { readonly [command: string]: number } = /* @__PURE__ */ Object.assign(
  numbers(),
  FRAMEWORK_IOCTLS,
  { DUMMY_CMD_FLUSH },
);

/** The full name of a constant; a unique ending will do: MAP_DMA is VFIO_IOMMU_MAP_DMA. */
export function fullName(name: string): string | undefined {
  const known = [...Object.keys(CONSTANTS), ...Object.keys(IOCTLS)];
  if (known.includes(name)) return name;
  const endings = known.filter((full) => full.endsWith(`_${name}`));
  return endings.length === 1 ? endings[0] : undefined;
}

/** The known constant that was probably meant. */
export function nearestConstant(name: string): string | undefined {
  return nearest(name, [...Object.keys(CONSTANTS), ...Object.keys(IOCTLS)]);
}
