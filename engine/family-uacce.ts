import { assert } from "./core/index.ts";
import type { Family } from "./family.ts";
import {
  allocUacce,
  registerUacce,
  UACCE_ATTRIBUTE_FILE,
  UACCE_QUEUE_FILE,
  uacceMmRelease,
} from "./frameworks/index.ts";
import { PAGING } from "./hw/index.ts";
import { DRIVER } from "./task/index.ts";

/** uacce as it is in Linux. */
export const UACCE: Family = {
  ops: {
    file: {
      [DRIVER.uacceQueue]: UACCE_QUEUE_FILE,
      [DRIVER.uacceAttribute]: UACCE_ATTRIBUTE_FILE,
    },
    mmRelease: uacceMmRelease,
    paging: PAGING,
  },
  register: (machine, _framework, device) => {
    const uacce = allocUacce(machine, device);
    assert(uacce.ok && registerUacce(machine, uacce.value).ok, "a device is offered once");
  },
};
