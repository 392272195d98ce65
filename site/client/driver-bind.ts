/** Fetched by flow-source.ts, for stories that bind a driver themselves. */
export { withBind } from "../../engine/index.ts";
