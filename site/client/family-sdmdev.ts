/** Fetched by families.ts. */
export { SDMDEV as FAMILY } from "../../engine/index.ts";
