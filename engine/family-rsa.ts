import type { Family } from "./family.ts";
import { RSA } from "./hw/index.ts";
import { RSA_LIBRARY } from "./user/index.ts";

/** Drivers, and the RSA engine with its user driver. A page fetches these for stories that sign. */
export function withRsa(family: Family): Family {
  const { ops } = family;
  const library = { ...ops.library, ...RSA_LIBRARY };
  return { ...family, ops: { ...ops, library, engines: { ...ops.engines, rsa: RSA } } };
}
