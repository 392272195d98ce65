import {
  assert,
  type CorePart,
  emit,
  isToFail,
  ok,
  PAGE,
  Pfn,
  type Result,
  refuse,
} from "../core/index.ts";

/**
 * The zero page: every read of untouched private memory leads here. Entries do not count it, and
 * it is never freed; `zeroHeld` counts references by get_user_pages, which nobody drops.
 */
export const ZERO_PAGE = Pfn(0);

/** Frames from here on are pages of device registers: no memory, no count. */
export const REGISTERS = 1_048_576;

/** Frames of memory that there are: 256 MiB. More is ENOMEM. */
export const FRAMES_MAX = 65_536;

/**
 * Page frames in columns. A frame takes content when it is first written; until then it reads
 * as zeros.
 */
export interface Frames {
  /** References: one for each page-table entry, one for each pin. 0: free. */
  refs: Int32Array;
  /**
   * Pins among them. v4.18 keeps no such count (a pin is a reference like any other) and no rule
   * of v4.18 asks for it here.
   */
  pins: Int32Array;
  /** Entries of processes' page tables that lead here. */
  mapcount: Int32Array;
  /**
   * An anonymous page that one process has to itself, whoever holds it (PageAnonExclusive). Each
   * that may be written is, and in v6.1 each that is pinned.
   */
  exclusive: Int32Array;
  /** References to the zero page by get_user_pages, ever: nobody drops one. */
  zeroHeld: number;
  /** Somebody who is no CPU may have written it (PG_dirty). */
  dirty: Int32Array;
  /** Which PAGE of `bytes` holds the content, plus one; 0 for none. */
  slot: Int32Array;
  /** The contents, one after the other. */
  bytes: Uint8Array;
  /** Frames never used start here. */
  top: number;
  /** Frames given back, the last one first to be used again, as the kernel's own lists do. */
  readonly free: number[];
  /** Content slots ever used, and those given back. */
  slots: number;
  readonly freeSlots: number[];
}

const AT_FIRST = 128;

export function frames(): Frames {
  return {
    refs: new Int32Array(AT_FIRST),
    pins: new Int32Array(AT_FIRST),
    mapcount: new Int32Array(AT_FIRST),
    dirty: new Int32Array(AT_FIRST),
    exclusive: new Int32Array(AT_FIRST),
    zeroHeld: 0,
    slot: new Int32Array(AT_FIRST),
    bytes: new Uint8Array(16 * PAGE),
    top: 1,
    free: [],
    slots: 0,
    freeSlots: [],
  };
}

export interface FramePart extends CorePart {
  readonly frames: Frames;
}

/** Is this a page of device registers? */
export function isRegister(pfn: Pfn): boolean {
  return pfn >= REGISTERS;
}

/** One frame of zeros, with one reference. Refuses: ENOMEM, where `fail allocate k` says so. */
export function allocate(machine: FramePart): Result<Pfn> {
  if (isToFail(machine, "allocate")) return refuse("ENOMEM", "no free page");
  const { frames } = machine;
  const again = frames.free.pop();
  if (again !== undefined) {
    clearFrame(frames, Pfn(again)); // a device that nobody stopped may have written it meanwhile
    frames.refs[again] = 1;
    return ok(Pfn(again));
  }
  return freshRun(machine, 1);
}

/**
 * `count` frames side by side, as the kernel's coherent DMA memory is. One reference each.
 *
 * Refuses: ENOMEM where `fail allocate k` says so, or past FRAMES_MAX.
 */
export function allocateRun(machine: FramePart, count: number): Result<Pfn> {
  if (isToFail(machine, "allocate")) return refuse("ENOMEM", "no free run of pages");
  return freshRun(machine, count);
}

function freshRun(machine: FramePart, count: number): Result<Pfn> {
  const { frames } = machine;
  if (frames.top + count > FRAMES_MAX) return refuse("ENOMEM", "no free page");
  while (frames.top + count > frames.refs.length) grow(frames);
  const first = frames.top;
  frames.top += count;
  frames.refs.fill(1, first, first + count);
  return ok(Pfn(first));
}

/** The columns may grow inside a step: one MAP_DMA can touch any number of pages. */
function grow(frames: Frames): void {
  for (const name of ["refs", "pins", "mapcount", "dirty", "exclusive", "slot"] as const) {
    const longer = new Int32Array(2 * frames[name].length);
    longer.set(frames[name]);
    frames[name] = longer;
  }
}

/** One more reference (get_page). The zero page and registers are not counted. */
export function getFrame(machine: FramePart, pfn: Pfn): void {
  if (pfn === ZERO_PAGE || isRegister(pfn)) return;
  const { refs } = machine.frames;
  assert((refs[pfn] as number) > 0, "a reference to a free page", pfn);
  refs[pfn] = (refs[pfn] as number) + 1;
}

/** One reference less (put_page). With the last one the frame is free and its content gone. */
export function putFrame(machine: FramePart, pfn: Pfn): void {
  if (pfn === ZERO_PAGE || isRegister(pfn)) return;
  const { frames } = machine;
  const left = (frames.refs[pfn] as number) - 1;
  assert(left >= 0, "one reference too many was dropped", pfn);
  frames.refs[pfn] = left;
  if (left > 0) return;
  clearFrame(frames, pfn);
  frames.pins[pfn] = 0;
  frames.dirty[pfn] = 0;
  frames.exclusive[pfn] = 0;
  frames.free.push(pfn);
  emit(machine, "mm.free", pfn);
}

/** Who wrote to a page of memory without the CPU says so (SetPageDirty). */
export function markDirty(machine: FramePart, pfn: Pfn): void {
  if (pfn === ZERO_PAGE || isRegister(pfn)) return;
  machine.frames.dirty[pfn] = 1;
}

/** The content goes: the frame reads as zeros. */
function clearFrame(frames: Frames, pfn: Pfn): void {
  const slot = frames.slot[pfn] as number;
  if (slot === 0) return;
  frames.bytes.fill(0, (slot - 1) * PAGE, slot * PAGE);
  frames.freeSlots.push(slot - 1);
  frames.slot[pfn] = 0;
}

/** @returns a copy of `size` bytes of a frame, from `offset` on; they lie in that one page */
export function readFrame(machine: FramePart, pfn: Pfn, offset: number, size: number): Uint8Array {
  assert(offset >= 0 && offset + size <= PAGE, "inside one page", offset);
  const slot = isRegister(pfn) ? 0 : (machine.frames.slot[pfn] as number);
  if (slot === 0) return new Uint8Array(size);
  const start = (slot - 1) * PAGE + offset;
  return machine.frames.bytes.slice(start, start + size);
}

/** Puts bytes into a frame, from `offset` on; they lie in that one page. Registers keep none. */
export function writeFrame(
  machine: FramePart,
  pfn: Pfn,
  offset: number,
  bytes: ArrayLike<number>,
): void {
  assert(offset >= 0 && offset + bytes.length <= PAGE, "inside one page", offset);
  assert(pfn !== ZERO_PAGE, "a write to the zero page");
  if (isRegister(pfn)) return;
  const { frames } = machine;
  if (frames.slot[pfn] === 0) frames.slot[pfn] = takeSlot(frames) + 1;
  frames.bytes.set(bytes, ((frames.slot[pfn] as number) - 1) * PAGE + offset);
}

/** Gives `to` the content of `from`. */
export function copyFrame(machine: FramePart, from: Pfn, to: Pfn): void {
  if (machine.frames.slot[from] === 0) return;
  writeFrame(machine, to, 0, readFrame(machine, from, 0, PAGE));
}

function takeSlot(frames: Frames): number {
  const again = frames.freeSlots.pop();
  if (again !== undefined) return again;
  const slot = frames.slots;
  if ((slot + 1) * PAGE > frames.bytes.length) {
    const longer = new Uint8Array(2 * frames.bytes.length);
    longer.set(frames.bytes);
    frames.bytes = longer;
  }
  frames.slots += 1;
  return slot;
}
