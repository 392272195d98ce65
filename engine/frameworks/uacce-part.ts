import type { UacceRegion } from "./uacce-driver.ts";

/** Flags of a device, and what the file `flags` says. */
export const UACCE_DEV_SVA = 1;

/** One accelerator (struct uacce_device). A value. */
export interface Uacce {
  /** A place in `machine.devices`. */
  readonly device: number;
  /** Its minor number, and the number in its name. */
  readonly minor: number;
  readonly name: string;
  readonly flags: number;
  readonly api: string;
  readonly algorithms: string;
  readonly pages: readonly [mmio: number, dus: number];
  readonly isGone: boolean;
}

/** The attributes in /sys/class/uacce/<name>/, in their order. Row UACCE-024. */
export const UACCE_ATTRIBUTES = [
  "api",
  "flags",
  "available_instances",
  "algorithms",
  "region_mmio_size",
  "region_dus_size",
] as const;

/** One file there. A value. */
export interface UacceAttribute {
  readonly uacce: number;
  readonly name: (typeof UACCE_ATTRIBUTES)[number];
}

/** Where a queue is in its life. Source: include/linux/uacce.h enum uacce_q_state. */
export const UACCE_Q = { ZOMBIE: 0, INIT: 1, STARTED: 2 } as const;
export type UacceState = (typeof UACCE_Q)[keyof typeof UACCE_Q];

/** What one open of a uacce device made (struct uacce_queue). A value. */
export interface UacceQueue {
  /** A place in `machine.uacces`. */
  readonly uacce: number;
  /** The queue of the hardware: the object of the file, and nobody else's later. */
  readonly queue: number;
  readonly state: UacceState;
  /** The address space of who opened it, for good; and its bond with the device, -1 for none. */
  readonly mm: number;
  readonly bond: number;
  /** Regions that were mapped once: none is forgotten (D26). */
  readonly mapped: readonly UacceRegion[];
  /** The last descriptor and the last mapping are gone. */
  readonly isClosed: boolean;
}
