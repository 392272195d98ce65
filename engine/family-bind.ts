import { record } from "./core/index.ts";
import type { Family } from "./family.ts";
import { addDrafts, DRAFTS, DRIVER_BIND_FILE } from "./frameworks/index.ts";
import { DRIVER } from "./task/index.ts";

/** Drivers that a story binds itself, for devices that begin without one. Few stories do so. */
export function withBind(family: Family): Family {
  const { ops, register } = family;
  return {
    ...family,
    ops: {
      ...ops,
      file: { ...ops.file, [DRIVER.driverBind]: DRIVER_BIND_FILE },
      queueDrivers: { ...ops.queueDrivers, ...DRAFTS },
    },
    register: (machine, framework, device, line) => {
      if (record(machine.devices, device).bound === "") addDrafts(machine);
      else register(machine, framework, device, line);
    },
  };
}
