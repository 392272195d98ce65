/** Every view, in the order in which they are offered. */
export const VIEWS = [
  "sequence",
  "memory",
  "rings",
  "blocks",
  "walk",
  "states",
  "timeline",
  "chart",
] as const;

export type View = (typeof VIEWS)[number];
