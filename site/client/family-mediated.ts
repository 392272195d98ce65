/** Fetched by families.ts. */
export { MEDIATED as FAMILY } from "../../engine/index.ts";
