/** In what a drawing can be saved. */
import type { View } from "../../diagrams/index.ts";

export interface Format {
  /** What stands on its button. */
  readonly label: string;
  /** The end of the file's name, and what it is asked for by. */
  readonly ending: Ending;
  /** The views that it is for; all where absent. */
  readonly views?: readonly View[];
}

export type Ending = "txt" | "svg" | "site.svg" | "png" | "2x.png" | "rst" | "mmd" | "dot" | "json";

// biome-ignore format: one format a line
const FORMATS: readonly Format[] = [
  { label: "Plain text",               ending: "txt" },
  { label: "SVG for a page",     ending: "site.svg" },
  { label: "SVG for the kernel", ending: "svg" },
  { label: "PNG",                ending: "png" },
  { label: "PNG, doubled",       ending: "2x.png" },
  { label: "reST",               ending: "rst" },
  { label: "Mermaid",            ending: "mmd", views: ["sequence", "blocks", "states"] },
  { label: "DOT",                ending: "dot", views: ["blocks", "states"] },
  { label: "Trace (JSON)",       ending: "json", views: ["timeline"] },
];

/** The formats that there are of a view. */
export function formatsOf(view: View): readonly Format[] {
  return FORMATS.filter(({ views }) => !views || views.includes(view));
}
