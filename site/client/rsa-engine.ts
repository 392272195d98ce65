/** Fetched by flow-source.ts, for stories with an RSA engine. */
export { withRsa } from "../../engine/index.ts";
