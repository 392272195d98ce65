import { assert } from "./core/index.ts";
import type { Family } from "./family.ts";
import { MEDIATED } from "./family-mediated.ts";
import { registerVendor, VENDOR } from "./frameworks/index.ts";
import { MDEV_DRIVER } from "./mdev/index.ts";

/** Mediated devices whose vendor driver does the work itself: the same VFIO, and no queues. */
export const MDEV: Family = {
  ...MEDIATED,
  ops: { ...MEDIATED.ops, mdev: { ...MEDIATED.ops.mdev, [MDEV_DRIVER.vendor]: VENDOR } },
  register: (machine, _framework, device) => {
    const isOffered = registerVendor(machine, device).ok;
    assert(isOffered, "a device is offered once, and has two types");
  },
};
