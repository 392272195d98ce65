/** Fetched by families.ts. */
export { IOCTL as FAMILY } from "../../engine/index.ts";
