/** Fetched by families.ts. */
export { HVF as FAMILY } from "../../engine/index.ts";
