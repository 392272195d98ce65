import type { Layout } from "./register.ts";

/**
 * The RFC's dummy copy device: the page a queue shares with its process, and its numbers.
 *
 *   byte 0        8                               648          652    656
 *        hw_tag   ring[0] ring[1] ... ring[15]    ring_bd_num  head   tail
 *
 * The user driver fills at `head` and stores it; the device works at `tail` and stores it. They are
 * equal when there is nothing to do. The user driver keeps one slot empty, so 15 requests fit.
 *
 * Source: KL drivers/crypto/hisilicon/dummy_drv/dummy_wd_dev.c 3a1ebfdb; page also in WD 7f7e0c06
 */
const DUMMY_C = "KL drivers/crypto/hisilicon/dummy_drv/dummy_wd_dev.c 3a1ebfdb";

/** Devices, `dummy_wd.0` to `dummy_wd.2`. */
export const MAX_DEV = 3;
/** Queues of one device. */
export const MAX_QUEUE = 4;
/** Descriptors in a ring; one less can wait. */
export const Q_BDS = 16;
/** Bytes that one request may copy, until the mdev's attribute of this name says otherwise. */
export const MAX_COPY_SIZE = 4096;
/** `_IO('d', 0)`: work off the ring now, in the caller's context. */
export const DUMMY_CMD_FLUSH = 0x6400;
/** What the user driver looks for before it believes the page: "WDDUMMY", 8 bytes with its NUL. */
export const HW_TAG: readonly number[] = [0x57, 0x44, 0x44, 0x55, 0x4d, 0x4d, 0x59, 0x00];

/** One buffer descriptor. Offsets of a 64-bit system; 4 bytes of padding at the end. */
export const DUMMY_BD = {
  size: 40,
  fields: {
    src_addr: { at: 0, bytes: 8, notes: "address in the process that asked" },
    tgt_addr: { at: 8, bytes: 8, notes: "address in the process that asked" },
    size: { at: 16, bytes: 8, notes: "bytes" },
    ptr: { at: 24, bytes: 8, notes: "the user driver's own pointer, handed back by recv" },
    ret: {
      at: 32,
      bytes: 4,
      notes: "0 or a negative errno in 32 bits: `read(...) | 0` gives its sign",
    },
  },
  source: DUMMY_C,
} as const satisfies Layout;

/** The register page: one kernel page for each queue, at mmap offset 0. */
export const DUMMY_PAGE = {
  size: 660,
  fields: {
    hw_tag: { at: 0, bytes: 1, count: 8, notes: "HW_TAG" },
    ring: { at: 8, bytes: 40, count: Q_BDS, notes: "DUMMY_BD" },
    ring_bd_num: { at: 648, bytes: 4, notes: "Q_BDS" },
    head: { at: 652, bytes: 4, notes: "written by the user driver: the next to fill" },
    tail: { at: 656, bytes: 4, notes: "written by the device: the next to work off" },
  },
  source: DUMMY_C,
  notes: "the mapping is one page, the rest of it is unused",
} as const satisfies Layout;

/** Where descriptor `slot` starts, in bytes from the start of the page. */
export function bdOffset(slot: number): number {
  return DUMMY_PAGE.fields.ring.at + slot * DUMMY_BD.size;
}
