import { describe, test } from "vitest";
import { area, common, KERNELS, onBare, type Probe } from "./story.ts";

/**
 * Addresses, lengths and rights at their ends: what wraps past 2^64, what is rounded to nothing, bits
 * that mean nothing, the first page and the last one.
 * Source: mm/mmap.c, mm/mprotect.c, mm/mlock.c, mm/mremap.c, mm/madvise.c, include/linux/mman.h,
 * security/commoncap.c v4.18 and v6.1
 */

const MOST = "0xffffffffffffffff";
const LAST_PAGE = "0xfffffffffffff000";
const FIXED = "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED";
const END = "0xfffffffff000";

const RIGHTS: readonly Probe[] = [
  // calc_vm_prot_bits takes what it knows; __mm_populate forces nothing in an area without rights.
  [
    "a right that mmap does not know is none",
    () => [area("m", "4K", "8"), "app: mlock(m, 4K) = -1 ENOMEM", "app: load(m, 1) = SIGSEGV"],
  ],
  [
    "mprotect refuses it, behind the address and the length, before a hole",
    () => [
      area("m", "8K"),
      "app: mprotect(m+1, 0, 16) = -1 EINVAL",
      "app: mprotect(m, 0, 16) = 0",
      `app: mprotect(m, ${LAST_PAGE}, 16) = -1 ENOMEM`,
      "app: mprotect(m+64K, 4K, 16) = -1 EINVAL",
      "app: mprotect(m, 4K, 16) = -1 EINVAL",
      'app: store(m, "a") = 0',
    ],
  ],
  [
    "but for PROT_SEM, which says nothing",
    () => [
      area("m", "8K"),
      "app: mprotect(m, 4K, 9) = 0",
      "app: load(m, 1) = 0",
      "app: mprotect(m, 4K, 8) = 0",
      "app: mlock(m, 4K) = -1 ENOMEM",
      "app: load(m, 1) = SIGSEGV",
    ],
  ],
  // mprotect_fixup: populate_vma_page_range, for private areas that were locked and not writable.
  [
    "locked memory that becomes writable gets pages of its own at once",
    () => [
      area("m", "8K", "PROT_READ"),
      "app: mlock(m, 8K) = 0",
      "expect refs(app, m) == 0", // the zero page
      "app: mprotect(m, 4K, PROT_READ|PROT_WRITE) = 0",
      "expect refs(app, m) == 1",
      "expect refs(app, m+4K) == 0",
      "app: munlock(m, 8K) = 0",
      "app: mprotect(m, 8K, PROT_READ|PROT_WRITE) = 0",
      "expect refs(app, m+4K) == 0",
    ],
  ],
  [
    "and so does locked memory that nobody could touch; shared memory waits for the touch",
    () => [
      area("m", "8K", "PROT_NONE"),
      "app: mlock(m, 8K) = -1 ENOMEM",
      "app: mprotect(m, 4K, PROT_WRITE) = 0",
      "expect refs(app, m) == 1",
      "expect page(app, m+4K) == none",
      "app: s = mmap(NULL, 4K, PROT_NONE, MAP_SHARED|MAP_ANONYMOUS, -1, 0)",
      "app: mlock(s, 4K) = -1 ENOMEM",
      "app: mprotect(s, 4K, PROT_READ|PROT_WRITE) = 0",
      "expect page(app, s) == none",
    ],
  ],
];

const WRAPS: readonly Probe[] = [
  [
    "mprotect of a range that wraps, or that is rounded to nothing, changes nothing",
    () => [
      area("m", "8K"),
      `app: mprotect(m, ${MOST}, PROT_READ) = -1 ENOMEM`,
      `app: mprotect(m, ${LAST_PAGE}, PROT_READ) = -1 ENOMEM`,
      'app: store(m, "a") = 0',
    ],
  ],
  [
    "an address off a page at the very end",
    () => [
      `app: mprotect(${MOST}, 0, PROT_READ) = -1 EINVAL`,
      `app: madvise(${MOST}, 0, MADV_DONTNEED) = -1 EINVAL`,
      `app: madvise(${MOST}, 0, MADV_DONTFORK) = -1 EINVAL`,
      `app: mprotect(${LAST_PAGE}, 0, PROT_READ) = 0`,
      `app: madvise(${LAST_PAGE}, 0, MADV_DONTNEED) = 0`,
      `app: munmap(${MOST}, 4K) = -1 EINVAL`,
    ],
  ],
  [
    "madvise of all that 64 bits can say: what is there is dropped",
    () => [
      area("m", "8K"),
      'app: store(m, "a") = 0',
      `app: madvise(0, ${LAST_PAGE}, MADV_DONTNEED) = -1 ENOMEM`,
      "expect page(app, m) == none",
      `app: madvise(0, ${MOST}, MADV_DONTNEED) = -1 EINVAL`,
    ],
  ],
  // PAGE_ALIGN(len + offset) wraps to nothing, or to one page.
  [
    "mlock of 2^64 - 1 bytes locks nothing, and from the third byte of a page one page",
    () => [
      area("m", "8K"),
      `app: mlock(m, ${MOST}) = 0`,
      `app: mlock(m+1, ${MOST}) = 0`,
      "expect app.locked_vm == 0",
      `app: mlock(m+2, ${MOST}) = 0`,
      "expect app.locked_vm == 1",
    ],
  ],
  [
    "a range that wraps: munlock is refused, mlock by the limit first",
    () => [
      area("m", "8K"),
      "app: mlock(m, 8K) = 0",
      `app: munlock(m, ${LAST_PAGE}) = -1 EINVAL`,
      `app: munlock(m, ${MOST}) = 0`,
      `app: mlock(m, ${LAST_PAGE}) = -1 ENOMEM`,
      "expect app.locked_vm == 2",
      "root: r = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      `root: mlock(r, ${LAST_PAGE}) = -1 EINVAL`,
      "expect root.locked_vm == 0",
    ],
  ],
  [
    "mremap to a length that is rounded to nothing, to one that nothing holds, and from one",
    () => [
      area("m", "8K"),
      `app: mremap(m, 4K, ${MOST}, MREMAP_MAYMOVE) = -1 EINVAL`,
      `app: mremap(m, 8K, ${LAST_PAGE}, MREMAP_MAYMOVE) = -1 ENOMEM`,
      `app: mremap(m, ${LAST_PAGE}, 4K, 0) = -1 EINVAL`,
      'app: store(m+4K, "a") = 0',
    ],
  ],
  [
    "mremap from a range that wraps: it overlaps nothing, and the new place has gone",
    () => [
      area("m", "4K"),
      area("to", "4K"),
      `app: mremap(m, ${LAST_PAGE}, 4K, MREMAP_MAYMOVE|MREMAP_FIXED, to) = -1 EINVAL`,
      "app: mlock(m, 4K) = 0",
      "app: mlock(to, 4K) = -1 ENOMEM",
    ],
  ],
  [
    "private memory of no old length: EINVAL, behind an address where nothing is",
    () => [
      area("m", "8K"),
      "app: mremap(m, 0, 4K, MREMAP_MAYMOVE) = -1 EINVAL",
      "app: mremap(m+8K, 0, 4K, MREMAP_MAYMOVE) = -1 EFAULT",
      "app: mremap(m, 0, 4K, MREMAP_MAYMOVE|MREMAP_FIXED, m+1M) = -1 EINVAL",
    ],
  ],
];

const ENDS: readonly Probe[] = [
  [
    "the first page: not without CAP_SYS_RAWIO, behind the length, before the kind",
    () => [
      `app: mmap(0, 4K, PROT_READ, ${FIXED}, -1, 0) = -1 EPERM`,
      "app: mmap(0, 4K, PROT_READ, MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 EPERM",
      `app: mmap(0, 0, PROT_READ, ${FIXED}, -1, 0) = -1 EINVAL`,
      `app: mmap(4K, 4K, PROT_READ, ${FIXED}, -1, 0) = 4K`,
      `root: mmap(0, 4K, PROT_READ, ${FIXED}, -1, 0) = 0`,
      "root: load(NULL, 1) = 0",
      area("m", "4K"),
      "app: mremap(m, 4K, 4K, MREMAP_MAYMOVE|MREMAP_FIXED, 0) = -1 EPERM",
      "app: load(m, 1) = 0",
    ],
  ],
  [
    "the last page of a process, and what reaches over it",
    () => [
      `app: mmap(${END}, 4K, PROT_READ|PROT_WRITE, ${FIXED}, -1, 0) = ${END}`,
      `app: mmap(${END}, 8K, PROT_READ|PROT_WRITE, ${FIXED}, -1, 0) = -1 ENOMEM`,
      `app: mremap(${END}, 4K, 8K, 0) = -1 ENOMEM`,
      `app: munmap(${END}, 4097) = -1 EINVAL`,
      "app: munmap(0x1000000000000, 0) = -1 EINVAL",
      'app: store(0xffffffffffff, "a") = 0',
      `app: munmap(${END}, 1) = 0`,
      'app: store(0xffffffffffff, "a") = SIGSEGV',
    ],
  ],
];

const MOVES: readonly Probe[] = [
  [
    "a page moves over another of its own area",
    () => [
      area("m", "64K"),
      'app: store(m, "a") = 0',
      'app: store(m+32K, "b") = 0',
      "app: mlock(m, 64K) = 0",
      "app: mremap(m, 4K, 4K, MREMAP_MAYMOVE|MREMAP_FIXED, m+32K) = m+32K",
      'app: load(m+32K, 1) = 0 {data: "a"}',
      "expect app.locked_vm == 15",
      "app: mlock(m+4K, 60K) = 0",
      "app: mlock(m, 4K) = -1 ENOMEM",
    ],
  ],
  [
    "half of shared memory moves: each half shows what it did, to a child too",
    () => [
      common("s", "8K"),
      'app: store(s, "a") = 0',
      'app: store(s+4K, "b") = 0',
      "app: n = mremap(s+4K, 4K, 4K, MREMAP_MAYMOVE|MREMAP_FIXED, s+1M)",
      "app: child = fork()",
      'child: load(n, 1) = 0 {data: "b"}',
      'child: load(s, 1) = 0 {data: "a"}',
    ],
  ],
  [
    "other memory in the middle of what is locked is not locked",
    () => [
      area("m", "16K"),
      "app: mlock(m, 16K) = 0",
      `app: mmap(m+4K, 4K, PROT_READ, ${FIXED}, -1, 0) = m+4K`,
      "expect app.locked_vm == 3",
      "app: madvise(m+4K, 4K, MADV_DONTNEED) = 0",
      "app: madvise(m+4K, 8K, MADV_DONTNEED) = -1 EINVAL",
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each([...RIGHTS, ...WRAPS, ...ENDS, ...MOVES])("%s", (_what, lines) => {
    onBare(kernel, lines(kernel === "v4.18"));
  });
});
