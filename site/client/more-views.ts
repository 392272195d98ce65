/** The views that few readers ask for. A part of its own, fetched when one of them is chosen. */
export { MORE_VIEWS } from "../../diagrams/index.ts";
