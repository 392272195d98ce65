import { record, refuse } from "../core/index.ts";
import type { FileOps } from "../task/index.ts";
import { closeDevice, dropUser, releaseGroup } from "./device.ts";
import type { VfioOps } from "./ops.ts";
import type { VfioPart } from "./part.ts";

/**
 * What GET_DEVICE_FD hands out: all it is asked goes to the device's driver. What the driver does
 * not know is EINVAL (VFIO-SM-065). Closing it is one user less of the group.
 *
 * Leaves out: read and write, which are regions of PCI devices.
 * Source: drivers/vfio/vfio.c vfio_device_fops v4.18
 */
export const VFIO_DEVICE_FILE: FileOps<VfioPart> = {
  ioctl(machine, ops: VfioOps<VfioPart>, request) {
    const { driver, object } = record(machine.vfioDevices, request.object);
    const take = ops.device[driver];
    if (!take?.ioctl) return refuse("EINVAL", "the device's driver takes no ioctl");
    return take.ioctl(machine, ops, { ...request, object });
  },
  mmap(machine, ops: VfioOps<VfioPart>, request) {
    const { driver, object } = record(machine.vfioDevices, request.object);
    const give = ops.device[driver];
    if (!give?.mmap) return refuse("EINVAL", "the device's driver maps nothing");
    return give.mmap(machine, ops, { ...request, object });
  },
  release(machine, ops: VfioOps<VfioPart>, object) {
    const { group } = record(machine.vfioDevices, object);
    closeDevice(machine, ops, object);
    dropUser(machine, group);
    releaseGroup(machine, ops, group);
  },
};
