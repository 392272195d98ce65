import type { Family } from "./family.ts";
import { MTTY } from "./frameworks/index.ts";
import { MDEV_DRIVER } from "./mdev/index.ts";
import { DRIVER } from "./task/index.ts";
import { DEVICE_DRIVER, PCI_UNBIND_FILE, UNBIND, VFIO_PCI_DEVICE } from "./vfio/index.ts";

/**
 * What no story has, and the table of conformance asks: a device of the bus that a process is given
 * whole, and the sample driver of mediated devices.
 */
export const BENCH: Pick<Family, "ops"> = {
  ops: {
    file: { [DRIVER.pciUnbind]: PCI_UNBIND_FILE },
    routines: { pciUnbind: UNBIND },
    device: { [DEVICE_DRIVER.pci]: VFIO_PCI_DEVICE },
    mdev: { [MDEV_DRIVER.mtty]: MTTY },
  },
};
