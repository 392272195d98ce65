/** Fetched by views.ts. */
export { MEMORY_VIEWS as VIEWS } from "../../diagrams/index.ts";
