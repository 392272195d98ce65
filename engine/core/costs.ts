import type { Agenda } from "./agenda.ts";
import { ns, type Span } from "./time.ts";

/**
 * How sure a cost is: S read in the named source, D derived from one, M measured, R recalled,
 * A assumed by this model because no source was found.
 */
export type CostClass = "S" | "D" | "M" | "R" | "A";

export interface Cost {
  readonly span: Span;
  readonly class: string;
  readonly what: string;
  readonly source: string;
}

const EPYC = "measured on a 2-vCPU EPYC guest, Linux 6.18";

/** What things take. Apart from the words about them, so that a page fetches the numbers alone. */
const SPANS = {
  syscall: ns(170),
  ioctl: ns(55),
  fault: ns(1500),
  pin: ns(85),
  cold: ns(1000),
  unpin: ns(28),
  copy: ns(750),
  wake: ns(4000),
  store: ns(10),
  poll: ns(200),
  doorbell: ns(100),
  dma: ns(550),
  walk: ns(330),
  unmap: ns(1000),
  iofault: ns(5000),
  engine: ns(1000),
  rsa: ns(10_000),
} as const;

export type CostName = keyof typeof SPANS;

/** The same with class and source. Never add rows from different machines without saying so. */
// biome-ignore format: one cost a line
export const COSTS: Readonly<Record<CostName, Cost>> = {
  syscall:   { span: SPANS.syscall, class: "M+S", what: "enter and leave the kernel, no page-table isolation", source: `${EPYC}; reviews.freebsd.org/D13985` },
  ioctl:     { span: SPANS.ioctl, class: "M", what: "body of a trivial ioctl, beyond entering the kernel", source: EPYC },
  fault:     { span: SPANS.fault, class: "M", what: "page fault of the CPU, first touch of a 4K page", source: EPYC },
  pin:       { span: SPANS.pin, class: "M+D", what: "pin one resident 4K page, in bulk", source: `${EPYC}; commit 4d83de6da265` },
  cold:      { span: SPANS.cold, class: "D+M", what: "zero, fault in and pin a 4K page that nobody touched, in bulk", source: `commit 4d83de6da265; ${EPYC}` },
  unpin:     { span: SPANS.unpin, class: "M", what: "unpin one 4K page, in bulk", source: EPYC },
  copy:      { span: SPANS.copy, class: "M", what: "copy 4 KiB between process and kernel, with the system call", source: EPYC },
  wake:      { span: SPANS.wake, class: "S+M", what: "interrupt until the blocked thread runs", source: `forum report; ${EPYC}` },
  store:     { span: SPANS.store, class: "A", what: "store or load of a cached line", source: "assumed: no source" },
  poll:      { span: SPANS.poll, class: "R", what: "one look at a line that another agent writes", source: "assumed from two cores polling one line" },
  doorbell:  { span: SPANS.doorbell, class: "S", what: "posted register write, on the side of the CPU", source: "Intel community td-p/1186313" },
  dma:       { span: SPANS.dma, class: "R", what: "DMA read of 64 B, round trip, PCIe gen3", source: "Neugebauer, SIGCOMM'18, 6.2" },
  walk:      { span: SPANS.walk, class: "R", what: "IOTLB miss: one page-table walk", source: "Neugebauer, SIGCOMM'18, 6.5" },
  unmap:     { span: SPANS.unmap, class: "R", what: "IOMMU unmap with IOTLB flush, strict", source: "rIOMMU, ASPLOS'15, Table 1" },
  iofault:   { span: SPANS.iofault, class: "S", what: "page fault of a device, served in software, page in memory", source: "NP-RDMA, arXiv 2310.11062" },
  rsa:       { span: SPANS.rsa, class: "D", what: "one private-key operation of the RSA engine", source: "100 000 of 2048 bits a second (hikunpeng.com kunpengrsa2k_20_0005); a story's keys are shorter" },
  engine:    { span: SPANS.engine, class: "A", what: "the engine's own work on 4 KiB", source: "assumed: no figure for this engine was found" },
};

/** The cost of `count` of these. */
export function cost(name: CostName, count = 1): Span {
  return (SPANS[name] * count) as Span;
}

/** The running step's call takes that much longer: what it does so many times depends on the pages that it meets. */
export function owe({ agenda }: { readonly agenda: Agenda }, name: CostName, count = 1): void {
  agenda.owed += cost(name, count);
}
