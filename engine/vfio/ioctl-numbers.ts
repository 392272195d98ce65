/** One ioctl of VFIO. Its number is ';' << 8 | nr, without direction and size. */
export interface IoctlNumber {
  readonly number: number;
  /** Bytes of its structure that `argsz` must cover (minsz); 0 for none. */
  readonly argsz: number;
  readonly on: "container" | "group" | "device";
}

/** Source: VFIO-SM-001, VFIO-DMA-001; include/uapi/linux/vfio.h v4.18; BIND: bind.ts */
// biome-ignore format: one ioctl a line
export const IOCTLS = {
  VFIO_GET_API_VERSION:        { number: 0x3b64, argsz: 0,  on: "container" },
  VFIO_CHECK_EXTENSION:        { number: 0x3b65, argsz: 0,  on: "container" },
  VFIO_SET_IOMMU:              { number: 0x3b66, argsz: 0,  on: "container" },
  VFIO_GROUP_GET_STATUS:       { number: 0x3b67, argsz: 8,  on: "group" },
  VFIO_GROUP_SET_CONTAINER:    { number: 0x3b68, argsz: 0,  on: "group" },
  VFIO_GROUP_UNSET_CONTAINER:  { number: 0x3b69, argsz: 0,  on: "group" },
  VFIO_GROUP_GET_DEVICE_FD:    { number: 0x3b6a, argsz: 0,  on: "group" },
  VFIO_DEVICE_GET_INFO:        { number: 0x3b6b, argsz: 16, on: "device" },
  VFIO_DEVICE_GET_REGION_INFO: { number: 0x3b6c, argsz: 32, on: "device" },
  VFIO_DEVICE_GET_IRQ_INFO:    { number: 0x3b6d, argsz: 16, on: "device" },
  VFIO_DEVICE_SET_IRQS:        { number: 0x3b6e, argsz: 20, on: "device" },
  VFIO_DEVICE_RESET:           { number: 0x3b6f, argsz: 0,  on: "device" },
  VFIO_IOMMU_GET_INFO:         { number: 0x3b70, argsz: 16, on: "container" },
  VFIO_IOMMU_MAP_DMA:          { number: 0x3b71, argsz: 32, on: "container" },
  VFIO_IOMMU_UNMAP_DMA:        { number: 0x3b72, argsz: 24, on: "container" },
  VFIO_IOMMU_BIND:             { number: 0x3b7a, argsz: 20, on: "container" },
} as const satisfies Record<string, IoctlNumber>;

/** Constants of the same header that a program writes. */
export const VFIO = {
  VFIO_API_VERSION: 0,
  VFIO_TYPE1_IOMMU: 1,
  VFIO_SPAPR_TCE_IOMMU: 2,
  VFIO_TYPE1v2_IOMMU: 3,
  VFIO_DMA_CC_IOMMU: 4,
  VFIO_EEH: 5,
  VFIO_TYPE1_NESTING_IOMMU: 6,
  VFIO_SPAPR_TCE_v2_IOMMU: 7,
  VFIO_NOIOMMU_IOMMU: 8,
  /** v6.1 only. */
  VFIO_UNMAP_ALL: 9,
  VFIO_GROUP_FLAGS_VIABLE: 1,
  VFIO_GROUP_FLAGS_CONTAINER_SET: 2,
  VFIO_IOMMU_INFO_PGSIZES: 1,
  VFIO_IOMMU_BIND_PROCESS: 1,
  VFIO_DMA_MAP_FLAG_READ: 1,
  VFIO_DMA_MAP_FLAG_WRITE: 2,
  /** v6.1 only. */
  VFIO_DMA_MAP_FLAG_VADDR: 4,
  /** v6.1 only. */
  VFIO_DMA_UNMAP_FLAG_ALL: 2,
} as const;
