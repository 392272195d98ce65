/** Fetched by views.ts. */
export { RING_VIEWS as VIEWS } from "../../diagrams/index.ts";
