import { emit, record } from "../core/index.ts";
import { findNode, removeNode } from "../task/index.ts";
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

/** The file that a mediated device is removed by. */
export function removeFile(machine: MdevPart, id: number): string {
  const { uuid, parent } = record(machine.mdevs, id);
  return `${record(machine.parents, parent).path}/${uuid}/remove`;
}

/**
 * A mediated device leaves sysfs, before anybody waits for who has it open.
 * Source: drivers/vfio/mdev/mdev_sysfs.c mdev_remove_sysfs_files, drivers/base/core.c device_del v4.18
 */
export function dropNames(machine: MdevPart, id: number): void {
  const names = [removeFile(machine, id), ...linksOf(machine, id).map(({ path }) => path)];
  for (const path of names) if (findNode(machine, path)) removeNode(machine, path);
}

/** A mediated device is gone, and its record with it. */
export function forgetMdev(machine: MdevPart, id: number): void {
  machine.mdevs[id] = { ...record(machine.mdevs, id), isGone: true, remover: -1 };
  emit(machine, "mdev.remove", id);
}

/**
 * May a driver say no to the removal of its device? Not since v5.3: it is told when nobody has it.
 * Source: drivers/vfio/mdev/mdev_core.c mdev_device_remove v4.18, mdev_device_remove_common v5.7
 */
export function hasVeto({ kernel }: MdevPart): boolean {
  return kernel === "v4.18";
}
