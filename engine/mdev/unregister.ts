import { record } from "../core/index.ts";
import { findNode, removeNode } from "../task/index.ts";
import { beginLeaving, delGroupDev, isDeviceBusy } from "../vfio/index.ts";
import { dropNames, forgetMdev, hasVeto } from "./links.ts";
import type { ParentOps } from "./ops.ts";
import type { MdevPart } from "./part.ts";

/**
 * A device offers no mediated devices any more (mdev_unregister_device): those that there are go
 * by force, whatever their driver says (MDEV-025), then the directories of the types. A parent
 * that is not registered is left alone (MDEV-026).
 *
 * They go one by one, the oldest first. Linux waits here while a program has one of them open, and those
 * behind it are there as before. Here the caller does not sleep: who lets go has the rest done. One that
 * somebody removes by hand is waited for since v5.3.
 *
 * @returns true when all is gone; false while somebody is waited for
 * Source: drivers/vfio/mdev/mdev_core.c mdev_unregister_device v4.18, mdev_unregister_parent v6.1
 */
export function unregisterParent<M extends MdevPart>(
  machine: M,
  ops: ParentOps<M>,
  id: number,
): boolean {
  const parent = machine.parents[id];
  if (!parent || parent.isGone) return true;
  machine.parents[id] = { ...parent, isLeaving: true };
  return goOnLeaving(machine, ops, id);
}

/** Somebody let go of a device of a parent: if that leaves, it goes on, to its end perhaps. */
export function goOnLeaving<M extends MdevPart>(
  machine: M,
  ops: ParentOps<M>,
  id: number,
): boolean {
  const { isLeaving, isGone: isOver } = record(machine.parents, id);
  if (!isLeaving || isOver) return isOver;
  for (const [mdev, { parent, isGone, remover }] of machine.mdevs.entries()) {
    if (parent !== id || isGone) continue;
    if (remover >= 0 && hasVeto(machine)) continue;
    if (remover >= 0 || !takeAway(machine, ops, mdev)) return false;
  }
  const parent = record(machine.parents, id);
  for (const path of parent.files) if (findNode(machine, path)) removeNode(machine, path);
  machine.parents[id] = { ...parent, isGone: true };
  return true;
}

/**
 * One device goes by force: its driver is asked, and not heard; since v5.3 it is told when nobody has
 * the device any more.
 *
 * @returns false while a program has it
 */
function takeAway<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): boolean {
  const { device } = record(machine.mdevs, id);
  if (!record(machine.vfioDevices, device).isLeaving) {
    machine.mdevs[id] = { ...record(machine.mdevs, id), isActive: false };
    dropNames(machine, id);
    if (hasVeto(machine)) askDriver(machine, ops, id);
    beginLeaving(machine, device);
  }
  if (isDeviceBusy(machine, device)) return false;
  if (!hasVeto(machine)) askDriver(machine, ops, id);
  delGroupDev(machine, ops, device);
  forgetMdev(machine, id);
  return true;
}

function askDriver<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): void {
  const { driver } = record(machine.parents, record(machine.mdevs, id).parent);
  ops.mdev[driver]?.remove(machine, ops, id);
}
