import { assert, ok, type Result, record, refuse } from "../core/index.ts";
import type { FileOps } from "../task/index.ts";
import type { VfioDeviceOps } from "../vfio/index.ts";
import { createMdev } from "./create.ts";
import type { ParentOps } from "./ops.ts";
import type { MdevPart } from "./part.ts";
import { storeRemove, wakeRemover } from "./remove.ts";
import { goOnLeaving } from "./unregister.ts";

/**
 * Files of this room in sysfs. `create` and `remove` can only be written, attributes only be read.
 *
 * Refuses: EACCES to open for anybody but root where the file can be written (mode 0200).
 * Leaves out: open flags; EIO of sysfs for a read of a file without a show function.
 * Source: drivers/vfio/mdev/mdev_sysfs.c v4.18
 */
export const MDEV_ATTRIBUTE_FILE: FileOps<MdevPart> = {
  open(machine, _ops, object, pid) {
    const { kind } = record(machine.attributes, object);
    const isRoot = record(machine.tasks, pid).creds.root;
    if (kind !== "type" && !isRoot) return refuse("EACCES", "only root may write this file");
    return ok(object);
  },
  write(machine, ops: ParentOps<MdevPart>, request) {
    const attribute = record(machine.attributes, request.object);
    if (attribute.kind === "create") {
      return createMdev(machine, ops, { ...attribute, text: request.text });
    }
    if (attribute.kind === "remove") return storeRemove(machine, ops, attribute.mdev, request);
    return refuse("EIO", "the attribute cannot be written");
  },
  read(machine, ops: ParentOps<MdevPart>, object): Result<string> {
    const attribute = record(machine.attributes, object);
    if (attribute.kind !== "type") return refuse("EIO", "the attribute cannot be read");
    const parent = record(machine.parents, attribute.parent);
    const { type, name } = attribute;
    const driver = ops.mdev[parent.driver];
    assert(driver !== undefined, "a parent has a driver");
    return driver.show(machine, ops, { object: parent.object, type, name });
  },
};

/** The parent's driver of a mediated device. */
function driverOf<M extends MdevPart>(machine: M, ops: ParentOps<M>, mdev: number) {
  const { driver } = record(machine.parents, record(machine.mdevs, mdev).parent);
  return ops.mdev[driver];
}

/**
 * A mediated device as VFIO sees it: every question goes to the parent's driver. A call that the
 * driver does not have is EINVAL (MDEV-028).
 *
 * Source: drivers/vfio/mdev/vfio_mdev.c v4.18
 */
export const MDEV_DEVICE: VfioDeviceOps<MdevPart> = {
  open(machine, ops: ParentOps<MdevPart>, mdev, pid) {
    const driver = driverOf(machine, ops, mdev);
    if (!driver?.open) return refuse("EINVAL", "the parent's driver opens nothing");
    return driver.open(machine, ops, mdev, pid);
  },
  ioctl(machine, ops: ParentOps<MdevPart>, request) {
    const driver = driverOf(machine, ops, request.object);
    if (!driver?.ioctl) return refuse("EINVAL", "the parent's driver takes no ioctl");
    return driver.ioctl(machine, ops, request);
  },
  mmap(machine, ops: ParentOps<MdevPart>, request) {
    const driver = driverOf(machine, ops, request.object);
    if (!driver?.mmap) return refuse("EINVAL", "the parent's driver maps nothing");
    return driver.mmap(machine, ops, request);
  },
  release(machine, ops: ParentOps<MdevPart>, mdev) {
    driverOf(machine, ops, mdev)?.release?.(machine, ops, mdev);
  },
  unmapping(machine, ops: ParentOps<MdevPart>, mdev, iova, size) {
    driverOf(machine, ops, mdev)?.unmapping?.(machine, ops, mdev, iova, size);
  },
  idle(machine, ops: ParentOps<MdevPart>, mdev) {
    wakeRemover(machine, mdev);
    goOnLeaving(machine, ops, record(machine.mdevs, mdev).parent);
  },
  parentGroup(machine, ops: ParentOps<MdevPart>, mdev) {
    return driverOf(machine, ops, mdev)?.parentGroup?.(machine, ops, mdev) ?? ok(-1);
  },
};
