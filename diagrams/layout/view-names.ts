/** Every view, in the order in which they are offered; the last only where it is asked for by name. */
export const VIEWS = [
  "sequence",
  "memory",
  "rings",
  "blocks",
  "walk",
  "states",
  "timeline",
  "chart",
  "space",
] as const;

export type View = (typeof VIEWS)[number];
