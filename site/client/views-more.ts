/** Fetched by views.ts. */
export { MORE_VIEWS as VIEWS } from "../../diagrams/index.ts";
