import { assert } from "./core/index.ts";
import type { Family } from "./family.ts";
import { registerUacceV3, UACCE_V3_ATTRIBUTE_FILE, UACCE_V3_FILE } from "./frameworks/index.ts";
import { DRIVER } from "./task/index.ts";
import { V3_OPEN } from "./user/index.ts";

/** uacce of the third RFC: a region of shared memory, and no VFIO any more. */
export const UACCE_V3: Family = {
  ops: {
    file: {
      [DRIVER.uacceV3Queue]: UACCE_V3_FILE,
      [DRIVER.uacceV3Attribute]: UACCE_V3_ATTRIBUTE_FILE,
    },
    library: V3_OPEN,
  },
  register: (machine, _framework, device) => {
    assert(registerUacceV3(machine, device).ok, "a device is offered once");
  },
};
