export { CREATE_CHECKS, createMdev } from "./create.ts";
export { MDEV_ATTRIBUTE_FILE, MDEV_DEVICE } from "./files.ts";
export {
  MDEV_DRIVER,
  type MdevDriver,
  type MdevOps,
  type ParentOps,
  type TypeAttribute,
} from "./ops.ts";
export { type ParentWish, REGISTER_CHECKS, registerParent, type TypeWish } from "./parent.ts";
export { type Attribute, type Mdev, type MdevPart, mdevPart, type Parent } from "./part.ts";
export { MDEV_REMOVE, REMOVE_CHECKS } from "./remove.ts";
export { unregisterParent } from "./unregister.ts";
