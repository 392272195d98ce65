import type { Result } from "../core/index.ts";
import type { Backing } from "../mm/index.ts";
import type { IoctlRequest, MmapRequest, Reply } from "../task/index.ts";
import type { VfioOps } from "../vfio/index.ts";
import type { MdevPart } from "./part.ts";

/** Who offers mediated devices. */
export const MDEV_DRIVER = { spimdev: 0, mtty: 1, sdmdev: 2, vendor: 3 } as const;
export type MdevDriver = (typeof MDEV_DRIVER)[keyof typeof MDEV_DRIVER];

/**
 * What mdev asks of a parent's driver (struct mdev_parent_ops). `object` is the parent's, `mdev`
 * a place in `machine.mdevs`.
 */
export interface MdevOps<M extends MdevPart> {
  /** A mediated device is wanted. What it refuses goes to the writer unchanged (MDEV-011). */
  create(machine: M, ops: ParentOps<M>, mdev: number): Result<void>;
  /** One is to go. Any refusal reaches the writer as EBUSY (MDEV-021). */
  remove(machine: M, ops: ParentOps<M>, mdev: number): Result<void>;
  /** Text of an attribute of a type: name, device_api, available_instances, flags. */
  show(machine: M, ops: ParentOps<M>, asked: TypeAttribute): Result<string>;
  /** Without it: opening is EINVAL (vfio_mdev_open). */
  open?(machine: M, ops: ParentOps<M>, mdev: number, pid: number): Result<void>;
  release?(machine: M, ops: ParentOps<M>, mdev: number): void;
  /** Without them: EINVAL (MDEV-028). `request.object` is the mdev. */
  ioctl?(machine: M, ops: ParentOps<M>, request: IoctlRequest): Reply;
  mmap?(machine: M, ops: ParentOps<M>, request: MmapRequest): Result<Backing>;
  /** Mappings go whose pages it pinned: it unpins them now (the notifier it registered). */
  unmapping?(machine: M, ops: ParentOps<M>, mdev: number, iova: number, size: number): void;
  /** The parent stands behind no IOMMU, and its driver offers no-IOMMU mode. */
  isUnshielded?(machine: M, object: number): boolean;
  /** The RFC only: the IOMMU group whose domain its mediated devices share. */
  parentGroup?(machine: M, ops: ParentOps<M>, mdev: number): Result<number>;
}

export interface TypeAttribute {
  readonly object: number;
  readonly type: number;
  readonly name: string;
}

/** The ways up, as far as mdev asks. */
export interface ParentOps<M extends MdevPart> extends VfioOps<M> {
  readonly mdev: { readonly [driver in MdevDriver]?: MdevOps<M> };
}
