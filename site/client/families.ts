/** The drivers of a framework. A player fetches those that its story stands on. */
import type { Family, Framework } from "../../engine/index.ts";

const FAMILIES: { readonly [name in Framework]?: () => Promise<{ FAMILY: Family }> } = {
  spimdev: () => import("./family-mediated.ts"),
  sdmdev: () => import("./family-sdmdev.ts"),
  uacce: () => import("./family-uacce.ts"),
  "uacce-v3": () => import("./family-uacce-v3.ts"),
  hvf: () => import("./family-hvf.ts"),
  mdev: () => import("./family-mdev.ts"),
  ioctl: () => import("./family-ioctl.ts"),
};

/** @returns refused where no drivers are known by that name */
export async function fetchFamily(framework: string): Promise<Family> {
  const found = FAMILIES[framework as Framework];
  if (!found) throw new Error(`no drivers of ${framework}`);
  return (await found()).FAMILY;
}
