export { type Channel, COMPRESS, COMPRESS_MAX, IOCTL_DEVICE_FILE } from "./ioctl-device.ts";
export { FRAMEWORK_IOCTLS } from "./ioctl-numbers.ts";
export { MTTY, type Mtty, registerMtty } from "./mtty.ts";
export { type FrameworkPart, frameworkPart, type Spimdev, type SpimdevParam } from "./part.ts";
export { QUEUE_DRIVERS, type QueueDriver } from "./queue-driver.ts";
export {
  DMA_FLAG,
  registerSpimdev,
  SPIMDEV,
  SPIMDEV_PARAM_FILE,
  SPIMDEV_QUEUE_FILE,
  SPIMDEV_REGISTER_CHECKS,
} from "./spimdev.ts";
