import { assert } from "./core/index.ts";
import type { Family } from "./family.ts";
import { MEDIATED } from "./family-mediated.ts";
import { registerSdmdev, SDMDEV as SDMDEV_MDEV } from "./frameworks/index.ts";
import { MDEV_DRIVER } from "./mdev/index.ts";

/** sdmdev, the second posting: mediated devices as with spimdev, and a queue for each. */
export const SDMDEV: Family = {
  ...MEDIATED,
  ops: { ...MEDIATED.ops, mdev: { ...MEDIATED.ops.mdev, [MDEV_DRIVER.sdmdev]: SDMDEV_MDEV } },
  register: (machine, _framework, device) => {
    const isOffered = registerSdmdev(machine, device).ok;
    assert(isOffered, "a device is offered once, by a driver with a good name");
  },
};
