/** Colours: the page's own by name, or the light ones of design section 7, fixed. */

import type { Ink } from "../layout/index.ts";

export interface Palette extends Readonly<Record<Ink, string>> {
  readonly ground: string;
  /** Behind what is current or changed. */
  readonly mark: string;
  /** Lifelines and rules. */
  readonly rule: string;
  readonly font: string;
}

export const PALETTES: Readonly<Record<"site" | "kernel", Palette>> = {
  site: {
    process: "var(--role-process)",
    kernel: "var(--role-kernel)",
    device: "var(--role-device)",
    iommu: "var(--role-iommu)",
    memory: "var(--role-memory)",
    refusal: "var(--role-refusal)",
    text: "var(--ink)",
    muted: "var(--muted)",
    ground: "var(--ground)",
    mark: "var(--mark)",
    rule: "var(--rule-strong)",
    font: "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, Liberation Mono, monospace",
  },
  kernel: {
    process: "#0a55d6",
    kernel: "#3a3f47",
    device: "#9c5a00",
    iommu: "#7a3a94",
    memory: "#0b7a54",
    refusal: "#8c0f1a",
    text: "#1d1f21",
    muted: "#5c5f62",
    ground: "#fdfdfb",
    mark: "#fff3c4",
    rule: "#8d8b82",
    font: "DejaVu Sans Mono, Liberation Mono, monospace",
  },
};
