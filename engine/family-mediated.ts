import { assert } from "./core/index.ts";
import type { Family } from "./family.ts";
import {
  registerSpimdev,
  SDMDEV_WAIT,
  SPIMDEV,
  SPIMDEV_PARAM_FILE,
  SPIMDEV_QUEUE_FILE,
} from "./frameworks/index.ts";
import { MDEV_ATTRIBUTE_FILE, MDEV_DEVICE, MDEV_DRIVER, MDEV_REMOVE } from "./mdev/index.ts";
import { DRIVER } from "./task/index.ts";
import {
  CONTAINER_FILE,
  DEVICE_DRIVER,
  GROUP_FILE,
  startVfio,
  UNMAP,
  VFIO_DEVICE_FILE,
} from "./vfio/index.ts";

/** spimdev: mediated devices, and VFIO below them. */
export const MEDIATED: Family = {
  ops: {
    file: {
      [DRIVER.container]: CONTAINER_FILE,
      [DRIVER.group]: GROUP_FILE,
      [DRIVER.vfioDevice]: VFIO_DEVICE_FILE,
      [DRIVER.mdevAttribute]: MDEV_ATTRIBUTE_FILE,
      [DRIVER.spimdevAttribute]: SPIMDEV_PARAM_FILE,
      [DRIVER.spimdevQueue]: SPIMDEV_QUEUE_FILE,
    },
    routines: {
      mdevRemove: MDEV_REMOVE,
      unmapDma: UNMAP,
      sdmdevWait: SDMDEV_WAIT,
    },
    device: { [DEVICE_DRIVER.mdev]: MDEV_DEVICE },
    mdev: {
      [MDEV_DRIVER.spimdev]: SPIMDEV,
    },
  },
  start: startVfio,
  register: (machine, _framework, device) => {
    const isOffered = registerSpimdev(machine, device).ok;
    assert(isOffered, "a device is offered once, by a driver with a good name");
  },
};
