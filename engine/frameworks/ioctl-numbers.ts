/**
 * ioctl commands of the frameworks, by their full names.
 *
 * Source: L include/uapi/misc/uacce/uacce.h, hisi_qm.h 015d239ac014 (UACCE_*); KL
 * include/uapi/linux/vfio_spimdev.h near RFCv1, `_IO('W', 1)`, its WAIT of 09ed2929d6a5; vfio_sdmdev.h
 * 0307977f1552, `_IO('W', 1)` and `_IO('W', 2)`; WD_IOCTL_COMPRESS and
 * WD_VENDOR_* are this model's own, for the contrasts
 */
export const FRAMEWORK_IOCTLS = {
  VFIO_SPIMDEV_CMD_GET_Q: 0x5701,
  VFIO_SPIMDEV_CMD_WAIT: 0x4008_5701,
  VFIO_SDMDEV_CMD_WAIT: 0x5701,
  VFIO_SDMDEV_CMD_BIND_PASID: 0x5702,
  WD_IOCTL_COMPRESS: 0x5a01,
  WD_VENDOR_PIN: 0x5a02,
  WD_VENDOR_UNPIN: 0x5a03,
  WD_VENDOR_COPY: 0x5a04,
  UACCE_CMD_START_Q: 0x5700,
  UACCE_CMD_SHARE_SVAS: 0x5700,
  UACCE_CMD_START: 0x5701,
  UACCE_CMD_GET_SS_PA: 0x8008_5702,
  UACCE_CMD_PUT_Q: 0x5701,
  UACCE_CMD_QM_SET_QP_CTX: 0xc004_480a,
} as const;
