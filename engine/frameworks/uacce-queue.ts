import {
  type Check,
  emit,
  firstRefusal,
  hasDefect,
  OK,
  ok,
  type Result,
  record,
  refuse,
  replace,
  ZERO,
} from "../core/index.ts";
import { joinWait, leaveWait } from "../hw/index.ts";
import { bindMm, unbindMm } from "../iommu/index.ts";
import { type Backing, VM } from "../mm/index.ts";
import {
  type FileOps,
  type IoctlRequest,
  type MmapRequest,
  POLL,
  type Reply,
} from "../task/index.ts";
import type { FrameworkPart } from "./part.ts";
import { uacceQueueOf } from "./queue-file.ts";
import {
  UACCE_MAX_REGION,
  UACCE_QFRT,
  type UacceOps,
  type UacceRegion,
  uacceDriver,
} from "./uacce-driver.ts";
import { UACCE_DEV_SVA, UACCE_Q, type UacceState } from "./uacce-part.ts";

/** What the first release had, and no later one (D26); `mended D26` takes it away. */
function isFirst(machine: FrameworkPart): boolean {
  return !isLate(machine) && hasDefect(machine, "D26");
}

function isLate(machine: FrameworkPart): boolean {
  return machine.kernel === "v6.1";
}

/**
 * open(/dev/<name>): the caller's address space is bound to the device, then the hardware gives a
 * queue. All queues of a process on a device share one bond (UACCE-021).
 *
 * Refuses: ENODEV where the device is gone (UACCE-001); what binding refuses, which v5.7 replaces by
 * ENOMEM (UACCE-002, UACCE-028); what the driver refuses, and then it is unbound again.
 * Leaves out: ENOMEM of the record.
 * Source: uacce_fops_open
 */
function open(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  id: number,
  pid: number,
): Result<number> {
  const { isGone, flags, device } = record(machine.uacces, id);
  if (isGone) return refuse("ENODEV", "no device of this number");
  const { mm } = record(machine.tasks, pid);
  const { stream } = record(machine.devices, device);
  const bond: Result<number> = flags & UACCE_DEV_SVA ? bindMm(machine, stream, mm) : ok(-1);
  if (!bond.ok) {
    return isFirst(machine) ? replace(bond, "ENOMEM", "the process cannot be bound") : bond;
  }
  const pasid = bond.value < 0 ? 0 : record(machine.bonds, bond.value).pasid;
  const queue = uacceDriver(ops).getQueue(machine, device, pasid);
  if (!queue.ok) {
    if (bond.value >= 0) unbindMm(machine, bond.value);
    return queue;
  }
  machine.uacceQueues.push({
    uacce: id,
    queue: queue.value,
    state: UACCE_Q.INIT,
    mm,
    bond: bond.value,
    mapped: [],
    isClosed: false,
  });
  emit(machine, "queue.get", queue.value, pid);
  return queue;
}

function enter(machine: FrameworkPart, place: number, state: UacceState): void {
  machine.uacceQueues[place] = { ...record(machine.uacceQueues, place), state };
}

/** START_Q. Refuses: EINVAL outside INIT (UACCE-006); what the driver refuses. */
function start(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  place: number,
): Result<number> {
  const { state, queue } = record(machine.uacceQueues, place);
  if (state !== UACCE_Q.INIT) return refuse("EINVAL", "not in state INIT");
  const started = uacceDriver(ops).startQueue?.(machine, queue) ?? OK;
  if (!started.ok) return started;
  enter(machine, place, UACCE_Q.STARTED);
  emit(machine, "queue.start", queue);
  return ZERO;
}

/** Stops a started queue; others it leaves as they are. */
function stop(machine: FrameworkPart, ops: UacceOps<FrameworkPart>, place: number): void {
  const { state, queue } = record(machine.uacceQueues, place);
  if (state !== UACCE_Q.STARTED) return;
  uacceDriver(ops).stopQueue?.(machine, queue);
  emit(machine, "queue.stop", queue);
  enter(machine, place, UACCE_Q.INIT);
}

/**
 * Stops a queue and gives it back: ZOMBIE, from which nothing leads back. A second time is nothing
 * (UACCE-008 to -010). Who sleeps in poll is not woken.
 *
 * Source: uacce_put_queue
 */
export function putUacceQueue(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  place: number,
): void {
  const { state, queue } = record(machine.uacceQueues, place);
  if (state === UACCE_Q.ZOMBIE) return;
  stop(machine, ops, place);
  uacceDriver(ops).putQueue?.(machine, queue);
  enter(machine, place, UACCE_Q.ZOMBIE);
}

/**
 * ioctl. START_Q, PUT_Q, and all else is the driver's, EINVAL where it has none. Nobody asks who
 * calls, then or today: a child that inherited the descriptor may put its parent's queue (D26).
 *
 * v5.7: PUT_Q ends in ZOMBIE, and other commands still reach the driver (UACCE-011). v6.1: it only
 * stops, and START_Q works again (UACCE-031); a ZOMBIE refuses everything with ENXIO.
 * Source: uacce_fops_unl_ioctl
 */
function ioctl(machine: FrameworkPart, ops: UacceOps<FrameworkPart>, request: IoctlRequest): Reply {
  const place = uacceQueueOf(machine, request.object);
  const { state, queue } = record(machine.uacceQueues, place);
  if (isLate(machine) && state === UACCE_Q.ZOMBIE) return refuse("ENXIO", "the queue is gone");
  if (request.command === "UACCE_CMD_START_Q") return start(machine, ops, place);
  if (request.command === "UACCE_CMD_PUT_Q") {
    if (isLate(machine)) stop(machine, ops, place);
    else putUacceQueue(machine, ops, place);
    return ZERO;
  }
  const driver = uacceDriver(ops);
  return driver.ioctl?.(machine, queue, request) ?? refuse("EINVAL", "the driver takes no ioctl");
}

interface MmapInput {
  readonly region: number;
  readonly isZombie: boolean;
  readonly isMapped: boolean;
  readonly canMap: boolean;
}

const MMAP = "drivers/misc/uacce/uacce.c uacce_fops_mmap";

// biome-ignore format: one check a line
export const UACCE_MMAP_CHECKS: readonly Check<MmapInput>[] = [
  { errno: "EINVAL", source: "UACCE-013", why: "no region of this number", refuses: ({ region }) => region >= UACCE_MAX_REGION },
  { errno: "EINVAL", source: "UACCE-016", why: "the queue is gone", kernels: ["v4.18", "v5.7"], refuses: ({ isZombie }) => isZombie },
  { errno: "ENXIO", source: `${MMAP} v6.1`, why: "the queue is gone", kernels: ["v6.1"], refuses: ({ isZombie }) => isZombie },
  { errno: "EEXIST", source: "UACCE-014", why: "the region was mapped before", refuses: ({ isMapped }) => isMapped },
  { errno: "EINVAL", source: "UACCE-017", why: "the driver maps nothing", refuses: ({ canMap }) => !canMap },
];

/**
 * mmap: the offset in pages is the number of a region. What is mapped is not copied at fork, does
 * not grow, and would be empty in a child (UACCE-018).
 *
 * Refuses: UACCE_MMAP_CHECKS, in order; what the driver refuses. A region is not mapped again, not
 * even after munmap (UACCE-015, D26).
 * Leaves out: ENOMEM of the record; munmap of a part of a region.
 */
function mmap(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  request: MmapRequest,
): Result<Backing> {
  const place = uacceQueueOf(machine, request.object);
  const mine = record(machine.uacceQueues, place);
  const driver = uacceDriver(ops);
  const refusal = firstRefusal(UACCE_MMAP_CHECKS, machine.kernel, {
    region: request.page,
    isZombie: mine.state === UACCE_Q.ZOMBIE,
    isMapped: isMapped(machine, place, request),
    canMap: driver.mmap !== undefined,
  });
  if (refusal) return refusal;
  const region = request.page as UacceRegion;
  const backing = driver.mmap?.(machine, mine.queue, region, request);
  if (!backing?.ok || backing.value.kind !== "device") {
    return backing ?? refuse("EINVAL", "the driver maps nothing");
  }
  machine.uacceQueues[place] = { ...mine, mapped: [...mine.mapped, region] };
  const vmFlags = VM.DONTCOPY | VM.DONTEXPAND | VM.WIPEONFORK;
  return ok({ ...backing.value, vmFlags });
}

/**
 * A queue remembers for good that a region was mapped. With D26 mended it is what is mapped now.
 *
 * Source: uacce_vma_close 015d239ac014 and v6.1: the record is freed, and its slot not cleared
 */
function isMapped(machine: FrameworkPart, place: number, { file, page }: MmapRequest): boolean {
  const { mapped } = record(machine.uacceQueues, place);
  if (!mapped.some((region) => region === page)) return false;
  if (hasDefect(machine, "D26")) return true;
  const isRegisters = page === UACCE_QFRT.MMIO;
  return machine.mms.some(({ vmas }) =>
    vmas.some(
      ({ backing }) =>
        backing.kind === "device" && backing.file === file && backing.registers === isRegisters,
    ),
  );
}

/** A process is about to end: v5.7 puts all its queues at once (UACCE-020); v6.1 waits for close. */
export function uacceMmRelease(
  machine: FrameworkPart,
  ops: UacceOps<FrameworkPart>,
  mm: number,
): void {
  if (isLate(machine)) return;
  for (const [place, queue] of machine.uacceQueues.entries()) {
    if (queue.mm === mm && queue.bond >= 0 && !queue.isClosed) putUacceQueue(machine, ops, place);
  }
}

/** The file that stands for a queue. The last close puts it and lets go of the bond. */
export const UACCE_QUEUE_FILE: FileOps<FrameworkPart> = {
  open,
  ioctl,
  mmap,
  poll(machine, ops: UacceOps<FrameworkPart>, { object, pid }) {
    const { state } = record(machine.uacceQueues, uacceQueueOf(machine, object));
    joinWait(machine, object, pid);
    if (isLate(machine) && state === UACCE_Q.ZOMBIE) return 0;
    const isUpdated = uacceDriver(ops).isUpdated?.(machine, object) ?? false;
    return isUpdated ? POLL.POLLIN | POLL.POLLRDNORM : 0;
  },
  pollEnd: (machine, _ops, { object, pid }) => leaveWait(machine, object, pid),
  release(machine, ops: UacceOps<FrameworkPart>, object) {
    const place = uacceQueueOf(machine, object);
    putUacceQueue(machine, ops, place);
    const queue = record(machine.uacceQueues, place);
    if (queue.bond >= 0) unbindMm(machine, queue.bond);
    machine.uacceQueues[place] = { ...queue, bond: -1, isClosed: true };
  },
};
