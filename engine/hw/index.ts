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
export type { Engine, EngineOps } from "./engine.ts";
export {
  type Doorbell,
  doorbellFrame,
  postStore,
  REGISTER_PAGES,
  registerAt,
  registerFrame,
  writeDoorbell,
} from "./mmio.ts";
/*
 * A network card (kind=nic), in a story:
 *
 *   device eth0 kind=nic behind=smmu0 queues=4 lend=1     three pairs of rings are the kernel's
 *   root: write(rules, "443 3", 5) = 5                    /sys/class/net/eth0/rules: port 443 to ring 3
 *   app: drv_open(q, "nic_ring_v1") = 0                   q from VFIO_SPIMDEV_CMD_GET_Q
 *   app: rx_queue_setup(q, buf, 16) = 0                   16 buffers of 2 KiB, shared by MAP_DMA before
 *   eth0: receive({port: 443, data: "GET /"}) = 0         a packet arrives; without a port it is a ping
 *   app: rx_burst(q, 4) = 1 {at: buf, len: 5}             with more than one: {packets: [{at, len}, ...]}
 *   app: tx_burst(q, [{at: buf, len: 5}]) = 1             its buffer is the pool's again, once it has left
 *   app: pktmbuf_free(q, buf) = 0                         for a packet that is not sent on
 *   expect packets(eth0, 3).last == "GET /"               also received, dropped, sent
 *
 * The flow open-a-ring does all up to `drv_open`.
 */
export { nicActs, startNic } from "./netdev.ts";
export { lendRing, mapRing, takeRingBack } from "./nic-driver.ts";
export {
  arrive,
  type KernelRing,
  NIC_RINGS,
  type Nic,
  type NicRing,
  type NicRule,
  NO_PORT,
  nicOf,
  PACKET_MAX,
  type Packet,
} from "./nic-part.ts";
export {
  descOffset,
  NIC_DEPTH,
  NIC_PAGE,
  NIC_REGIONS,
  NIC_REGISTER,
  NIC_TAG,
  RX_DESC,
  RX_ERROR,
  RX_STATUS,
  TX_CMD,
  TX_DESC,
  TX_STATUS,
} from "./nic-registers.ts";
export { GROUP_PAGES_MAX, PAGING } from "./page-fault.ts";
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
export { doorbellArrives, engineStep, storeArrives } from "./qm.ts";
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
  ringPages,
  startOwnQp,
  startQp,
  stopQp,
  takeQp,
} from "./qm-driver.ts";
export { CQE, QM_ENTRIES, QM_WORDS } from "./qm-entries.ts";
export { queueOf } from "./qm-queues.ts";
export {
  CQ_BYTES,
  CQE_SIZE,
  DOORBELL_CMD,
  HPRE_PF_DEF_Q_NUM,
  MAILBOX,
  QM,
  QM_DEF_Q_NUM,
  QM_LIMITS,
  QM_Q_DEPTH,
  QM_REGIONS,
  ringBytes,
  SQ_BYTES,
  SQE_SIZE,
  sqBytes,
  sqeSize,
} from "./qm-registers.ts";
export { type Layout, pack, type Register, read, unpack, write } from "./register.ts";
export { RSA } from "./rsa.ts";
export {
  RSA_ALG,
  RSA_DONE,
  RSA_ETYPE,
  RSA_SQE,
  RSA_WORDS,
  type RsaRequest,
  type RsaResult,
  readRsaRequest,
  readRsaResult,
  writeRsaRequest,
} from "./rsa-sqe.ts";
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
