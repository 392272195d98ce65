import type { Family } from "./family.ts";
import { WD } from "./user/index.ts";

/**
 * Drivers, and the calls of wd.c that make several system calls. Few stories make them, so that a
 * page fetches these for those alone.
 */
export function withWd(family: Family): Family {
  const { ops } = family;
  return { ...family, ops: { ...ops, routines: { ...ops.routines, wd: WD } } };
}
