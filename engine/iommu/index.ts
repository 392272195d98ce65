export { type Iotlb, type Known, known } from "../mm/index.ts";
export { type DmaMemory, dmaAlloc, dmaFree } from "./dma.ts";
export {
  flushDomain,
  flushIotlb,
  freeDomain,
  IOMMU_MAP_CHECKS,
  iovaToFrame,
  type MapWish,
  makeDomain,
  mapDomain,
  unmapDomain,
  unmapFast,
} from "./domain.ts";
export {
  addStream,
  attachGroup,
  type DeviceWish,
  detachGroup,
  dropGroup,
  makeGroup,
  shareDomain,
  unshareDomain,
} from "./group.ts";
export { frameIn, IOMMU_PROT } from "./page-table.ts";
export {
  type Access,
  addIommu,
  type DmaRange,
  type Domain,
  type FaultRecord,
  faults,
  type Iommu,
  type IommuGroup,
  type IommuOptions,
  type IommuPart,
  iommuPart,
  PAGE_SIZES,
  STE,
  type Stream,
  streamsOf,
} from "./part.ts";
export { FAULT, type FaultReason, type Translation, translate } from "./translate.ts";
