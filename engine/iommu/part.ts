import { type Actor, assert, PAGE, record } from "../core/index.ts";
import { type MmPart, reserveRows } from "../mm/index.ts";
import { type Commands, commands, reserveCommands } from "./commands.ts";

/** An IOMMU. A value. */
export interface Iommu {
  readonly name: string;
  /** Page sizes it knows, as their sum: 4K, 2M, 1G. */
  readonly pageSizes: number;
  /** Which stage translates: a stage 1 cannot say "write only". */
  readonly stage: 1 | 2;
  /** Bits of address that its tables take: 48, or 39. */
  readonly inputBits: number;
  /** A block does not take the place of a table that is there: so did old ones of AMD. */
  readonly keepsTables: boolean;
  /** It knows domains that let addresses through as they are. */
  readonly hasIdentity: boolean;
  /** Address spaces it can tell apart (ASIDs or VMIDs). */
  readonly asids: number;
  /** A stream that nobody assigned is aborted, not let through (disable_bypass). */
  readonly disablesBypass: boolean;
  /**
   * Bits of a substream id, which PCIe calls PASID; 0: it knows none. The context table of a stream
   * has 2^ssidBits rows (S1CDMAX).
   */
  readonly ssidBits: number;
  /** How a device may wait for a page: not at all, by asking for it (PRI), or stalled. */
  readonly faults: "none" | "pri" | "stall";
  /** Entries of the queue that page requests arrive in, and whether one found it full. */
  readonly requestsMax: number;
  readonly isOverflown: boolean;
  /** Its rows of the IOTLB columns. */
  readonly firstRow: number;
  readonly rows: number;
}

/** What the stream table says of a stream (STRTAB_STE_0_CFG). Source: SMMU3-008. */
export const STE = { abort: 0, bypass: 4, s1: 5, s2: 6 } as const;

/** What one device is on the bus of its IOMMU: one row of the stream table. A value. */
export interface Stream {
  readonly device: Actor;
  /** -1 where the device stands behind no IOMMU: its addresses are physical. */
  readonly iommu: number;
  /** -1 where the device has no group. */
  readonly group: number;
  readonly bus: "pci" | "platform";
  readonly config: (typeof STE)[keyof typeof STE];
  /** The domain whose context descriptor the row leads to; -1 for none. */
  readonly domain: number;
  /** Features that its driver enabled: I/O page faults, shared address spaces. */
  readonly iopf: boolean;
  readonly sva: boolean;
  /** Groups of page requests so far: what names the next one. */
  readonly asked: number;
  /** Faults counted since the run began, and the last one. */
  readonly faults: number;
  readonly last?: FaultRecord;
}

/**
 * A process that a device shares the address space of: a row of the stream's context table that
 * leads to the process's own page table (struct arm_smmu_bond). A value.
 */
export interface Bond {
  readonly stream: number;
  readonly mm: number;
  /** The row, and what the device sends with each access. */
  readonly pasid: number;
  /** The tag of its entries in the IOTLB; one for all devices that share this process. */
  readonly asid: number;
  /** Who asked for it and has not let go; at 0 the row is empty again. */
  readonly refs: number;
}

/** A device asks for one page of a process (struct iommu_fault_page_request). A value. */
export interface PageRequest {
  readonly stream: number;
  readonly pasid: number;
  /** Which requests belong together: PRI's group index, or the tag of a stalled access. */
  readonly group: number;
  readonly va: number;
  readonly access: Access;
  /** The last of its group: one response answers all of them. */
  readonly isLast: boolean;
}

/** Requests that are answered together, the last one last. A value. */
export interface FaultGroup {
  readonly requests: readonly PageRequest[];
}

/** What a device may want of an address. */
export type Access = "read" | "write";

/** One entry of the event queue. v4.18 logs it and does nothing else (SMMU3-014). */
export interface FaultRecord {
  readonly iova: number;
  readonly access: Access;
  readonly reason: number;
  /** Where the access carried one. */
  readonly pasid?: number;
}

/** Devices that cannot be told apart on the bus (struct iommu_group). A value. */
export interface IommuGroup {
  /** The number in its name; numbers of groups that are gone are used again. */
  readonly number: number;
  readonly streams: readonly number[];
  /** The domain in use, and the one that the kernel gave it at first; -1 for none. */
  readonly domain: number;
  readonly defaultDomain: number;
  /** Made by VFIO for a device without an IOMMU ("vfio-noiommu"). */
  readonly isFake: boolean;
  /** Who shares its domain at present (iommu_group_share_domain of the RFC). */
  readonly sharers: number;
  readonly isGone: boolean;
}

/** A range of I/O virtual addresses that the DMA API gave out. */
export interface DmaRange {
  readonly start: number;
  readonly end: number;
}

/** One address space of devices (struct iommu_domain). A value. */
export interface Domain {
  /** dma: the DMA API's; unmanaged: VFIO's; identity: addresses are physical. */
  readonly kind: "dma" | "unmanaged" | "identity";
  /** The IOMMU that it belongs to since the first attach; -1 before. */
  readonly iommu: number;
  /** Its context descriptor, exactly one in v4.18 (SMMU3-013): tag and root table; -1 before. */
  readonly asid: number;
  readonly root: number;
  /** It is to be the second of two stages (DOMAIN_ATTR_NESTING), so it is a stage 2. */
  readonly isNesting: boolean;
  /** What the DMA API gave out, highest first. */
  readonly ranges: readonly DmaRange[];
  readonly isGone: boolean;
}

/** The share of iommu in the machine. */
export interface IommuPart extends MmPart {
  readonly iommus: Iommu[];
  readonly streams: Stream[];
  readonly groups: IommuGroup[];
  readonly domains: Domain[];
  readonly commands: Commands;
  readonly bonds: Bond[];
  /** Which process has a PASID: the place is the PASID. -1: nobody. 0 is never handed out. */
  readonly pasids: number[];
  /** What devices asked for: in the hardware's queue, parked until the last, in the work queue. */
  readonly requests: PageRequest[];
  readonly partials: PageRequest[];
  readonly faultGroups: FaultGroup[];
  /** Last requests that were reported and not yet answered. */
  readonly unanswered: PageRequest[];
}

/** The share of `iommu` in an empty machine: no IOMMU, no stream, no domain. */
export function iommuPart(): Omit<IommuPart, keyof MmPart> {
  return {
    iommus: [],
    streams: [],
    groups: [],
    domains: [],
    commands: commands(),
    bonds: [],
    pasids: [-1],
    requests: [],
    partials: [],
    faultGroups: [],
    unanswered: [],
  };
}

/** 4K, 2M and 1G: what the 4K granule has (PGTABLE-007). */
export const PAGE_SIZES = PAGE + 512 * PAGE + 512 * 512 * PAGE;

/** SMMUv3 has 16-bit ASIDs. */
const ASIDS = 65_536;

export interface IommuOptions {
  readonly name: string;
  /** Entries of its IOTLB. */
  readonly iotlb?: number;
  /** As their sum; 0 for one that maps nothing. */
  readonly pageSizes?: number;
  readonly stage?: 1 | 2;
  readonly inputBits?: 39 | 48;
  readonly keepsTables?: boolean;
  readonly hasIdentity?: boolean;
  readonly asids?: number;
  readonly disablesBypass?: boolean;
  readonly ssidBits?: number;
  readonly faults?: Iommu["faults"];
  readonly requestsMax?: number;
}

/** Page requests that an IOMMU can hold. The size is ours: the hardware says its own. */
const REQUESTS = 128;

/** Adds an IOMMU. @returns its id */
export function addIommu(machine: IommuPart, options: IommuOptions): number {
  const { name, pageSizes = PAGE_SIZES, stage = 1, asids = ASIDS } = options;
  const { disablesBypass = false, iotlb: rows = 64, ssidBits = 0 } = options;
  const { faults = "none", requestsMax = REQUESTS } = options;
  const { inputBits = 48, keepsTables = false, hasIdentity = true } = options;
  assert(pageSizes === 0 || pageSizes % (2 * PAGE) > 0, "4K, or less, or none at all", pageSizes);
  reserveCommands(machine.commands);
  const firstRow = reserveRows(machine.iotlb, rows);
  machine.iommus.push({
    name,
    pageSizes,
    stage,
    inputBits,
    keepsTables,
    hasIdentity,
    asids,
    disablesBypass,
    ssidBits,
    faults,
    requestsMax,
    isOverflown: false,
    firstRow,
    rows,
  });
  return machine.iommus.length - 1;
}

/** Does the IOMMU know pages of that size? */
export function knowsSize(pageSizes: number, size: number): boolean {
  return Math.floor(pageSizes / size) % 2 === 1;
}

/** The streams of a device. */
export function streamsOf(machine: IommuPart, device: Actor): number[] {
  return [...machine.streams.keys()].filter((id) => record(machine.streams, id).device === device);
}

/** How often the IOMMU refused a device. */
export function faults(machine: IommuPart, device: Actor): number {
  const counts = streamsOf(machine, device).map((id) => record(machine.streams, id).faults);
  return counts.reduce((sum, count) => sum + count, 0);
}
