import { ERRNO } from "../core/index.ts";
import { FLAG } from "../task/index.ts";
import { nearest } from "./nearest.ts";

/**
 * ioctl commands by their full names, with their numbers.
 * Source: include/uapi/linux/vfio.h v4.18; KL include/uapi/linux/vfio_spimdev.h near RFCv1;
 * the dummy device's own; WD_IOCTL_COMPRESS is this model's, for the contrast.
 */
export const IOCTLS: { readonly [command: string]: number } = {
  VFIO_GET_API_VERSION: 0x3b64,
  VFIO_CHECK_EXTENSION: 0x3b65,
  VFIO_SET_IOMMU: 0x3b66,
  VFIO_GROUP_GET_STATUS: 0x3b67,
  VFIO_GROUP_SET_CONTAINER: 0x3b68,
  VFIO_GROUP_UNSET_CONTAINER: 0x3b69,
  VFIO_GROUP_GET_DEVICE_FD: 0x3b6a,
  VFIO_DEVICE_GET_INFO: 0x3b6b,
  VFIO_DEVICE_GET_REGION_INFO: 0x3b6c,
  VFIO_DEVICE_GET_IRQ_INFO: 0x3b6d,
  VFIO_DEVICE_SET_IRQS: 0x3b6e,
  VFIO_DEVICE_RESET: 0x3b6f,
  VFIO_IOMMU_GET_INFO: 0x3b70,
  VFIO_IOMMU_MAP_DMA: 0x3b71,
  VFIO_IOMMU_UNMAP_DMA: 0x3b72,
  VFIO_SPIMDEV_CMD_GET_Q: 0x5701,
  VFIO_SPIMDEV_CMD_WAIT: 0x40085701,
  DUMMY_CMD_FLUSH: 0x6400,
  WD_IOCTL_COMPRESS: 0x5a01,
};

/** Other constants that a flow may write, with their numbers. */
export const CONSTANTS: { readonly [name: string]: number } = {
  ...FLAG,
  NULL: 0,
  RLIMIT_MEMLOCK: 8,
  VFIO_TYPE1_IOMMU: 1,
  VFIO_TYPE1v2_IOMMU: 3,
  VFIO_TYPE1_NESTING_IOMMU: 6,
  VFIO_NOIOMMU_IOMMU: 8,
  VFIO_API_VERSION: 0,
  VFIO_DMA_MAP_FLAG_READ: 1,
  VFIO_DMA_MAP_FLAG_WRITE: 2,
  VFIO_GROUP_FLAGS_VIABLE: 1,
  VFIO_GROUP_FLAGS_CONTAINER_SET: 2,
  VFIO_IOMMU_INFO_PGSIZES: 1,
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
