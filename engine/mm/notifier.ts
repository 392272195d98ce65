import { Bytes, emit, isToFail, Vaddr } from "../core/index.ts";
import { forget, type Rows } from "./iotlb.ts";
import type { MmPart } from "./part.ts";

/**
 * Who beside the CPU remembers entries of an address space: an IOTLB, under one tag (struct
 * mmu_notifier). As data, not as a function: what the notifier of an IOMMU does is to forget a
 * range, and that its process is gone it sees for itself. A value.
 */
export interface Notifier extends Rows {
  readonly mm: number;
  /** The tag of its entries in the IOTLB. */
  readonly asid: number;
  /** What the device calls the address space: for those who read. */
  readonly pasid: number;
}

/**
 * Who uses pages of an address space and holds no reference to them (a user of mmu notifiers as KVM
 * is one): it may use what it looked up while no range changes, and none has changed since. A value.
 */
export interface Watcher {
  readonly mm: number;
  /** Ranges that are changing now (mmu_notifier_count). */
  readonly changing: number;
  /** Changes that are over (mmu_notifier_seq). */
  readonly changed: number;
}

/** Begins to count changes of an address space, for who must see whether it moved meanwhile. */
export function addWatcher(machine: MmPart, mm: number): void {
  machine.watchers.push({ mm, changing: 0, changed: 0 });
}

function tellWatchers(machine: MmPart, mm: number, by: 1 | -1): void {
  for (const [at, watcher] of machine.watchers.entries()) {
    if (watcher.mm !== mm) continue;
    const { changing, changed } = watcher;
    machine.watchers[at] = {
      mm,
      changing: changing + by,
      changed: changed + (by < 0 ? 1 : 0),
    };
  }
}

/**
 * A range is about to change: its pages are all still there (invalidate_range_start). `endRange`
 * follows when the entries are out, and before their frames go (PIN-HAZARD-025).
 */
export function beginRange(machine: MmPart, mm: number): void {
  tellWatchers(machine, mm, 1);
}

/** It has changed: IOTLBs forget [start, end), if an entry was there (invalidate_range_end). */
export function endRange(
  machine: MmPart,
  mm: number,
  { start, end, isTouched }: { start: number; end: number; isTouched: boolean },
): void {
  if (isTouched) tellIotlbs(machine, mm, start, end);
  tellWatchers(machine, mm, -1);
}

/** From now on, who changes an entry of that address space tells this IOTLB. */
export function addNotifier(machine: MmPart, notifier: Notifier): void {
  machine.notifiers.push(notifier);
}

/** No more: the IOTLB has no entry under that tag left. */
export function removeNotifier(machine: MmPart, asid: number, { firstRow }: Rows): void {
  const at = machine.notifiers.findIndex(
    (notifier) => notifier.asid === asid && notifier.firstRow === firstRow,
  );
  if (at >= 0) machine.notifiers.splice(at, 1);
}

/**
 * Entries of [start, end) have changed: every IOTLB that may know them forgets the range. Called
 * between the change of an entry and the moment its frame goes, as in Linux. An entry that only
 * comes to allow more needs no call: nobody remembers what it did not allow.
 *
 * Known exception: `fail invalidate k` makes the k-th of all invalidations one that is forgotten.
 * Source: SVA-013; include/linux/mmu_notifier.h mmu_notifier_invalidate_range v6.1
 */
export function notify(machine: MmPart, mm: number, start: number, end: number): void {
  beginRange(machine, mm);
  endRange(machine, mm, { start, end, isTouched: true });
}

function tellIotlbs(machine: MmPart, mm: number, start: number, end: number): void {
  if (machine.notifiers.length === 0) return;
  for (const notifier of machine.notifiers) {
    if (notifier.mm !== mm) continue;
    const { asid, pasid } = notifier;
    if (isToFail(machine, "invalidate")) {
      emit(machine, "iommu.forgot", Vaddr(start), Bytes(end - start));
      continue;
    }
    forget(machine.iotlb, notifier, asid, { start, end });
    emit(machine, "sva.invalidate", pasid, Vaddr(start), Bytes(end - start));
  }
}
