export { addDrafts, DRAFTS, DRIVER_BIND_FILE } from "./driver-bind.ts";
export { NUMVFS_CHANGE_CHECKS, NUMVFS_CHECKS, registerHvf, SRIOV, SRIOV_FILE } from "./hvf.ts";
export { type Channel, COMPRESS, COMPRESS_MAX, IOCTL_DEVICE_FILE } from "./ioctl-device.ts";
export { FRAMEWORK_IOCTLS } from "./ioctl-numbers.ts";
export { MTTY, type Mtty, registerMtty } from "./mtty.ts";
export { NETDEV_ATTRIBUTE_FILE, NETDEV_RULES_FILE, NIC_DRIVER, registerNic } from "./netdev.ts";
export { DMA_FLAG, SPIMDEV_PARAM_FILE } from "./parent-class.ts";
export { type FrameworkPart, frameworkPart, type Spimdev, type SpimdevParam } from "./part.ts";
export {
  QUEUE_DRIVERS,
  type QueueDriver,
  type QueueDriverOps,
  type QueueDrivers,
  type SdmdevOps,
  STARTING_DRIVERS,
  type StartingDriver,
} from "./queue-driver.ts";
export { queueOfFile, uacceQueueOf, uacceStateOf } from "./queue-file.ts";
export { JIFFY, SDMDEV_WAIT } from "./queue-wait.ts";
export { registerSdmdev, SDMDEV, type SdmdevQueue } from "./sdmdev.ts";
export {
  registerSpimdev,
  SPIMDEV,
  SPIMDEV_QUEUE_FILE,
  SPIMDEV_REGISTER_CHECKS,
} from "./spimdev.ts";
export {
  allocUacce,
  registerUacce,
  removeUacce,
  UACCE_ATTRIBUTE_FILE,
} from "./uacce.ts";
export {
  QM_UACCE,
  UACCE_MAX_REGION,
  UACCE_QFRT,
  type UacceDriver,
  type UacceInterface,
  type UacceOps,
  type UacceRegion,
  zipInterface,
} from "./uacce-driver.ts";
export {
  UACCE_ATTRIBUTES,
  UACCE_DEV_SVA,
  UACCE_Q,
  type Uacce,
  type UacceAttribute,
  type UacceQueue,
  type UacceState,
} from "./uacce-part.ts";
export {
  putUacceQueue,
  UACCE_MMAP_CHECKS,
  UACCE_QUEUE_FILE,
  uacceMmRelease,
} from "./uacce-queue.ts";
export { registerUacceV3, UACCE_V3_ATTRIBUTE_FILE, UACCE_V3_FILE } from "./uacce-v3.ts";
export {
  NOWHERE,
  V3_ATTRIBUTES,
  V3_DEV,
  V3_REGION,
  V3_STATE,
  type V3Attribute,
  type V3Device,
  type V3Queue,
  type V3Region,
} from "./uacce-v3-part.ts";
export { V3_MMAP_CHECKS } from "./uacce-v3-region.ts";
export { registerVendor, VENDOR, type VendorDevice } from "./vendor.ts";
