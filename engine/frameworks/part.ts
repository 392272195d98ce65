import type { HwPart } from "../hw/index.ts";
import type { MdevPart } from "../mdev/index.ts";
import type { Channel } from "./ioctl-device.ts";
import type { Mtty } from "./mtty.ts";
import type { SdmdevQueue } from "./sdmdev.ts";
import type { Uacce, UacceAttribute, UacceQueue } from "./uacce-part.ts";
import type { V3Attribute, V3Device, V3Queue, V3Region } from "./uacce-v3-part.ts";
import type { VendorDevice } from "./vendor.ts";

/** One device that is registered with spimdev, or sdmdev (struct vfio_spimdev). A value. */
export interface Spimdev {
  /** A place in `machine.devices`. */
  readonly device: number;
  /** Its mdev parent. */
  readonly parent: number;
  /** What `params/iommu_type` says: VFIO_TYPE1_IOMMU or VFIO_NOIOMMU_IOMMU. */
  readonly iommuType: number;
  /** What `params/dma_flag` says. */
  readonly dmaFlag: number;
}

/** One file under `params/`. A value. */
export interface SpimdevParam {
  readonly spimdev: number;
  readonly name: "iommu_type" | "dma_flag";
}

/** The share of frameworks in the machine. */
export interface FrameworkPart extends HwPart, MdevPart {
  /** Open files of the contrast. */
  readonly channels: Channel[];
  readonly spimdevs: Spimdev[];
  readonly spimdevParams: SpimdevParam[];
  readonly mttys: Mtty[];
  readonly vendorDevices: VendorDevice[];
  readonly uacces: Uacce[];
  readonly uacceQueues: UacceQueue[];
  readonly uacceAttributes: UacceAttribute[];
  readonly sdmdevQueues: SdmdevQueue[];
  readonly v3Devices: V3Device[];
  readonly v3Queues: V3Queue[];
  readonly v3Regions: V3Region[];
  readonly v3Attributes: V3Attribute[];
  /** A build with process page tables, on the patches of an RFC (CONFIG_IOMMU_SVA). */
  readonly hasSva: boolean;
  /** spimdev as a snapshot before the posting had it: with a WAIT, which the posted header lacks. */
  readonly hasWait?: boolean;
}

/** The share of `frameworks` in an empty machine: nothing registered. */
export function frameworkPart(): Omit<FrameworkPart, keyof HwPart | keyof MdevPart> {
  return {
    channels: [],
    spimdevs: [],
    spimdevParams: [],
    mttys: [],
    vendorDevices: [],
    uacces: [],
    uacceQueues: [],
    uacceAttributes: [],
    sdmdevQueues: [],
    v3Devices: [],
    v3Queues: [],
    v3Regions: [],
    v3Attributes: [],
    hasSva: false,
  };
}
