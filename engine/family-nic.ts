import { record } from "./core/index.ts";
import type { Family } from "./family.ts";
import {
  NETDEV_ATTRIBUTE_FILE,
  NETDEV_RULES_FILE,
  NIC_DRIVER,
  registerNic,
} from "./frameworks/index.ts";
import { NIC_RINGS, nicActs } from "./hw/index.ts";
import { DRIVER } from "./task/index.ts";
import { NIC } from "./user/index.ts";

/**
 * A network card, its driver, and the user driver of a ring that it lends. Few stories have a card,
 * so that a page fetches these for those alone.
 */
export function withNic(family: Family): Family {
  const { ops, register } = family;
  return {
    ...family,
    ops: {
      ...ops,
      file: {
        ...ops.file,
        [DRIVER.netdevCount]: NETDEV_ATTRIBUTE_FILE,
        [DRIVER.netdevRules]: NETDEV_RULES_FILE,
      },
      routines: { ...ops.routines, nic: NIC },
      queueDrivers: { ...ops.queueDrivers, nic: NIC_DRIVER },
      nicActs,
    },
    register: (machine, framework, device, line) => {
      const isNic = record(machine.devices, device).kind === "nic";
      if (isNic) registerNic(machine, device, line.lend ?? NIC_RINGS.lent);
      else register(machine, framework, device, line);
    },
  };
}
