import { ERRNO } from "../core/index.ts";
import { FRAMEWORK_IOCTLS } from "../frameworks/index.ts";
import { DUMMY_CMD_FLUSH } from "../hw/index.ts";
import { FLAG, POLL } from "../task/index.ts";
import { VFIO, IOCTLS as VFIO_IOCTLS } from "../vfio/index.ts";
import { nearest } from "./nearest.ts";

/** ioctl commands by their full names, with their numbers, from the rooms that answer them. */
export const IOCTLS: { readonly [command: string]: number } = {
  ...Object.fromEntries(Object.entries(VFIO_IOCTLS).map(([name, { number }]) => [name, number])),
  ...FRAMEWORK_IOCTLS,
  DUMMY_CMD_FLUSH,
};

/** Other constants that a flow may write, with their numbers. */
export const CONSTANTS: { readonly [name: string]: number } = {
  ...FLAG,
  ...VFIO,
  ...POLL,
  NULL: 0,
  RLIMIT_MEMLOCK: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
};

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

export function isErrno(name: string): name is keyof typeof ERRNO {
  return Object.hasOwn(ERRNO, name);
}
