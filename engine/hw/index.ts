export { type Deflated, deflate } from "./deflate.ts";
export { type Access as DmaAccess, dmaRead, dmaWrite, type Moved } from "./dma.ts";
export {
  flushDummyQueue,
  getDummyQueue,
  mapDummyQueue,
  putDummyQueue,
} from "./dummy-driver.ts";
export {
  bdOffset,
  DUMMY_BD,
  DUMMY_CMD_FLUSH,
  DUMMY_PAGE,
  HW_TAG,
  MAX_COPY_SIZE,
  MAX_DEV,
  MAX_QUEUE,
  Q_BDS,
} from "./dummy-registers.ts";
export {
  type Doorbell,
  doorbellFrame,
  postStore,
  REGISTER_PAGES,
  registerAt,
  registerFrame,
  writeDoorbell,
} from "./mmio.ts";
export { GROUP_PAGES_MAX, serveFault } from "./page-fault.ts";
export {
  addQueue,
  type Device,
  type DeviceKind,
  deviceActor,
  type HwPart,
  hwPart,
  type Job,
  type PciFunction,
  type Queues,
  type Rings,
  type Wait,
} from "./part.ts";
export { doorbellArrives, engineStep, queueOf, storeArrives } from "./qm.ts";
export { dropTables, type QmTables, setTables, startQm, TABLE_PAGES } from "./qm-contexts.ts";
export {
  createQp,
  DOORBELL_BYTES,
  freeRings,
  groupOf,
  isBusyWith,
  mapQp,
  putQp,
  queuesLeft,
  RING_PAGES,
  releaseQp,
  startOwnQp,
  startQp,
  stopQp,
  takeQp,
} from "./qm-driver.ts";
export { CQE, QM_ENTRIES, QM_WORDS } from "./qm-entries.ts";
export {
  CQ_BYTES,
  CQE_SIZE,
  DOORBELL_CMD,
  MAILBOX,
  QM,
  QM_DEF_Q_NUM,
  QM_LIMITS,
  QM_Q_DEPTH,
  QM_REGIONS,
  SQ_BYTES,
  SQE_SIZE,
} from "./qm-registers.ts";
export { type Layout, pack, type Register, read, unpack, write } from "./register.ts";
export {
  addressOf,
  addSriov,
  addVirtualFunction,
  PF_QUEUES,
  pciOf,
  queuesToShare,
  removeVirtualFunction,
  setPci,
  virtualFunctions,
} from "./sriov.ts";
export { joinWait, leaveWait, wakeWaiters } from "./wait.ts";
export { compress } from "./zip.ts";
export {
  readRequest,
  readResult,
  writeRequest,
  ZIP_SQE,
  ZIP_STATUS,
  ZIP_TYPE,
  ZIP_WORDS,
  type ZipRequest,
  type ZipResult,
} from "./zip-sqe.ts";
