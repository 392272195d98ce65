import type { Vaddr } from "../core/index.ts";

/** What a process may do in an area: ALL of them. SEM may be asked for, and says nothing. */
export const PROT = { NONE: 0, READ: 1, WRITE: 2, EXEC: 4, ALL: 7, SEM: 8 } as const;

/** Flags of an area, by the kernel's names. */
export const VM = {
  SHARED: 1,
  DONTCOPY: 2,
  WIPEONFORK: 4,
  LOCKED: 8,
  IO: 16,
  DONTEXPAND: 32,
} as const;

/** Where the pages of an area come from. */
export type Backing =
  /** Fresh zeros for each page; copied on write after fork. Never VM.SHARED. */
  | { readonly kind: "anonymous" }
  /** Pages that other address spaces map too. `page` is the first page of the area in it. */
  | { readonly kind: "shared"; readonly memory: number; readonly page: number }
  /** Frames that a driver chose, side by side; `file` is the open file that gave them. */
  | {
      readonly kind: "device";
      readonly file: number;
      readonly pfn: number;
      readonly registers: boolean;
      /** What the driver wants of the area, beside what every device area is: bits of VM. */
      readonly vmFlags?: number;
      /** The address is taken, and no page is behind it for the program. */
      readonly isHidden?: boolean;
    };

/** An area of an address space: virtual memory area, [start, end) in whole pages. A value. */
export interface Vma {
  readonly start: Vaddr;
  readonly end: Vaddr;
  readonly prot: number;
  readonly flags: number;
  readonly backing: Backing;
}

/** A range of an address space, in whole pages: [start, end). */
export interface Range {
  readonly start: number;
  readonly end: number;
}
