/** Fetched by families.ts. */
export { UACCE_V3 as FAMILY } from "../../engine/index.ts";
