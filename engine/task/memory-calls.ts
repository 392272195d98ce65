import {
  ok,
  PAGE,
  pageOf,
  type Result,
  record,
  refuse,
  roundUp,
  U64_END,
  type Vaddr,
} from "../core/index.ts";
import {
  type Backing,
  createShared,
  detachArea,
  type FileChanges,
  FRAMES_MAX,
  mapArea,
  PROT,
  placeOfArea,
  unmapArea,
  VM,
} from "../mm/index.ts";
import { type Asked, intOf, wordOf } from "./arguments.ts";
import { fileOf, getFile, mayRead, mayWrite, type Reply } from "./file.ts";
import { FLAG } from "./flag.ts";
import type { Ops } from "./ops.ts";
import type { TaskPart } from "./part.ts";
import { dropFiles } from "./process.ts";
import { dropFrame, zapFrame } from "./zap.ts";

/** What mmap was asked for, and what stands behind it. */
interface Wish {
  readonly pid: number;
  readonly length: number;
  readonly prot: number;
  readonly flags: number;
  /** Offset in the file, in pages. */
  readonly page: number;
  /** The open file; -1 for none. */
  readonly file: number;
}

const MAP_TYPE = 15;

/** Was a file opened for what a mapping of it is to do? */
function mayMap(mode: number | undefined, flags: number, prot: number): boolean {
  const isWriting = (flags & FLAG.MAP_SHARED) !== 0 && (prot & FLAG.PROT_WRITE) !== 0;
  return mayRead(mode) && (mayWrite(mode) || !isWriting);
}

interface Placed extends Wish {
  readonly at: Vaddr;
}

/**
 * mmap(addr, length, prot, flags, fd, offset). Without MAP_FIXED it goes to `addr` where there
 * is room, else to the lowest gap.
 *
 * Refuses: EINVAL for an offset off a page; EBADF; as `placeOfArea`; EPERM for the first page without
 * CAP_SYS_RAWIO; EOVERFLOW for a file past 2^64; EINVAL for what is neither SHARED nor PRIVATE, but a
 * file may have both; EACCES for a file that was not opened to be read, or
 * for shared memory to be written; ENODEV where the file cannot be mapped; then as the driver's mmap, and by then what
 * stood there is gone; ENOMEM for more shared memory than there is memory.
 * Leaves out: MAP_LOCKED, MAP_POPULATE, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, huge pages.
 * Source: arch/arm64/kernel/sys.c, mm/mmap.c do_mmap, mmap_region, security/commoncap.c cap_mmap_addr v4.18
 */
export function mmap<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  { pid, args }: Asked,
): Result<Vaddr> {
  const flags = intOf(args, 3);
  const length = roundUp(wordOf(args, 1));
  if (wordOf(args, 5) % PAGE !== 0) return refuse("EINVAL", "offset is not on a page");
  const isFile = !(flags & FLAG.MAP_ANONYMOUS);
  const file = isFile ? fileOf(machine, pid, intOf(args, 4)) : ok(-1);
  if (!file.ok) return file;
  const { mm, creds } = record(machine.tasks, pid);
  const wanted = wordOf(args, 0);
  const at = flags & FLAG.MAP_FIXED ? wanted : undefined;
  const place = placeOfArea(machine, mm, length, at, pageOf(wanted));
  if (!place.ok) return place;
  if (at === 0 && !creds.root) return refuse("EPERM", "the first page is not to be mapped");
  if (isFile && wordOf(args, 5) + length >= U64_END) return refuse("EOVERFLOW", "past every file");
  const type = flags & MAP_TYPE;
  if (type < 1 || type > (isFile ? 3 : 2)) return refuse("EINVAL", "no such kind of mapping");
  if (isFile && !mayMap(record(machine.files, file.value).flags, flags, intOf(args, 2))) {
    return refuse("EACCES", "the file was not opened for that");
  }
  const give = isFile ? driverOf(machine, ops, file.value) : undefined;
  if (isFile && (!give?.mmap || give.mmapKernels?.includes(machine.kernel) === false)) {
    return refuse("ENODEV", "the file cannot be mapped");
  }
  if (at !== undefined) {
    const gone = unmapArea(machine, mm, at, length);
    if (!gone.ok) return gone;
    changeFiles(machine, ops, gone.value);
  }
  const page = wordOf(args, 5) / PAGE;
  const wish = { pid, length, prot: intOf(args, 2) & PROT.ALL, flags, page, file: file.value };
  return enter(machine, ops, mm, { ...wish, at: place.value });
}

function enter<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  mm: number,
  wish: Placed,
): Result<Vaddr> {
  const { flags, length, prot, at } = wish;
  const backing = backingOf(machine, ops, wish);
  if (!backing.ok) return backing;
  const shared = flags & FLAG.MAP_SHARED ? VM.SHARED : 0;
  const own = backing.value.kind === "device" ? (backing.value.vmFlags ?? 0) : 0;
  const device = backing.value.kind === "device" ? VM.IO | VM.DONTEXPAND | own : 0;
  const area = mapArea(machine, mm, {
    length,
    prot,
    flags: shared | device,
    backing: backing.value,
    at,
  });
  if (area.ok && backing.value.kind === "device") getFile(machine, backing.value.file);
  return area;
}

function driverOf<M extends TaskPart>(machine: M, ops: Ops<M>, file: number) {
  return ops.file[record(machine.files, file).driver];
}

function backingOf<M extends TaskPart>(machine: M, ops: Ops<M>, wish: Placed): Result<Backing> {
  const { pid, length, prot, flags, page, file } = wish;
  const isShared = (flags & FLAG.MAP_SHARED) !== 0;
  if (file < 0) {
    if (!isShared) return ok({ kind: "anonymous" });
    if (length / PAGE > FRAMES_MAX) return refuse("ENOMEM", "more shared memory than memory");
    return ok({ kind: "shared", memory: createShared(machine, length / PAGE), page: 0 });
  }
  const { object } = record(machine.files, file);
  const mapped = driverOf(machine, ops, file)?.mmap?.(machine, ops, {
    file,
    object,
    pid,
    length,
    page,
    start: wish.at,
    prot,
    shared: isShared,
  });
  return mapped ?? refuse("ENODEV", "the file cannot be mapped");
}

/** First what holds a file once more: one that is cut in two must not go in between. */
function changeFiles<M extends TaskPart>(
  machine: M,
  ops: Ops<M>,
  { held, loose }: FileChanges,
): void {
  for (const file of held) getFile(machine, file);
  dropFiles(machine, ops, loose);
}

/** munmap(addr, length). Refuses: as `detachArea`. Its pages go by ZAP. */
export function munmap(machine: TaskPart, { pid, args, call }: Asked): Reply {
  const { mm } = record(machine.tasks, pid);
  const gone = detachArea(machine, mm, wordOf(args, 0), wordOf(args, 1));
  if (!gone.ok) return gone;
  const { held, loose, ...range } = gone.value;
  for (const file of held) getFile(machine, file);
  return { enter: zapFrame(machine, { ...range, pid, mm, files: loose, call }) };
}

/**
 * madvise(addr, length, advice) with MADV_DONTNEED: the pages go by ZAP. AREA_CALLS has it with
 * what may be said of fork.
 *
 * Refuses: EINVAL for a range that wraps, an unknown advice, or an address off a page; then as ZAP.
 * Leaves out: every other advice, which is unknown here.
 */
export function madvise({ args, call }: Asked, other?: () => Reply | undefined): Reply {
  const start = wordOf(args, 0);
  const end = start + roundUp(wordOf(args, 1));
  if (end >= U64_END) return refuse("EINVAL", "the range wraps past 2^64");
  const advised = other?.();
  if (advised) return advised;
  if (intOf(args, 2) !== FLAG.MADV_DONTNEED) return refuse("EINVAL", "an advice unknown here");
  if (start % PAGE !== 0) return refuse("EINVAL", "address is not on a page");
  return { enter: dropFrame(start, end, call) };
}
