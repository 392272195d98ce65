export { isReserved, lockLimit } from "./account.ts";
export { BIND_WORD_CHECKS, ioctlBind } from "./bind.ts";
export { CONTAINER_FILE, checkExtension, JOIN_CHECKS, startVfio } from "./container.ts";
export {
  addGroupDev,
  beginLeaving,
  DEVICE_FD_CHECKS,
  type DeviceWish,
  delGroupDev,
  isDeviceBusy,
} from "./device.ts";
export { VFIO_DEVICE_FILE } from "./device-file.ts";
export { findDma } from "./dma-list.ts";
export {
  CONTAINER_USER_CHECKS,
  NOTIFIER_CHECKS,
  NOTIFY_DMA_UNMAP,
  PIN_PAGES_CHECKS,
  PIN_PAGES_MAX,
  type PinWish,
  pinPages,
  registerNotifier,
  TYPE1_PIN_CHECKS,
  unpinPages,
  unregisterNotifier,
} from "./external.ts";
export {
  GROUP_FILE,
  GROUP_OPEN_CHECKS,
  SET_CONTAINER_CHECKS,
  UNSET_CONTAINER_CHECKS,
} from "./group.ts";
export { INFO_CHECKS, MAP_WORD_CHECKS, UNMAP_WORD_CHECKS, VADDR_CHECKS } from "./ioctl.ts";
export { IOCTLS, type IoctlNumber, VFIO } from "./ioctl-numbers.ts";
export { IRQ_SET_CHECKS, type IrqWish } from "./irq-set.ts";
export { type DmaWish, MAP_CHECKS, mapDma } from "./map.ts";
export { DEVICE_DRIVER, type DeviceDriver, type VfioDeviceOps, type VfioOps } from "./ops.ts";
export {
  type Container,
  DMA_ENTRIES_MAX,
  type Dma,
  type ExternalPin,
  type PciDevice,
  type VfioDevice,
  type VfioDomain,
  type VfioGroup,
  type VfioPart,
  type VfioSettings,
  vfioPart,
} from "./part.ts";
export {
  addPciDevice,
  irqInfo,
  PCI_REGIONS,
  pciInfo,
  readIndex,
  regionOffset,
  setIrqs,
  VFIO_PCI_DEVICE,
} from "./pci-device.ts";
export { attach } from "./type1.ts";
export { PCI_UNBIND, PCI_UNBIND_FILE, UNBIND } from "./unbind.ts";
export { UNMAP, UNMAP_CHECKS } from "./unmap-dma.ts";
export { bindHost, isViable } from "./viable.ts";
export { readWords, type Words, wraps } from "./words.ts";
