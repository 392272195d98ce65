/** Fetched by flow-source.ts, for stories with the dummy device. */
export { withDummy } from "../../engine/index.ts";
