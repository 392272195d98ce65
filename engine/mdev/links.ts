import { record } from "../core/index.ts";
import type { MdevPart } from "./part.ts";

/** The symbolic links that sysfs has for a mediated device, and where they lead. */
export function linksOf(
  machine: MdevPart,
  id: number,
): readonly { readonly path: string; readonly link: string }[] {
  const { uuid, parent, type } = record(machine.mdevs, id);
  const { path, types } = record(machine.parents, parent);
  const device = `${path}/${uuid}`;
  const home = `${path}/mdev_supported_types/${types[type]}`;
  return [
    { path: `${device}/mdev_type`, link: home },
    { path: `${home}/devices/${uuid}`, link: device },
    { path: `/sys/bus/mdev/devices/${uuid}`, link: device },
  ];
}
