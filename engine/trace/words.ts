import { DMA_WHAT, ERRNO, hex, type Kind, WARN } from "../core/index.ts";
import { ZIP_STATUS } from "../hw/index.ts";
import { FAULT } from "../iommu/index.ts";

type Args = readonly [number, number, number, number];

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

function pages(count: number): string {
  return count === 1 ? "1 page" : `${count} pages`;
}

const FAULT_WORDS: { readonly [reason: number]: string } = {
  [FAULT.stream]: "the device is not let through",
  [FAULT.translation]: "no entry",
  [FAULT.permission]: "not allowed",
  [FAULT.addressSize]: "past 48 bits",
  [FAULT.memory]: "no memory there",
  [FAULT.substream]: "no such PASID",
  [FAULT.context]: "no process has this PASID",
  [FAULT.quiet]: "the process is gone",
};

/** An errno by its name. */
export function errnoName(number: number): string {
  return Object.entries(ERRNO).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
}

/** A status of the ZIP engine in words. */
export function statusWords(status: number): string {
  if (status === ZIP_STATUS.OK) return "done";
  if (status === ZIP_STATUS.NEGATIVE) return "done, no smaller";
  if (status === ZIP_STATUS.NO_SPACE) return "no space";
  return "error";
}

/** What was moved, by its place in DMA_WHAT. */
function moved(verb: "read" | "write", what: number, size: number): string {
  const name = DMA_WHAT[what] ?? "memory";
  if (name === "request") return `fetch request, ${bytes(size)}`;
  if (name === "completion") return "write completion";
  if (name === "result") return "write result into request";
  return `${verb} ${name}, ${bytes(size)}`;
}

/** Each kind of event in a few words: what a row of a picture says, and a line of a trace. */
// biome-ignore format: one kind a line
export const EVENT_WORDS: Readonly<Record<Kind, (args: Args) => string>> = {
  "call.enter":     ([call]) => `call ${call} begins`,
  "call.return":    ([call]) => `call ${call} ends`,
  "cpu.write":      ([, size]) => `write buffer, ${bytes(size)}`,
  "cpu.read":       ([, size]) => `read buffer, ${bytes(size)}`,
  "cpu.copy":       ([, size, out]) => `copy ${bytes(size)} ${out ? "to" : "from"} the process`,
  "ring.submit":    ([, slot, size]) => `store request, ${bytes(size)} (slot ${slot})`,
  "ring.doorbell":  ([, , index]) => `store doorbell, tail = ${index}`,
  "ring.reap":      ([, , status]) => `load completion: ${statusWords(status)}`,
  "ring.poll":      ([, times]) => `load completion: not yet${times > 1 ? ` (${times} times)` : ""}`,
  "dma.read":       ([, size, what]) => moved("read", what, size),
  "dma.write":      ([, size, what]) => moved("write", what, size),
  "dma.fault":      ([iova]) => `access ${hex(iova)}: fault`,
  "engine.power":   ([, produced, status]) => `x^d mod n: ${produced > 0 ? bytes(produced) : statusWords(status)}`,
  "engine.compute": ([consumed, produced, status]) => produced > 0 ? `compress ${consumed} to ${bytes(produced)}` : `compress: ${statusWords(status)}`,
  "ring.refuse":    ([, , errno, told]) => `refuse request: ${errnoName(errno)}, ${told === 0 ? "then 0 over it" : "told"}`,
  "irq.raise":      () => "interrupt",
  "packet.arrive":  ([, size]) => `packet arrives, ${bytes(size)}`,
  "packet.drop":    ([, ring]) => `packet lost: ring ${ring} has no buffer`,
  "packet.take":    ([, ring, size]) => `take packet of ring ${ring}, ${bytes(size)}`,
  "packet.post":    ([, ring, size]) => `send by ring ${ring}, ${bytes(size)}`,
  "packet.leave":   ([, , size]) => `packet leaves, ${bytes(size)}`,
  "mm.populate":    ([va, pfn]) => `page fault at ${hex(va)}: page ${pfn}`,
  "mm.cow":         ([va, from, to]) => `write fault at ${hex(va)}: copy page ${from} to page ${to}`,
  "mm.reuse":       ([va, pfn]) => `write fault at ${hex(va)}: keep page ${pfn}`,
  "mm.signal":      ([va]) => `bad access at ${hex(va)}: SIGSEGV`,
  "mm.zap":         ([va, count]) => `drop ${pages(count)} at ${hex(va)}`,
  "mm.share":       ([count]) => `share ${pages(count)} with the child`,
  "mm.copy":        ([, from, to]) => `copy page ${from} to page ${to} for the child`,
  "mm.free":        ([pfn]) => `page ${pfn} is free`,
  "mm.pin":         ([va, pfn, count]) => count === 1 ? `pin page ${pfn} at ${hex(va)}` : `pin pages ${pfn} to ${pfn + count - 1} at ${hex(va)}`,
  "mm.unpin":       ([pfn, count]) => count === 1 ? `unpin page ${pfn}` : `unpin pages ${pfn} to ${pfn + count - 1}`,
  "mm.charge":      ([count, total]) => `locked_vm ${count < 0 ? "-" : "+"}${Math.abs(count)} = ${total}`,
  "iommu.attach":   ([domain, group]) => `group ${group} uses domain ${domain}`,
  "iommu.detach":   ([domain, group]) => `group ${group} leaves domain ${domain}`,
  "iommu.map":      ([, iova, size, pfn]) => `enter ${hex(iova)}, ${bytes(size)}, page ${pfn}`,
  "iommu.unmap":    ([, iova, size]) => `remove ${hex(iova)}, ${bytes(size)}`,
  "iommu.flush":    ([, iova, size]) => `invalidate ${hex(iova)}, ${bytes(size)}`,
  "iommu.forgot":   ([start, size]) => `forget to invalidate ${hex(start)}, ${bytes(size)}`,
  "iommu.hit":      ([, iova, pfn]) => `IOTLB knows ${hex(iova)}: page ${pfn}`,
  "iommu.walk":     ([, iova, pfn, levels]) => `walk ${levels} levels for ${hex(iova)}: page ${pfn}`,
  "iommu.fault":    ([, iova, reason]) => `refuse ${hex(iova)}: ${FAULT_WORDS[reason] ?? "fault"}`,
  "sva.bind":       ([, pasid]) => `bind the process as PASID ${pasid}`,
  "sva.unbind":     ([, pasid]) => `unbind PASID ${pasid}`,
  "sva.invalidate": ([pasid, start, size]) => `PASID ${pasid}: invalidate ${hex(start)}, ${bytes(size)}`,
  "iopf.request":   ([, pasid, va]) => `wait for page ${hex(va)} of PASID ${pasid}`,
  "iopf.response":  ([, , code]) => code === 0 ? "page is there: go on" : "no such page: give up",
  "vfio.map":       ([, iova, size]) => `record mapping ${hex(iova)}, ${bytes(size)}`,
  "vfio.unmap":     ([, iova, size]) => `forget mapping ${hex(iova)}, ${bytes(size)}`,
  "vfio.request":   ([, count]) => `ask the program to let the device go (${count + 1})`,
  "mdev.create":    ([mdev]) => `mediated device ${mdev} appears`,
  "mdev.remove":    ([mdev]) => `mediated device ${mdev} goes`,
  "mdev.told":      ([mdev]) => `tell the driver of mediated device ${mdev}`,
  "queue.get":      ([queue]) => `take queue ${queue} of the device`,
  "queue.put":      ([queue]) => `queue ${queue} goes back`,
  "queue.start":    ([queue]) => `queue ${queue} is started`,
  "queue.stop":     ([queue]) => `queue ${queue} is stopped`,
  "task.fork":      ([child]) => `process ${child} begins`,
  "task.sleep":     ([pid]) => `process ${pid} sleeps`,
  "task.wake":      ([pid]) => `wake process ${pid}`,
  "task.exit":      ([pid]) => `process ${pid} is gone`,
  "kernel.warn":    ([what]) => `the kernel warns: ${WARN[what] ?? "something"}`,
};
