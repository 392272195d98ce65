/** Fetched by families.ts. */
export { UACCE as FAMILY } from "../../engine/index.ts";
