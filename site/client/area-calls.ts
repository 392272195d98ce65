/** Fetched by flow-source.ts, for stories that make calls about areas of memory, processes and limits. */
export { withAreas } from "../../engine/index.ts";
