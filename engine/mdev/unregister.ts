import { record } from "../core/index.ts";
import { findNode, removeNode } from "../task/index.ts";
import { beginLeaving, delGroupDev, isDeviceBusy } from "../vfio/index.ts";
import type { ParentOps } from "./ops.ts";
import type { MdevPart } from "./part.ts";
import { forgetMdev, hasVeto } from "./remove.ts";

/**
 * A device offers no mediated devices any more (mdev_unregister_device): those that there are go
 * by force, whatever their driver says (MDEV-025), then the directories of the types. A parent
 * that is not registered is left alone (MDEV-026).
 *
 * Linux waits here while a program has one of them open, with the parent's list locked. Here the
 * caller does not sleep: such a device goes when its last user lets go, and the rest then.
 *
 * @returns true when all is gone; false while somebody is waited for
 * Source: drivers/vfio/mdev/mdev_core.c mdev_unregister_device v4.18
 */
export function unregisterParent<M extends MdevPart>(
  machine: M,
  ops: ParentOps<M>,
  id: number,
): boolean {
  const parent = machine.parents[id];
  if (!parent || parent.isGone) return true;
  machine.parents[id] = { ...parent, isLeaving: true };
  for (const [mdev, { parent: home, isActive, isGone }] of machine.mdevs.entries()) {
    if (home !== id || isGone || !isActive) continue;
    forceRemove(machine, ops, mdev);
  }
  return finishLeaving(machine, id);
}

/**
 * One device goes by force. Its driver is asked, and not heard; in v6.1 it is told when nobody has
 * the device any more, and until then the device is there as before.
 */
function forceRemove<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): void {
  if (hasVeto(machine)) {
    machine.mdevs[id] = { ...record(machine.mdevs, id), isActive: false };
    dropFile(machine, id);
    askDriver(machine, ops, id);
  }
  takeAway(machine, ops, id);
}

function askDriver<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): void {
  const { driver } = record(machine.parents, record(machine.mdevs, id).parent);
  ops.mdev[driver]?.remove(machine, ops, id);
}

function dropFile(machine: MdevPart, id: number): void {
  const { uuid, parent } = record(machine.mdevs, id);
  removeNode(machine, `${record(machine.parents, parent).path}/${uuid}/remove`);
}

/** Takes a device away that nobody uses. */
function takeAway<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): void {
  const { device } = record(machine.mdevs, id);
  beginLeaving(machine, device);
  if (isDeviceBusy(machine, device)) return;
  if (!hasVeto(machine)) {
    dropFile(machine, id);
    askDriver(machine, ops, id);
  }
  delGroupDev(machine, ops, device);
  forgetMdev(machine, id);
}

/** The last user of a device let go: if its parent leaves, it goes now, and perhaps the parent. */
export function goOnLeaving<M extends MdevPart>(machine: M, ops: ParentOps<M>, id: number): void {
  const { parent, isGone, remover } = record(machine.mdevs, id);
  if (!record(machine.parents, parent).isLeaving || isGone || remover >= 0) return;
  takeAway(machine, ops, id);
  finishLeaving(machine, parent);
}

/** With the last device the parent's files go. */
function finishLeaving(machine: MdevPart, id: number): boolean {
  if (machine.mdevs.some(({ parent, isGone }) => parent === id && !isGone)) return false;
  const parent = record(machine.parents, id);
  for (const path of parent.files) if (findNode(machine, path)) removeNode(machine, path);
  machine.parents[id] = { ...parent, isGone: true };
  return true;
}
