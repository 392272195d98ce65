import {
  assert,
  Bytes,
  bug,
  ERRNO,
  emit,
  hasDefect,
  ok,
  PAGE,
  Pfn,
  type Result,
  record,
  refuse,
  Vaddr,
  ZERO,
} from "../core/index.ts";
import {
  allocate,
  type Backing,
  putFrame,
  readFrame,
  readMemory,
  writeFrame,
  writeMemory,
} from "../mm/index.ts";
import type { MmapRequest } from "../task/index.ts";
import { bdOffset, DUMMY_BD, DUMMY_PAGE, HW_TAG, MAX_COPY_SIZE, Q_BDS } from "./dummy-registers.ts";
import { addQueue, type HwPart } from "./part.ts";
import { freeNumber } from "./qm-driver.ts";
import { read, write } from "./register.ts";
import { wakeWaiters } from "./wait.ts";

/**
 * The kernel driver of the RFC's dummy device, which is no hardware at all: a page shared with the
 * process, and a copy loop that runs inside an ioctl of that process.
 *
 * Source: KL drivers/crypto/hisilicon/dummy_drv/dummy_wd_dev.c 3a1ebfdb
 */

/**
 * get_queue: the first free of 4, and a page with its tag and its number of descriptors.
 * Refuses: ENODEV when all are taken; ENOMEM from the allocation.
 */
export function getDummyQueue(machine: HwPart, device: number): Result<number> {
  const qn = freeNumber(machine, device, record(machine.devices, device).queueCount);
  if (qn < 0) return refuse("ENODEV", "no free queue");
  const page = allocate(machine);
  if (!page.ok) return page;
  const { queues } = machine;
  const queue = addQueue(machine);
  queues.device[queue] = device;
  queues.qn[queue] = qn;
  queues.taken[queue] = 1;
  queues.depth[queue] = Q_BDS;
  queues.pfn[queue] = page.value;
  queues.started[queue] = 1;
  const bytes = new Uint8Array(PAGE);
  bytes.set(HW_TAG, DUMMY_PAGE.fields.hw_tag.at);
  write(DUMMY_PAGE, bytes, 0, "ring_bd_num", Q_BDS);
  writeFrame(machine, page.value, 0, bytes);
  return ok(queue);
}

/** put_queue: the page goes. */
export function putDummyQueue(machine: HwPart, queue: number): void {
  const { queues } = machine;
  assert(queues.taken[queue] === 1, "a queue given back twice", queue);
  queues.taken[queue] = 0;
  queues.started[queue] = 0;
  putFrame(machine, Pfn(queues.pfn[queue] as number));
  emit(machine, "queue.put", queue);
}

/** mmap: one page, at page 0. Refuses: EINVAL for another page or more than one. */
export function mapDummyQueue(
  machine: HwPart,
  queue: number,
  request: MmapRequest,
): Result<Backing> {
  const { file, page, length } = request;
  if (page !== 0) return refuse("EINVAL", "only page 0 can be mapped");
  if (length > PAGE) return refuse("EINVAL", "more than the register page");
  return ok({ kind: "device", file, pfn: machine.queues.pfn[queue] as number, registers: false });
}

/**
 * ioctl(queue, DUMMY_CMD_FLUSH): works off the ring, in the caller's context: each descriptor up to
 * `head` is copied by the CPU, through a buffer of the kernel. A head past the ring is only logged.
 * Where it is itself, the driver remembers; what it stores in `tail` is for the process. Who waits
 * for the queue is woken.
 *
 * As posted the result of each descriptor is overwritten with 0 (D1), so that a size over the
 * limit, or a bad address, looks like success. And the length of the ring is read from the page,
 * where the process can change it (D31): past the page the kernel reads memory that is not the
 * queue's, a BUG here.
 */
export function flushDummyQueue(machine: HwPart, queue: number, pid: number): Result<number> {
  const { queues } = machine;
  const pfn = Pfn(queues.pfn[queue] as number);
  const page = readFrame(machine, pfn, 0, PAGE);
  const length = hasDefect(machine, "D31") ? read(DUMMY_PAGE, page, 0, "ring_bd_num") : Q_BDS;
  const head = read(DUMMY_PAGE, page, 0, "head");
  if (head >= length || queues.head[queue] === head) return ZERO;
  while (queues.head[queue] !== head) {
    const slot = queues.head[queue] as number;
    if (bdOffset(slot) + DUMMY_BD.size > PAGE) return bug("a descriptor past the queue's page");
    const copied = copyDescriptor(machine, pfn, slot, pid);
    const errno = copied.ok ? 0 : ERRNO[copied.errno as "EINVAL"];
    const told = hasDefect(machine, "D1") ? 0 : errno;
    if (errno > 0) emit(machine, "ring.refuse", queue, slot, errno, told);
    const ret = told === 0 ? 0 : U32_END - told;
    writeWord(machine, pfn, bdOffset(slot) + DUMMY_BD.fields.ret.at, ret);
    queues.head[queue] = (slot + 1) % length;
  }
  writeWord(machine, pfn, DUMMY_PAGE.fields.tail.at, head);
  queues.updated[queue] = 1;
  wakeWaiters(machine, queue);
  return ZERO;
}

const U32_END = 4_294_967_296;

/** A store of the driver to 32 bits of the page, little endian. */
function writeWord(machine: HwPart, pfn: Pfn, at: number, word: number): void {
  const bytes = [0, 8, 16, 24].map((shift) => (word >>> shift) & 255);
  writeFrame(machine, pfn, at, bytes);
}

/** Refuses: EINVAL over max_copy_size; EFAULT for an address of the process that is not there. */
function copyDescriptor(machine: HwPart, pfn: Pfn, slot: number, pid: number): Result<void> {
  // Read anew: the copy before may have gone to this very page.
  const page = readFrame(machine, pfn, bdOffset(slot), DUMMY_BD.size);
  const at = 0;
  const size = read(DUMMY_BD, page, at, "size");
  if (size > MAX_COPY_SIZE) return refuse("EINVAL", "size is over max_copy_size");
  const { mm } = record(machine.tasks, pid);
  const source = read(DUMMY_BD, page, at, "src_addr");
  const target = read(DUMMY_BD, page, at, "tgt_addr");
  if (source + size > USER_END || target + size > USER_END) {
    return refuse("EFAULT", "not an address of a process");
  }
  const bytes = readMemory(machine, mm, source, size);
  if (!bytes.ok) return bytes;
  emit(machine, "cpu.copy", Vaddr(source), Bytes(size), 0);
  const written = writeMemory(machine, mm, target, bytes.value);
  if (written.ok) emit(machine, "cpu.copy", Vaddr(target), Bytes(size), 1);
  return written;
}

/** Where addresses of processes end. */
const USER_END = 281_474_976_710_656;
