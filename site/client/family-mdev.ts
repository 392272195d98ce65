/** Fetched by families.ts. */
export { MDEV as FAMILY } from "../../engine/index.ts";
