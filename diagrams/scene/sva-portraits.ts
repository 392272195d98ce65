import { hex } from "../../engine/index.ts";
import { type Portraits, whole } from "./portrait.ts";

// biome-ignore format: one kind a line
export const SVA_PORTRAITS: Portraits<"sva" | "iopf"> = {
  "sva.bind":       { from: "kernel", to: "iommu", label: ({ event: { args: [, pasid] } }) => `bind as PASID ${pasid}` },
  "sva.unbind":     { from: "kernel", to: "iommu", label: ({ event: { args: [, pasid] } }) => `unbind PASID ${pasid}` },
  "sva.invalidate": { from: "kernel", to: "iommu", label: ({ event: { args: [, start, size] } }) => `invalidate ${whole(size)} at ${hex(start)}` },
  "iopf.request":   { from: "iommu", to: "kernel", label: ({ event: { args: [, , va] } }) => `page request for ${hex(va)}` },
  "iopf.response":  { from: "kernel", to: "iommu", label: ({ event: { args: [, , code] } }) => code === 0 ? "page is there, go on" : "no such page, give up" },
};
