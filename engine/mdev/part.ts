import type { VfioPart } from "../vfio/index.ts";
import type { MdevDriver } from "./ops.ts";

/** A device that offers mediated devices (struct mdev_parent). A value; its id is its place. */
export interface Parent {
  readonly name: string;
  /** Its directory in sysfs. */
  readonly path: string;
  /** Who stands behind it, and which object of that driver. */
  readonly driver: MdevDriver;
  readonly object: number;
  /** Names of its types, as sysfs shows them: `<driver>-<group>`. */
  readonly types: readonly string[];
  /** Its names in sysfs: they go with it. */
  readonly files: readonly string[];
  /** It offers nothing any more, and waits for devices that programs still have. */
  readonly isLeaving: boolean;
  readonly isGone: boolean;
}

/** One mediated device (struct mdev_device). A value; its id is its place. */
export interface Mdev {
  /** Lower case. */
  readonly uuid: string;
  readonly parent: number;
  /** Its place among the types of its parent. */
  readonly type: number;
  /** Its IOMMU group, and what VFIO made of it. */
  readonly iommuGroup: number;
  readonly device: number;
  /** False while it is being created or removed: then `remove` says EAGAIN. */
  readonly isActive: boolean;
  readonly isGone: boolean;
  /** The task that removes it and waits for its last user; -1 for none. */
  readonly remover: number;
}

/** One file in sysfs that this room answers for. A value; its id is the object of the file. */
export type Attribute =
  | { readonly kind: "create"; readonly parent: number; readonly type: number }
  | { readonly kind: "type"; readonly parent: number; readonly type: number; readonly name: string }
  | { readonly kind: "remove"; readonly mdev: number };

/** The share of mdev in the machine. */
export interface MdevPart extends VfioPart {
  readonly parents: Parent[];
  readonly mdevs: Mdev[];
  readonly attributes: Attribute[];
}

/** The share of `mdev` in an empty machine: no parent. */
export function mdevPart(): Pick<MdevPart, "parents" | "mdevs" | "attributes"> {
  return { parents: [], mdevs: [], attributes: [] };
}
