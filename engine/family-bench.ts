import type { Family } from "./family.ts";
import { MTTY } from "./frameworks/index.ts";
import { MDEV_DRIVER } from "./mdev/index.ts";

/** What no story has, and the table of conformance asks: the sample driver of mediated devices. */
export const BENCH: Pick<Family, "ops"> = {
  ops: { mdev: { [MDEV_DRIVER.mtty]: MTTY } },
};
