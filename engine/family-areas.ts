import type { Family } from "./family.ts";
import { AREA_CALLS } from "./task/index.ts";

/** Drivers, and the calls about areas that few stories make. A page fetches these for those alone. */
export function withAreas(family: Family): Family {
  return { ...family, ops: { ...family.ops, syscalls: AREA_CALLS } };
}
