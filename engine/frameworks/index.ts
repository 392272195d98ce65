export { type Channel, COMPRESS, COMPRESS_MAX, IOCTL_DEVICE_FILE } from "./ioctl-device.ts";
export { FRAMEWORK_IOCTLS } from "./ioctl-numbers.ts";
export { MTTY, type Mtty, registerMtty } from "./mtty.ts";
export { DMA_FLAG, SPIMDEV_PARAM_FILE } from "./parent-class.ts";
export { type FrameworkPart, frameworkPart, type Spimdev, type SpimdevParam } from "./part.ts";
export {
  QUEUE_DRIVERS,
  type QueueDriver,
  STARTING_DRIVERS,
  type StartingDriver,
} from "./queue-driver.ts";
export { queueOfFile } from "./queue-file.ts";
export { JIFFY, registerSdmdev, SDMDEV, type SdmdevQueue } from "./sdmdev.ts";
export { SDMDEV_WAIT } from "./sdmdev-wait.ts";
export {
  registerSpimdev,
  SPIMDEV,
  SPIMDEV_QUEUE_FILE,
  SPIMDEV_REGISTER_CHECKS,
} from "./spimdev.ts";
