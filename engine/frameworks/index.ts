export {
  type Channel,
  COMPRESS,
  COMPRESS_MAX,
  IOCTL_DEVICE_FILE,
  type IoctlPart,
  ioctlPart,
} from "./ioctl-device.ts";
