import { hex, type Machine } from "../../engine/index.ts";
import { type Portraits, pages, type Sitter, whole } from "./portrait.ts";

/** "page 37", "pages 37 to 38" */
function frames(first: number, count: number): string {
  return count === 1 ? `page ${first}` : `pages ${first} to ${first + count - 1}`;
}

/** The device that the queue is one of. */
function ofQueue({ machine, event }: Sitter): number {
  return machine.queues.device[event.args[0]] ?? -1;
}

function taskName({ tasks }: Machine, pid: number): string {
  return tasks[pid]?.name ?? "the process";
}

// biome-ignore format: one kind a line
export const KERNEL_PORTRAITS: Portraits<"call" | "mm" | "iommu" | "vfio" | "mdev" | "queue" | "task" | "kernel"> = {
  "call.enter":   { from: "self", to: "kernel", label: () => "call" },
  "call.return":  { from: "kernel", to: "self", label: () => "return" },
  "mm.populate":  { from: "kernel", to: "memory", label: ({ event: { args: [va, pfn] } }) => `page fault at ${hex(va)}, page ${pfn}`, many: (count) => `page faults, ${pages(count)}` },
  "mm.cow":       { from: "kernel", to: "memory", label: ({ event: { args: [, from, to] } }) => `write fault, copy page ${from} to page ${to}` },
  "mm.reuse":     { from: "kernel", to: "kernel", label: ({ event: { args: [, pfn] } }) => `write fault, keep page ${pfn}` },
  "mm.signal":    { from: "kernel", to: "self", label: ({ event: { args: [va] } }) => `SIGSEGV, bad access at ${hex(va)}` },
  "mm.zap":       { from: "kernel", to: "memory", label: ({ event: { args: [va, count] } }) => `drop ${pages(count)} at ${hex(va)}` },
  "mm.share":     { from: "kernel", to: "memory", label: ({ event: { args: [count] } }) => `share ${pages(count)} with the child` },
  "mm.copy":      { from: "kernel", to: "memory", label: ({ event: { args: [, from, to] } }) => `copy page ${from} to page ${to} for the child` },
  "mm.free":      { from: "kernel", to: "memory", label: ({ event: { args: [pfn] } }) => `free page ${pfn}` },
  "mm.pin":       { from: "kernel", to: "memory", label: ({ event: { args: [, pfn, count] } }) => `pin ${frames(pfn, count)}` },
  "mm.unpin":     { from: "kernel", to: "memory", label: ({ event: { args: [pfn, count] } }) => `unpin ${frames(pfn, count)}` },
  "mm.charge":    { from: "kernel", to: "kernel", label: ({ event: { args: [, total] } }) => `locked_vm = ${pages(total)}` },
  "iommu.attach": { from: "kernel", to: "iommu", label: ({ event: { args: [domain, group] } }) => `group ${group} uses domain ${domain}` },
  "iommu.detach": { from: "kernel", to: "iommu", label: ({ event: { args: [domain, group] } }) => `group ${group} leaves domain ${domain}` },
  "iommu.map":    { from: "kernel", to: "iommu", label: ({ event: { args: [, iova, size] } }) => `map ${whole(size)} at ${hex(iova)}` },
  "iommu.unmap":  { from: "kernel", to: "iommu", label: ({ event: { args: [, iova, size] } }) => `unmap ${whole(size)} at ${hex(iova)}` },
  "iommu.flush":  { from: "kernel", to: "iommu", label: ({ event: { args: [, iova, size] } }) => `invalidate ${whole(size)} at ${hex(iova)}` },
  "iommu.hit":    { from: "iommu", to: "iommu", label: ({ event: { args: [, , pfn] } }) => `IOTLB hit, page ${pfn}` },
  "iommu.walk":   { from: "memory", to: "iommu", label: ({ event: { args: [, , pfn, levels] } }) => `walk ${levels} levels, page ${pfn}` },
  "iommu.fault":  { from: "iommu", to: "iommu", label: ({ event: { args: [, iova] } }) => `refuse ${hex(iova)}` },
  "iommu.forgot": { from: "kernel", to: "kernel", label: ({ event: { args: [start, size] } }) => `forget to invalidate ${whole(size)} at ${hex(start)}` },
  "vfio.map":     { from: "kernel", to: "kernel", label: ({ event: { args: [, iova, size] } }) => `record mapping of ${whole(size)} at ${hex(iova)}` },
  "vfio.unmap":   { from: "kernel", to: "kernel", label: ({ event: { args: [, iova, size] } }) => `forget mapping of ${whole(size)} at ${hex(iova)}` },
  "vfio.request": { from: "kernel", to: "kernel", label: () => "ask the program to let go" },
  "mdev.create":  { from: "kernel", to: "kernel", label: () => "mediated device appears" },
  "mdev.remove":  { from: "kernel", to: "kernel", label: () => "mediated device goes" },
  "mdev.told":    { from: "kernel", to: "kernel", label: () => "tell the driver that the mapping goes" },
  "queue.get":    { from: "kernel", to: "device", device: ofQueue, label: ({ event: { args: [queue] } }) => `take queue ${queue}` },
  "queue.put":    { from: "kernel", to: "device", device: ofQueue, label: ({ event: { args: [queue] } }) => `give queue ${queue} back` },
  "queue.start":  { from: "kernel", to: "device", device: ofQueue, label: ({ event: { args: [queue] } }) => `start queue ${queue}` },
  "queue.stop":   { from: "kernel", to: "device", device: ofQueue, label: ({ event: { args: [queue] } }) => `stop queue ${queue}` },
  "task.fork":    { from: "kernel", to: "kernel", label: () => "child begins" },
  "kernel.warn":  { from: "kernel", to: "kernel", label: () => "warning in the kernel's log" },
  "task.sleep":   { from: "kernel", to: "kernel", label: ({ machine, event: { args: [pid] } }) => `${taskName(machine, pid)} sleeps` },
  "task.wake":    { from: "kernel", to: "kernel", label: ({ machine, event: { args: [pid] } }) => `wake ${taskName(machine, pid)}` },
  "task.exit":    { from: "kernel", to: "kernel", label: () => "process is gone" },
};
