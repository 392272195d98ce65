import {
  emit,
  endRun,
  OK,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
  Vaddr,
  WARN,
} from "../core/index.ts";
import { IOMMU_PROT } from "../iommu/index.ts";
import {
  chargeLocked,
  FRAMES_MAX,
  findVma,
  isOverLimit,
  isRegister,
  markDirty,
  PROT,
  pinPage,
  unpinPage,
  ZERO_PAGE,
} from "../mm/index.ts";
import type { Dma, VfioPart } from "./part.ts";

/** Pages that a task may lock. */
export function lockLimit(machine: VfioPart, pid: number): number {
  return Math.floor(record(machine.tasks, pid).limits.memlock / PAGE);
}

/** Pages that nobody counts: the zero page, and registers (is_invalid_reserved_pfn). */
export function isReserved(pfn: Pfn): boolean {
  return pfn === ZERO_PAGE || isRegister(pfn);
}

/** Did a vendor driver pin this page itself? Then it is charged already. */
export function externalPin(dma: Dma, iova: number): Dma["pins"][number] | undefined {
  return dma.pins.find((pin) => pin.iova === iova);
}

const GONE = refuse("ESRCH", "the process is gone");
const TOO_MANY = WARN.indexOf("more pages are given back than were locked");
const LIMIT = refuse("ENOMEM", "over RLIMIT_MEMLOCK");
const ENDLESS = refuse("ENOMEM", "more pages than there are frames");
const READ_ONLY = refuse("EFAULT", "the registers are mapped read-only");

/**
 * Charges pages to the process whose memory a mapping is, or gives them back where negative.
 *
 * Refuses: ESRCH where it is gone (VFIO-DMA-053); ENOMEM over its RLIMIT_MEMLOCK without
 * CAP_IPC_LOCK at the time of MAP_DMA.
 * More may be given back than was charged, and the counter wraps: after execve the memory is another,
 * with a count of its own; and a page that a vendor driver pinned as the zero page, and that became
 * real before a replay, is given back and never charged. From v5.3 on the kernel warns.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_lock_acct v4.18, mm/util.c
 * __account_locked_vm v6.1
 */
export function lockAccount(machine: VfioPart, dma: Dma, pages: number): Result<void> {
  if (pages === 0) return OK;
  const { mm } = record(machine.tasks, dma.pid);
  if (record(machine.mms, mm).users === 0) return GONE;
  const isOver = isOverLimit(machine, mm, pages, lockLimit(machine, dma.pid));
  if (pages > 0 && !dma.hasLockCap && isOver) return LIMIT;
  const { lockedVm } = record(machine.mms, mm);
  if (machine.kernel !== "v4.18" && pages < 0 && lockedVm < -pages) {
    emit(machine, "kernel.warn", TOO_MANY);
  }
  emit(machine, "mm.charge", pages, chargeLocked(machine, mm, pages));
  return OK;
}

/**
 * The frame behind an address, pinned (vaddr_get_pfn). A register page has no count: its number
 * comes from the area (VFIO-DMA-023), in v4.18 whatever the area allows. Frames that a driver
 * mapped, rings, are refused as gup does.
 *
 * Refuses: EFAULT for no area or a missing right; ENOMEM from the page or its pin.
 * Leaves out: fs-dax.
 * Source: drivers/vfio/vfio_iommu_type1.c vaddr_get_pfn v4.18, follow_fault_pfn v6.1
 */
export function getPage(machine: VfioPart, mm: number, vaddr: number, prot: number): Result<Pfn> {
  const vma = findVma(machine, mm, vaddr);
  const isWrite = (prot & IOMMU_PROT.WRITE) !== 0;
  if (vma?.backing.kind === "device") {
    const { pfn, registers } = vma.backing;
    if (!registers) return refuse("EFAULT", "memory of a driver");
    if (machine.kernel === "v6.1" && isWrite && !(vma.prot & PROT.WRITE)) return READ_ONLY;
    return ok(Pfn(pfn + (vaddr - vma.start) / PAGE));
  }
  return pinPage(machine, mm, vaddr, isWrite);
}

/**
 * Lets a pinned frame go (put_pfn); what the device could write is dirty now (VFIO-DMA-033).
 *
 * @param prot  of the mapping
 * @returns 1 where it was counted
 */
export function putPage(machine: VfioPart, pfn: Pfn, prot: number): number {
  if (isReserved(pfn)) return 0;
  if (prot & IOMMU_PROT.WRITE) markDirty(machine, pfn);
  unpinPage(machine, pfn);
  return 1;
}

/** Pages that stand side by side in memory, pinned and charged. */
export interface PinnedRun {
  readonly pfn: Pfn;
  readonly pages: number;
}

/** Which part of a mapping to pin. */
export interface RunWish {
  /** Bytes of the mapping before it. */
  readonly at: number;
  /** Pages at most. */
  readonly most: number;
  /** Who calls: it is the memory of this task that is pinned. */
  readonly pid: number;
}

/**
 * Pins as many pages as stand side by side in memory, and charges them in one piece
 * (vfio_pin_pages_remote).
 *
 * Refuses: as `getPage` for the first page (for a later one the run ends before it); ENOMEM over
 * RLIMIT_MEMLOCK, and then the whole run is let go. A mapping of more pages than there are frames,
 * which can be nothing but the zero page over and over, ends the run of the model.
 * Source: drivers/vfio/vfio_iommu_type1.c vfio_pin_pages_remote v4.18
 */
export function pinRun(machine: VfioPart, dma: Dma, { at, most, pid }: RunWish): Result<PinnedRun> {
  const { mm } = record(machine.tasks, pid);
  if (at >= FRAMES_MAX * PAGE) {
    endRun(machine, { kind: "limit", why: `more than ${FRAMES_MAX} pages in one mapping` });
    return ENDLESS;
  }
  const limit = lockLimit(machine, pid);
  const first = getPage(machine, mm, dma.vaddr + at, dma.prot);
  if (!first.ok) return first;
  const reserved = isReserved(first.value);
  let pages = 0;
  let charge = 0;
  let page: Result<Pfn> = first;
  while (page.ok) {
    if (page.value !== first.value + pages || isReserved(page.value) !== reserved) {
      putPage(machine, page.value, dma.prot);
      break;
    }
    pages += 1;
    if (!reserved && !externalPin(dma, dma.iova + at + (pages - 1) * PAGE)) {
      if (!dma.hasLockCap && isOverLimit(machine, mm, charge + 1, limit)) {
        emit(machine, "mm.pin", Vaddr(dma.vaddr + at), first.value, pages);
        return dropRun(machine, dma, { pfn: first.value, pages }, LIMIT);
      }
      charge += 1;
    }
    if (pages === most || machine.vfio.disablesHugepages) break;
    page = getPage(machine, mm, dma.vaddr + at + pages * PAGE, dma.prot);
  }
  emit(machine, "mm.pin", Vaddr(dma.vaddr + at), first.value, pages);
  const charged = lockAccount(machine, dma, charge);
  if (!charged.ok) return dropRun(machine, dma, { pfn: first.value, pages }, charged);
  return ok({ pfn: first.value, pages });
}

function dropRun<T>(machine: VfioPart, dma: Dma, run: PinnedRun, refusal: T): T {
  unpinRun(machine, run, dma.prot);
  return refusal;
}

/**
 * Lets a run go (vfio_unpin_pages_remote).
 *
 * @returns pages that were counted
 */
export function unpinRun(machine: VfioPart, run: PinnedRun, prot: number): number {
  let counted = 0;
  for (let page = 0; page < run.pages; page += 1) {
    counted += putPage(machine, Pfn(run.pfn + page), prot);
  }
  emit(machine, "mm.unpin", run.pfn, run.pages);
  return counted;
}

/**
 * Lets a run go and gives its charge back, but for pages that a vendor driver still holds
 * (vfio_unpin_pages_remote with accounting).
 *
 * @param iova  where the run begins, inside the mapping
 */
export function unpinCharged(machine: VfioPart, dma: Dma, iova: number, run: PinnedRun): void {
  const counted = unpinRun(machine, run, dma.prot);
  let held = 0;
  for (let page = 0; page < run.pages; page += 1) {
    if (isReserved(Pfn(run.pfn + page))) continue;
    if (externalPin(dma, iova + page * PAGE)) held += 1;
  }
  lockAccount(machine, dma, held - counted);
}
