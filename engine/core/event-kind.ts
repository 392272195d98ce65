import type { Bytes, Iova, Pfn, Vaddr } from "./address.ts";
import type { Span } from "./time.ts";

/**
 * Everything that can happen, with its arguments in order: at most four, all whole numbers.
 * Bulk work is one event with a range.
 */
export interface EventArgs {
  /** A row of `machine.calls` has begun, has ended; so much later its caller goes on. */
  "call.enter": [call: number];
  "call.return": [call: number, later: Span];

  /** A process touches memory that it has mapped: its own, a ring, a register. */
  "cpu.write": [va: Vaddr, size: Bytes];
  "cpu.read": [va: Vaddr, size: Bytes];
  /** The kernel copies between a process and itself; `out` is 1 towards the process. */
  "cpu.copy": [va: Vaddr, size: Bytes, out: number];
  "ring.submit": [queue: number, slot: number, size: Bytes];
  "ring.doorbell": [device: number, queue: number, index: number];
  "ring.reap": [queue: number, slot: number, status: number];
  /** Loads of a completion that found nothing new: `times` of them in a row. */
  "ring.poll": [queue: number, times: number];

  /** What a device does on the bus; `what` is a row of DMA_WHAT. */
  "dma.read": [iova: Iova, size: Bytes, what: number, queue: number];
  "dma.write": [iova: Iova, size: Bytes, what: number, queue: number];
  "dma.fault": [iova: Iova, size: Bytes, what: number, queue: number];
  "engine.compute": [consumed: Bytes, produced: Bytes, status: number];
  "engine.power": [consumed: Bytes, produced: Bytes, status: number];
  /** A driver did not do what a descriptor asks, and wrote `told` as its result: an errno, or 0. */
  "ring.refuse": [queue: number, slot: number, errno: number, told: number];
  /** A device interrupts because of a queue, and somebody waits for it. */
  "irq.raise": [device: number, queue: number];

  /** A network card has a packet; one that its ring has no buffer for is lost. */
  "packet.arrive": [device: number, size: Bytes];
  "packet.drop": [device: number, ring: number, size: Bytes];
  /** The kernel's driver takes a packet out of a ring it keeps, puts one in to be sent. */
  "packet.take": [device: number, ring: number, size: Bytes];
  "packet.post": [device: number, ring: number, size: Bytes];
  "packet.leave": [device: number, ring: number, size: Bytes];

  "mm.populate": [va: Vaddr, pfn: Pfn];
  "mm.cow": [va: Vaddr, from: Pfn, to: Pfn];
  "mm.reuse": [va: Vaddr, pfn: Pfn];
  "mm.signal": [va: Vaddr, signal: number];
  "mm.zap": [va: Vaddr, pages: number];
  "mm.share": [pages: number, child: number];
  "mm.copy": [va: Vaddr, from: Pfn, to: Pfn];
  "mm.free": [pfn: Pfn];
  "mm.pin": [va: Vaddr, pfn: Pfn, pages: number];
  "mm.unpin": [pfn: Pfn, pages: number];
  "mm.charge": [pages: number, total: number];

  "iommu.attach": [domain: number, group: number];
  "iommu.detach": [domain: number, group: number];
  "iommu.map": [domain: number, iova: Iova, size: Bytes, pfn: Pfn];
  "iommu.unmap": [domain: number, iova: Iova, size: Bytes];
  "iommu.flush": [domain: number, iova: Iova, size: Bytes];
  /** An invalidation that `fail invalidate k` made the kernel forget. */
  "iommu.forgot": [start: Vaddr, size: Bytes];
  "iommu.hit": [stream: number, iova: Iova, pfn: Pfn];
  "iommu.walk": [stream: number, iova: Iova, pfn: Pfn, levels: number];
  "iommu.fault": [stream: number, iova: Iova, reason: number];

  /** A process is bound to a device, and no more. */
  "sva.bind": [stream: number, pasid: number, mm: number];
  "sva.unbind": [stream: number, pasid: number];
  /** An IOTLB forgets a range of a process, because the process's own entries changed. */
  "sva.invalidate": [pasid: number, start: Vaddr, size: Bytes];

  /** A device waits for a page of a process; `last` is 1 for the last of its group. */
  "iopf.request": [stream: number, pasid: number, va: Vaddr, last: number];
  "iopf.response": [stream: number, pasid: number, code: number];

  "vfio.map": [container: number, iova: Iova, size: Bytes];
  "vfio.unmap": [container: number, iova: Iova, size: Bytes];
  /** A program is asked to let a device go, after `count` times before. */
  "vfio.request": [device: number, count: number];
  "mdev.create": [mdev: number, parent: number];
  "mdev.remove": [mdev: number];
  /** A vendor driver is told that a mapping goes, whole, whose pages are pinned. */
  "mdev.told": [mdev: number, iova: Iova, size: Bytes];
  "queue.get": [queue: number, owner: number];
  "queue.put": [queue: number];
  "queue.start": [queue: number];
  "queue.stop": [queue: number];
  "task.fork": [child: number];
  /** A task sleeps in a call; an interrupt, a timer or another task wakes it. */
  "task.sleep": [pid: number];
  "task.wake": [pid: number];
  "task.exit": [pid: number];
  /** The kernel says in its log that something is wrong, and goes on; `what` is a row of WARN. */
  "kernel.warn": [what: number];
}

export type Kind = keyof EventArgs;

/** How deep one looks: library calls and requests; system calls and device accesses; the kernel's own. */
export const DEPTHS = ["story", "calls", "kernel"] as const;
export type Depth = (typeof DEPTHS)[number];

interface KindRow {
  readonly depth: Depth;
  /** Function, file and tag that do this in Linux or in the user library; "" for hardware. */
  readonly source: string;
  /** The same for the RFC's dummy device, where that is another file. */
  readonly dummy?: string;
}

const TYPE1 = "drivers/vfio/vfio_iommu_type1.c v4.18";
const QM_UDRV = "samples/warpdrive/drv/hisi_qm_udrv.c near RFCv1";
const DUMMY_UDRV = "drv/dummy_drv.c, warpdrive 7f7e0c06, after the third RFC";
const SCHED = "kernel/sched/core.c v4.18";
const NETDEV = "a driver's poll function, struct napi_struct, include/linux/netdevice.h v4.18";
const SVA = "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c v6.1";

/** Every kind, once: its depth and its source. The position in this list is its code. */
export const KINDS: Readonly<Record<Kind, KindRow>> = {
  "call.enter": { depth: "calls", source: "" },
  "call.return": { depth: "calls", source: "" },
  "cpu.write": { depth: "calls", source: "" },
  "cpu.read": { depth: "calls", source: "" },
  "cpu.copy": { depth: "calls", source: "copy_from_user, copy_to_user, lib/usercopy.c v4.18" },
  "ring.submit": { depth: "calls", source: `hisi_qm_add_to_dio_q, ${QM_UDRV}`, dummy: DUMMY_UDRV },
  "ring.doorbell": { depth: "calls", source: `hisi_qm_add_to_dio_q, ${QM_UDRV}` },
  "ring.reap": { depth: "calls", source: `hisi_qm_get_from_dio_q, ${QM_UDRV}`, dummy: DUMMY_UDRV },
  "ring.poll": { depth: "calls", source: `hisi_qm_get_from_dio_q, ${QM_UDRV}`, dummy: DUMMY_UDRV },
  "dma.read": { depth: "calls", source: "" },
  "dma.write": { depth: "calls", source: "" },
  "dma.fault": { depth: "calls", source: "" },
  "engine.compute": { depth: "calls", source: "" },
  "engine.power": { depth: "calls", source: "" },
  "ring.refuse": {
    depth: "calls",
    source: "drivers/crypto/hisilicon/dummy_drv/dummy_wd_dev.c 3a1ebfdb, before the first RFC",
  },
  "irq.raise": { depth: "calls", source: "" },
  "packet.arrive": { depth: "calls", source: "" },
  "packet.drop": { depth: "calls", source: "" },
  "packet.take": { depth: "calls", source: NETDEV },
  "packet.post": { depth: "calls", source: NETDEV },
  "packet.leave": { depth: "calls", source: "" },
  "mm.populate": { depth: "kernel", source: "do_anonymous_page, mm/memory.c v4.18" },
  "mm.cow": { depth: "kernel", source: "wp_page_copy, mm/memory.c v4.18" },
  "mm.reuse": { depth: "kernel", source: "wp_page_reuse, mm/memory.c v4.18" },
  "mm.signal": { depth: "kernel", source: "bad_area, arch/arm64/mm/fault.c v4.18" },
  "mm.zap": { depth: "kernel", source: "zap_page_range, mm/memory.c v4.18" },
  "mm.share": { depth: "kernel", source: "copy_one_pte, mm/memory.c v4.18" },
  "mm.copy": { depth: "kernel", source: "copy_present_page, mm/memory.c v6.1" },
  "mm.free": { depth: "kernel", source: "put_page, include/linux/mm.h v4.18" },
  "mm.pin": { depth: "kernel", source: `vfio_pin_pages_remote, ${TYPE1}` },
  "mm.unpin": { depth: "kernel", source: `vfio_unpin_pages_remote, ${TYPE1}` },
  "mm.charge": { depth: "kernel", source: `vfio_lock_acct, ${TYPE1}` },
  "iommu.attach": { depth: "kernel", source: `vfio_iommu_type1_attach_group, ${TYPE1}` },
  "iommu.detach": { depth: "kernel", source: `vfio_iommu_type1_detach_group, ${TYPE1}` },
  "iommu.map": { depth: "kernel", source: "iommu_map, drivers/iommu/iommu.c v4.18" },
  "iommu.unmap": { depth: "kernel", source: "iommu_unmap, drivers/iommu/iommu.c v4.18" },
  "iommu.flush": { depth: "kernel", source: "iommu_tlb_sync, include/linux/iommu.h v4.18" },
  "iommu.forgot": {
    depth: "kernel",
    source: "left out: arm_smmu_tlb_inv_range_nosync, drivers/iommu/arm-smmu-v3.c v4.18",
  },
  "iommu.hit": { depth: "kernel", source: "" },
  "iommu.walk": { depth: "kernel", source: "" },
  "iommu.fault": { depth: "kernel", source: "" },
  "sva.bind": { depth: "kernel", source: `__arm_smmu_sva_bind, ${SVA}` },
  "sva.unbind": { depth: "kernel", source: `arm_smmu_mmu_notifier_put, ${SVA}` },
  "sva.invalidate": {
    depth: "kernel",
    source: `arm_smmu_mm_invalidate_range, ${SVA}`,
  },
  "iopf.request": { depth: "calls", source: "iommu_queue_iopf, drivers/iommu/io-pgfault.c v6.1" },
  "iopf.response": { depth: "calls", source: "iopf_handle_group, drivers/iommu/io-pgfault.c v6.1" },
  "vfio.map": { depth: "kernel", source: `vfio_dma_do_map, ${TYPE1}` },
  "vfio.unmap": { depth: "kernel", source: `vfio_dma_do_unmap, ${TYPE1}` },
  "vfio.request": {
    depth: "kernel",
    source: "vfio_del_group_dev, drivers/vfio/vfio.c v4.18",
  },
  "mdev.create": {
    depth: "kernel",
    source: "mdev_device_create, drivers/vfio/mdev/mdev_core.c v4.18",
  },
  "mdev.remove": {
    depth: "kernel",
    source: "mdev_device_remove, drivers/vfio/mdev/mdev_core.c v4.18",
  },
  "mdev.told": { depth: "kernel", source: `vfio_dma_do_unmap, ${TYPE1}` },
  "queue.get": {
    depth: "kernel",
    source: "get_queue, drivers/vfio/spimdev/vfio_spimdev.c 09ed2929d6a5",
  },
  "queue.put": {
    depth: "kernel",
    source: "put_queue, drivers/vfio/spimdev/vfio_spimdev.c 09ed2929d6a5",
  },
  "queue.start": {
    depth: "kernel",
    source: "uacce_start_queue, drivers/misc/uacce/uacce.c 015d239ac014",
  },
  "queue.stop": {
    depth: "kernel",
    source: "uacce_put_queue, drivers/misc/uacce/uacce.c 015d239ac014",
  },
  "task.fork": { depth: "kernel", source: "dup_mmap, kernel/fork.c v4.18" },
  "task.sleep": { depth: "calls", source: `schedule, ${SCHED}` },
  "task.wake": { depth: "calls", source: `try_to_wake_up, ${SCHED}` },
  "task.exit": { depth: "kernel", source: "do_exit, kernel/exit.c v4.18" },
  "kernel.warn": { depth: "kernel", source: "WARN_ON, include/asm-generic/bug.h v4.18" },
};

/** What a DMA carries; events name it by its place in this list. */
export const DMA_WHAT = [
  "request",
  "src",
  "dst",
  "result",
  "completion",
  "descriptor",
  "packet",
  "status",
  "key",
] as const;

/** What the kernel warns of; events name it by its place in this list. */
export const WARN = [
  "an unmap of what is not mapped",
  "a page is still pinned for a vendor driver",
  "a vendor driver still wants to be told",
  "nobody listens: the device waits until its program lets go",
  "more pages are given back than were locked",
] as const;
