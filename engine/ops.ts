import type { Events } from "./core/index.ts";
import { type EngineOps, type Family, opsOf } from "./family.ts";
import { withAreas } from "./family-areas.ts";
import { BENCH } from "./family-bench.ts";
import { withBind } from "./family-bind.ts";
import { withBindMm } from "./family-bind-mm.ts";
import { withDummy } from "./family-dummy.ts";
import { HVF } from "./family-hvf.ts";
import { IOCTL } from "./family-ioctl.ts";
import { MDEV } from "./family-mdev.ts";
import { MEDIATED } from "./family-mediated.ts";
import { withNic } from "./family-nic.ts";
import { withRsa } from "./family-rsa.ts";
import { SDMDEV } from "./family-sdmdev.ts";
import { UACCE } from "./family-uacce.ts";
import { UACCE_V3 } from "./family-uacce-v3.ts";
import { withWd } from "./family-wd.ts";
import type { Framework } from "./flow/index.ts";
import { type Machine, stepBy } from "./machine.ts";

/** What a story may have on any framework. */
const withAny = (family: Family) => withDummy(withAreas(family));

/** What a story may have where there are mediated devices. */
const withMore = (family: Family) =>
  withAny(withBindMm(withBind(withRsa(withNic(withWd(family))))));

/** Mediated devices, all calls of wd.c, network cards, the RSA engine, and unfinished drivers. */
const WHOLE = withMore(MEDIATED);
const SDMDEV_WHOLE = withMore(SDMDEV);
const UACCE_WHOLE = withAny(withRsa(UACCE));

/** Which drivers a framework stands on. */
export const FAMILIES: { readonly [framework in Framework]?: Family } = {
  spimdev: WHOLE,
  sdmdev: SDMDEV_WHOLE,
  "uacce-v3": withAny(UACCE_V3),
  uacce: UACCE_WHOLE,
  hvf: withAny(HVF),
  mdev: withAny(MDEV),
  ioctl: withAny(IOCTL),
};

/**
 * Every way up, in one constant. It is code, never state: a saved machine names its drivers and
 * routines, and finds them here again.
 */
export const OPS: EngineOps = opsOf([
  WHOLE,
  SDMDEV_WHOLE,
  HVF,
  UACCE_V3,
  UACCE_WHOLE,
  MDEV,
  IOCTL,
  BENCH,
]);

/**
 * Takes one of the enabled actions, in place, and tells `sink`.
 *
 * @param pick  which of `enabled`; 0 is time order
 * @returns `false` when there is no such action, and when `machine.end` says the run is over
 */
export function step(machine: Machine, sink: Events, pick = 0): boolean {
  return stepBy(OPS, machine, sink, pick);
}
