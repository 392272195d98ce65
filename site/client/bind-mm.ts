/** Fetched by flow-source.ts, for stories of a kernel where a container binds a process. */
export { withBindMm } from "../../engine/index.ts";
