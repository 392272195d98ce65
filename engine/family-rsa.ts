import type { Family } from "./family.ts";
import { RSA } from "./hw/index.ts";
import { LIBRARY, RSA_LIBRARY } from "./user/index.ts";

/** One for all families: who has an RSA engine has these calls. */
const CALLS = { ...LIBRARY, ...RSA_LIBRARY };

/** Drivers, and the RSA engine with its user driver. A page fetches these for stories that sign. */
export function withRsa(family: Family): Family {
  const { ops } = family;
  const routines = { ...ops.routines, library: CALLS };
  return { ...family, ops: { ...ops, routines, engines: { ...ops.engines, rsa: RSA } } };
}
