import { DMA_WHAT, errnoName, hex } from "../../engine/index.ts";
import { addressName } from "./addresses.ts";
import { bytes, type Portraits, type Sitter } from "./portrait.ts";

/** What was moved. A completion and a status have a size of their own; the rest says it. */
function moved(verb: "read" | "write", { event }: Sitter): string {
  const [, size, what] = event.args;
  const name = DMA_WHAT[what];
  if (name === "request") return `fetch request, ${bytes(size)}`;
  if (name === "completion") return "write completion";
  if (name === "result") return "write status to request";
  return `${verb} ${name ?? "memory"}, ${bytes(size)}`;
}

/** What was wanted where the IOMMU said no. */
function wanted({ machine, event }: Sitter): string {
  const [iova, , what] = event.args;
  const name = DMA_WHAT[what] ?? "memory";
  const verb = name === "request" || name === "src" || name === "key" ? "read" : "write";
  return `${verb} ${name} at ${addressName(machine, iova)}`;
}

/** How the ZIP engine says that a request went. Source: engine/hw/zip-sqe.ts ZIP_STATUS. */
function status(code: number): string {
  if (code === 0) return "done";
  return code === 0x0d ? "done, no smaller" : `status ${hex(code)}`;
}

/** A network card's ring holds descriptors, of packets and of empty buffers. */
function stored({ machine, event }: Sitter): string {
  const device = machine.queues.device[event.args[0]];
  return `store ${machine.nics.some((nic) => nic.device === device) ? "descriptor" : "request"}`;
}

// biome-ignore format: one kind a line
export const HW_PORTRAITS: Portraits<"cpu" | "ring" | "dma" | "engine" | "irq" | "packet"> = {
  "cpu.write":      { from: "self", to: "memory", label: ({ event: { args: [, size] } }) => `store ${bytes(size)}` },
  "cpu.read":       { from: "memory", to: "self", label: ({ event: { args: [, size] } }) => `load ${bytes(size)}` },
  "cpu.copy":       { from: "memory", to: "kernel", isBack: ({ event: { args: [, , out] } }) => out === 1, label: ({ event: { args: [, size, out] } }) => `copy ${bytes(size)} ${out ? "to" : "from"} user` },
  "ring.submit":    { from: "self", to: "memory", label: stored },
  "ring.doorbell":  { from: "self", to: "device", device: ({ event: { args: [device] } }) => device, label: ({ event: { args: [, , index] } }) => `store doorbell, tail = ${index}` },
  "ring.reap":      { from: "memory", to: "self", label: ({ event: { args: [, , code] } }) => `load completion, ${status(code)}` },
  "ring.poll":      { from: "memory", to: "self", label: ({ event: { args: [, times] } }) => times === 1 ? "poll, not yet" : `poll, ${times} times` },
  "ring.refuse":    { from: "kernel", to: "memory", label: ({ event: { args: [, , errno, told] } }) => `${errnoName(errno)}${told === 0 ? ", then 0 over it" : ""}` },
  "irq.raise":      { from: "device", to: "kernel", label: () => "interrupt" },
  "dma.read":       { from: "memory", to: "device", iommu: "o", label: (sitter) => moved("read", sitter) },
  "dma.write":      { from: "device", to: "memory", iommu: "o", label: (sitter) => moved("write", sitter) },
  "dma.fault":      { from: "device", to: "memory", iommu: "X", label: wanted },
  "packet.arrive":  { from: "device", to: "device", label: ({ event: { args: [, size] } }) => `packet arrives, ${bytes(size)}` },
  "packet.drop":    { from: "device", to: "device", label: ({ event: { args: [, ring] } }) => `ring ${ring} has no buffer, packet lost` },
  "packet.take":    { from: "memory", to: "kernel", label: ({ event: { args: [, , size] } }) => `take packet, ${bytes(size)}` },
  "packet.post":    { from: "kernel", to: "device", label: ({ event: { args: [, , size] } }) => `send ${bytes(size)}, doorbell` },
  "packet.leave":   { from: "device", to: "device", label: ({ event: { args: [, , size] } }) => `packet leaves, ${bytes(size)}` },
  "engine.power":   { from: "device", to: "device", label: ({ event: { args: [, produced] } }) => produced > 0 ? `x^d mod n, ${bytes(produced)}` : "x^d mod n, refused" },
  "engine.compute": { from: "device", to: "device", label: ({ event: { args: [consumed, produced] } }) => produced > 0 ? `compress ${consumed} to ${bytes(produced)}` : "compress" },
};
