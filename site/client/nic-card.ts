/** Fetched by flow-source.ts, for stories with a network card. */
export { withNic } from "../../engine/index.ts";
