import type { Result } from "../core/index.ts";
import type { Backing } from "../mm/index.ts";
import type { IoctlRequest, MmapRequest, Ops, Reply } from "../task/index.ts";
import type { VfioPart } from "./part.ts";

/** Who stands behind a device that VFIO shows. */
export const DEVICE_DRIVER = { mdev: 0, pci: 1 } as const;
export type DeviceDriver = (typeof DEVICE_DRIVER)[keyof typeof DEVICE_DRIVER];

/** The object and the descriptor's requests, as the device's driver sees them. */
export interface VfioDeviceOps<M extends VfioPart> {
  /** vfio_device_ops.open. Without it opening is free. */
  open?(machine: M, ops: VfioOps<M>, object: number, pid: number): Result<void>;
  /** Without it: EINVAL (VFIO-SM-065). `request.object` is the driver's. */
  ioctl?(machine: M, ops: VfioOps<M>, request: IoctlRequest): Reply;
  /** Without it: EINVAL. */
  mmap?(machine: M, ops: VfioOps<M>, request: MmapRequest): Result<Backing>;
  release?(machine: M, ops: VfioOps<M>, object: number): void;
  /**
   * The driver takes the device back, and a program has it open: it is asked to let go, `count`
   * times before (VFIO-SM-053).
   */
  request?(machine: M, ops: VfioOps<M>, object: number, count: number): void;
  /** The last program let go: the driver may go on with removing it. */
  idle?(machine: M, ops: VfioOps<M>, object: number): void;
  /**
   * The IOMMU group of the parent, where the device works in its parent's domain (spimdev); -1 for
   * any other device. Refuses: ENODEV where the parent has no group.
   */
  parentGroup?(machine: M, ops: VfioOps<M>, object: number): Result<number>;
  /** Told that mappings go whose pages it pinned; it unpins them now (VFIO_IOMMU_NOTIFY_DMA_UNMAP). */
  unmapping?(machine: M, ops: VfioOps<M>, object: number, iova: number, size: number): void;
}

/** The ways up, as far as vfio asks. */
export interface VfioOps<M extends VfioPart> extends Ops<M> {
  readonly device: { readonly [driver in DeviceDriver]?: VfioDeviceOps<M> };
  /** What VFIO_IOMMU_BIND does, where a kernel has the patches. */
  readonly bindContainer?: { bivariant(machine: M, request: IoctlRequest): Reply }["bivariant"];
}
