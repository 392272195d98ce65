/** Fetched by flow-source.ts, for stories that make calls of wd.c. */
export { withWd } from "../../engine/index.ts";
