/**
 * ioctl commands of the frameworks, by their full names.
 *
 * Source: KL include/uapi/linux/vfio_spimdev.h near RFCv1, `_IO('W', 1)`; WD_IOCTL_COMPRESS is this
 * model's own, for the contrast
 */
export const FRAMEWORK_IOCTLS = {
  VFIO_SPIMDEV_CMD_GET_Q: 0x5701,
  WD_IOCTL_COMPRESS: 0x5a01,
} as const;
