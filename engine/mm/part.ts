import type { CorePart } from "../core/index.ts";
import { type Frames, frames } from "./frame.ts";
import { type Iotlb, iotlb } from "./iotlb.ts";
import type { Leaving } from "./leaving.ts";
import type { Notifier, Watcher } from "./notifier.ts";
import { type Tables, tables } from "./table.ts";
import type { Vma } from "./vma.ts";

/** One address space. A value. */
export interface Mm {
  /** The root of its page table. */
  readonly root: number;
  /** Its areas, lowest first; they do not overlap. */
  readonly vmas: readonly Vma[];
  /**
   * Pages charged by mlock and by VFIO (locked_vm), and by others (pinned_vm). Linux counts without a
   * sign: locked_vm below 0 stands for 2^64 less that many, which is over every limit.
   */
  readonly lockedVm: number;
  readonly pinnedVm: number;
  /** Tasks that use it; at 0 it is gone. */
  readonly users: number;
}

/** Memory shared by name: pages that several address spaces map. A value. */
export interface SharedMemory {
  /** The frame of each page; -1 where nobody touched it yet. */
  readonly pages: readonly number[];
  /** Areas that map it; at 0 its frames are let go. */
  readonly users: number;
}

/** The share of mm in the machine. */
export interface MmPart extends CorePart {
  readonly frames: Frames;
  readonly tables: Tables;
  readonly mms: Mm[];
  readonly shared: SharedMemory[];
  readonly iotlb: Iotlb;
  readonly notifiers: Notifier[];
  readonly watchers: Watcher[];
  readonly leaving: Leaving[];
}

/** The share of `mm` in an empty machine: no frame in use, no address space. */
export function mmPart(): Omit<MmPart, keyof CorePart> {
  return {
    frames: frames(),
    tables: tables(),
    mms: [],
    shared: [],
    iotlb: iotlb(),
    notifiers: [],
    watchers: [],
    leaving: [],
  };
}
