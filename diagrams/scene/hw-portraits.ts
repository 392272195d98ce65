import { DMA_WHAT, hex } from "../../engine/index.ts";
import { bytes, type Portraits, type Sitter } from "./portrait.ts";

/** What was moved. A request and its completion have a size of their own; the rest says it. */
function moved(verb: "read" | "write", { event }: Sitter): string {
  const [, size, what] = event.args;
  const name = DMA_WHAT[what];
  if (name === "request") return "fetch request";
  if (name === "completion") return "write completion";
  if (name === "result") return "write status to request";
  return `${verb} ${name ?? "memory"}, ${bytes(size)}`;
}

/** What was wanted where the IOMMU said no. */
function wanted({ event }: Sitter): string {
  const [iova, , what] = event.args;
  const name = DMA_WHAT[what] ?? "memory";
  const verb = name === "request" || name === "src" ? "read" : "write";
  return `${verb} ${name} at ${hex(iova)}`;
}

/** How the ZIP engine says that a request went. Source: hisi_zip driver, dw3 of the request. */
function status(code: number): string {
  if (code === 0) return "done";
  return code === 0x0d ? "done, no smaller" : `status ${hex(code)}`;
}

// biome-ignore format: one kind a line
export const HW_PORTRAITS: Portraits<"cpu" | "ring" | "dma" | "engine"> = {
  "cpu.write":      { from: "self", to: "memory", label: ({ event: { args: [, size] } }) => `store ${bytes(size)}` },
  "cpu.read":       { from: "memory", to: "self", label: ({ event: { args: [, size] } }) => `load ${bytes(size)}` },
  "cpu.copy":       { from: "memory", to: "kernel", label: ({ event: { args: [, size, out] } }) => `copy ${bytes(size)} ${out ? "to" : "from"} user` },
  "ring.submit":    { from: "self", to: "memory", label: ({ event: { args: [, , size] } }) => `store request, ${bytes(size)}` },
  "ring.doorbell":  { from: "self", to: "device", device: ({ event: { args: [device] } }) => device, label: ({ event: { args: [, , index] } }) => `store doorbell, tail = ${index}` },
  "ring.reap":      { from: "memory", to: "self", label: ({ event: { args: [, , code] } }) => `load completion, ${status(code)}` },
  "ring.poll":      { from: "memory", to: "self", label: ({ event: { args: [, times] } }) => `poll completion, ${times === 1 ? "not yet" : `${times} times`}` },
  "dma.read":       { from: "memory", to: "device", iommu: "o", label: (sitter) => moved("read", sitter) },
  "dma.write":      { from: "device", to: "memory", iommu: "o", label: (sitter) => moved("write", sitter) },
  "dma.fault":      { from: "device", to: "memory", iommu: "X", label: wanted },
  "engine.compute": { from: "device", to: "device", label: ({ event: { args: [consumed, produced] } }) => produced > 0 ? `compress ${consumed} to ${bytes(produced)}` : "compress" },
};
