import type { Family } from "./family.ts";
import { DUMMY_LIBRARY } from "./user/index.ts";

/** Drivers, and the user driver of the dummy device. A page fetches it for stories that have one. */
export function withDummy(family: Family): Family {
  const library = { ...family.ops.library, ...DUMMY_LIBRARY };
  return { ...family, ops: { ...family.ops, library } };
}
