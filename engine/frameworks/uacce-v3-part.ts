/** What a device can do, and what the file `flags` says. Source: the third RFC's uacce.h, facts 2.3. */
export const V3_DEV = {
  NOIOMMU: 1,
  PASID: 2,
  FAULT_FROM_DEV: 4,
  KMAP_DUS: 8,
  DRVMAP_DUS: 16,
  CONT_PAGE: 32,
} as const;

/**
 * Regions of a queue's file, by what they are for: device registers; memory for device and kernel
 * only; memory for device and user; memory that is shared with the device at the program's own
 * addresses (static share).
 */
export const V3_REGION = { MMIO: 0, DKO: 1, DUS: 2, SS: 3 } as const;
export type V3RegionKind = (typeof V3_REGION)[keyof typeof V3_REGION];

/** A region that a device does not have (UACCE_QFR_NA). */
export const NOWHERE = -1;

/** Where a device is: one state for all its queues. */
export const V3_STATE = { INIT: 0, OPENED: 1, STARTED: 2 } as const;
export type V3State = (typeof V3_STATE)[keyof typeof V3_STATE];

/** One accelerator (struct uacce of the third RFC). A value. */
export interface V3Device {
  /** A place in `machine.devices`. */
  readonly device: number;
  /** The number in /dev/uaN. */
  readonly minor: number;
  readonly name: string;
  readonly flags: number;
  readonly state: V3State;
  /** The unmanaged domain that it was given; -1 for none. */
  readonly domain: number;
  /** First page of each region in the file; NOWHERE where it has none. */
  readonly starts: readonly [mmio: number, dko: number, dus: number, ss: number];
}

/** One region that was mapped (struct uacce_qfile_region). A value; its id is its place. */
export interface V3Region {
  readonly kind: V3RegionKind;
  /** The device's address of it is the program's. */
  readonly iova: number;
  readonly pfn: number;
  readonly pages: number;
  /** IOMMU_PROT bits. */
  readonly prot: number;
  /** Registers: nobody's memory. */
  readonly isRegisters: boolean;
  /** Queues that use it: places in `machine.v3Queues`. With the last it goes. */
  readonly users: readonly number[];
}

/** What one open made (struct uacce_queue). A value. */
export interface V3Queue {
  /** A place in `machine.v3Devices`. */
  readonly uacce: number;
  /** The queue of the hardware. */
  readonly queue: number;
  /** By kind: a place in `machine.v3Regions`, -1 for none. */
  readonly regions: readonly number[];
}

/** The attributes in /sys/class/uacce/<name>/attrs/, in their order. */
export const V3_ATTRIBUTES = ["id", "api", "flags", "available_instances", "algorithms"] as const;

/** One file there. A value. */
export interface V3Attribute {
  readonly uacce: number;
  readonly name: (typeof V3_ATTRIBUTES)[number];
}
