import { record } from "./core/index.ts";
import type { Family } from "./family.ts";
import { COMPRESS, IOCTL_DEVICE_FILE } from "./frameworks/index.ts";
import { addNode, DRIVER } from "./task/index.ts";

/** A plain driver for contrast: one ioctl for each request. */
export const IOCTL: Family = {
  ops: {
    file: { [DRIVER.ioctlDevice]: IOCTL_DEVICE_FILE },
    routines: { compress: COMPRESS },
  },
  register: (machine, _framework, device) => {
    const { name } = record(machine.devices, device);
    addNode(machine, { path: `/dev/${name}`, driver: DRIVER.ioctlDevice, object: device });
  },
};
