/** Fetched by views.ts, for stories with a network card. */
export { CARD_RING_VIEWS as VIEWS } from "../../diagrams/index.ts";
