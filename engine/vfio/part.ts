import { bug } from "../core/index.ts";
import type { IommuPart } from "../iommu/index.ts";
import type { TaskPart } from "../task/index.ts";
import type { DeviceDriver } from "./ops.ts";

/** One page that a vendor driver pinned itself (struct vfio_pfn). A value. */
export interface ExternalPin {
  readonly iova: number;
  readonly pfn: number;
  /** How often it asked. */
  readonly count: number;
}

/** One mapping, as the program made it (struct vfio_dma). A value. */
export interface Dma {
  /** Device address, process address and size in bytes: whole pages below 2^64. */
  readonly iova: number;
  readonly vaddr: number;
  readonly size: number;
  /** IOMMU_PROT bits. */
  readonly prot: number;
  /** Its pages are pinned and entered in the domains of the container. */
  readonly isMapped: boolean;
  /** CAP_IPC_LOCK, as it was when the mapping was made (VFIO-DMA-029). */
  readonly hasLockCap: boolean;
  /** The task whose memory it is. */
  readonly pid: number;
  /** Lowest iova first. */
  readonly pins: readonly ExternalPin[];
}

/** One IOMMU domain of a container (struct vfio_domain). A value. */
export interface VfioDomain {
  readonly domain: number;
  /** VFIO groups in it, newest first. */
  readonly groups: readonly number[];
  /**
   * The parent's IOMMU group whose domain this is, shared with a kernel driver; -1 for a domain
   * of the container's own.
   */
  readonly parentGroup: number;
}

/**
 * What /dev/vfio/vfio opens (struct vfio_container, and the type1 driver's struct vfio_iommu
 * behind it). A value; its id is the object of the file.
 *
 *   unset --SET_CONTAINER--> has groups --SET_IOMMU--> type1 | noiommu
 *     ^                                                     |
 *     +----------------- the last group leaves -------------+
 */
export interface Container {
  readonly driver: "unset" | "type1" | "noiommu";
  readonly isV2: boolean;
  /** Holds groups without an IOMMU. */
  readonly isNoiommu: boolean;
  /** VFIO groups, newest first. */
  readonly groups: readonly number[];
  /** Newest first. */
  readonly domains: readonly VfioDomain[];
  /** Groups of mediated devices whose driver pins for itself; empty for none. */
  readonly external: readonly number[];
  /** Devices whose driver is told before mappings go, in the order of asking. */
  readonly notifiers: readonly number[];
  /** Its domains are to be the second of two stages (VFIO_TYPE1_NESTING_IOMMU). */
  readonly isNesting: boolean;
  /** Lowest iova first; they do not overlap. */
  readonly dmas: readonly Dma[];
  /** An error pointer stands among its domains (D23): whoever looks at them crashes. */
  readonly isBroken?: boolean;
  /** Processes whose page table its devices share: places in `machine.bonds`. */
  readonly bonds?: readonly number[];
}

/** What a kernel says that looks at such a domain. */
export const BROKEN = bug("an error pointer, used as a domain");

/** What /dev/vfio/N opens (struct vfio_group). A value; its id is the object of the file. */
export interface VfioGroup {
  readonly iommuGroup: number;
  readonly path: string;
  readonly isNoiommu: boolean;
  readonly isOpen: boolean;
  /** -1 for none. */
  readonly container: number;
  /** Group fd and device fds that use the container (container_users). */
  readonly users: number;
  /** Devices of the IOMMU group that a driver of the host has. */
  readonly hostDevices: number;
  readonly isGone: boolean;
}

/** A device that a program may open through its group (struct vfio_device). A value. */
export interface VfioDevice {
  readonly group: number;
  readonly name: string;
  /** Who stands behind it, and which object of that driver. */
  readonly driver: DeviceDriver;
  readonly object: number;
  /** Open device fds. */
  readonly opens: number;
  /** Its driver takes it back, and waits for those who have it open. */
  readonly isLeaving: boolean;
  readonly isGone: boolean;
}

/** A device of the bus that vfio-pci has. A value. */
export interface PciDevice {
  /** Sizes of its bars in bytes; 0 for one it does not have. */
  readonly bars: readonly number[];
  /** The first frame of its registers: the bars lie side by side. */
  readonly pfn: number;
  /** The bar with its MSI-X table; -1 for none. */
  readonly msixBar: number;
  /** Interrupts of each index: INTx, MSI, MSI-X, error, request. */
  readonly irqs: readonly number[];
}

/** dma_entry_limit where nobody set it. Source: VFIO-DMA-070 */
export const DMA_ENTRIES_MAX = 65_535;

/** Module parameters and what the platform can do. A value. */
export interface VfioSettings {
  /** vfio.enable_unsafe_noiommu_mode */
  readonly noiommu: boolean;
  /** vfio_iommu_type1.allow_unsafe_interrupts */
  readonly unsafeInterrupts: boolean;
  /** vfio_iommu_type1.disable_hugepages */
  readonly disablesHugepages: boolean;
  /** vfio_iommu_type1.dma_entry_limit, on kernels that have it: mappings of one container. */
  readonly dmaEntryLimit: number;
  /** Interrupts of devices are remapped. */
  readonly remapsInterrupts: boolean;
  /** With the patches that let a container bind a process (VFIO_IOMMU_BIND). */
  readonly canBind?: boolean;
}

/** The share of vfio in the machine. */
export interface VfioPart extends IommuPart, TaskPart {
  readonly vfio: VfioSettings;
  readonly containers: Container[];
  readonly vfioGroups: VfioGroup[];
  readonly vfioDevices: VfioDevice[];
  readonly pciDevices: PciDevice[];
}

/** The share of `vfio` in an empty machine: no container, no group. */
export function vfioPart(
  settings: Partial<VfioSettings> = {},
): Pick<VfioPart, "vfio" | "containers" | "vfioGroups" | "vfioDevices" | "pciDevices"> {
  const vfio = {
    noiommu: false,
    unsafeInterrupts: false,
    disablesHugepages: false,
    dmaEntryLimit: DMA_ENTRIES_MAX,
    remapsInterrupts: true,
    ...settings,
  };
  return { vfio, containers: [], vfioGroups: [], vfioDevices: [], pciDevices: [] };
}
