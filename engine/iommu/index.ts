export { type Iotlb, type Known, known } from "../mm/index.ts";
export { bondOf } from "./bond.ts";
export {
  COMMAND,
  COMMANDS_MAX,
  type CommandName,
  type Commands,
  type CommandWords,
  command,
  commandCount,
  commandsSince,
  PRI_ANSWER,
  RESUME,
  type SaidCommand,
} from "./commands.ts";
export { DESCRIPTOR, descriptorOf, levelsFor, type Shape, shapeOf } from "./descriptor.ts";
export { type DmaMemory, dmaAlloc, dmaFree } from "./dma.ts";
export {
  allocDomain,
  flushDomain,
  flushIotlb,
  freeDomain,
  IOMMU_MAP_CHECKS,
  iovaToFrame,
  iovaToPhys,
  type MapWish,
  makeDomain,
  mapDomain,
  unmapDomain,
  unmapFast,
} from "./domain.ts";
export { eventReport, type FaultEvent, type FaultReport } from "./event-report.ts";
export { chooseGranule } from "./granule.ts";
export {
  addStream,
  attachDevice,
  attachGroup,
  type DeviceWish,
  detachGroup,
  dropGroup,
  makeGroup,
  shareDomain,
  unshareDomain,
} from "./group.ts";
export {
  type Answer,
  handleGroup,
  PAGE_RESPONSE,
  type PageResponse,
  pageResponse,
  postRequest,
  queueFault,
  type ResponseMessage,
  stopFaults,
  takeRequests,
} from "./iopf.ts";
export { frameIn, IOMMU_PROT } from "./page-table.ts";
export {
  type Access,
  addIommu,
  type Bond,
  type DmaRange,
  type Domain,
  type FaultGroup,
  type FaultRecord,
  faults,
  type Iommu,
  type IommuGroup,
  type IommuOptions,
  type IommuPart,
  iommuPart,
  PAGE_SIZES,
  type PageRequest,
  STE,
  type Stream,
  streamsOf,
} from "./part.ts";
export { mmOfPasid, pasidOf } from "./pasid.ts";
export { removeStream } from "./remove-stream.ts";
export { placeOfStream, type StreamEntry, streamEntry, writeStreamEntry } from "./stream-table.ts";
export {
  BIND_CHECKS,
  bindMm,
  disableFeature,
  enableFeature,
  FEATURE_CHECKS,
  type Feature,
} from "./sva.ts";
export {
  countFault,
  FAULT,
  type FaultReason,
  reached,
  type SharedAccess,
  type Translation,
  translate,
} from "./translate.ts";
export { unbindMm } from "./unbind-mm.ts";
