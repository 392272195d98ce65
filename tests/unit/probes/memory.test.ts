import { describe, test } from "vitest";
import { area, common, KERNELS, mayLock, onBare, type Probe } from "./story.ts";

/**
 * Calls about memory, asked as a maintainer would: no length, no right, over the limit, several
 * mistakes at once.
 * Source: mm/mlock.c, mm/madvise.c, mm/mremap.c, mm/mprotect.c, mm/mmap.c v4.18 and v6.1
 */

const LOCK: readonly Probe[] = [
  // __mm_populate is refused a page, and __mlock_posix_error_return says ENOMEM; all is locked.
  [
    "memory without rights is locked, and mlock says ENOMEM",
    () => [
      area("m", "8K", "PROT_NONE"),
      "app: mlock(m, 8K) = -1 ENOMEM",
      "expect app.locked_vm == 2",
    ],
  ],
  [
    "and so where one page in the middle has none: those behind it are not faulted in",
    () => [
      area("m", "16K"),
      "app: mprotect(m+4K, 4K, PROT_NONE) = 0",
      "app: mlock(m, 16K) = -1 ENOMEM",
      "expect app.locked_vm == 4",
      "expect refs(app, m) == 1",
      "expect page(app, m+8K) == none",
    ],
  ],
  [
    "memory that may only be written, or only be executed, is faulted in whatever it allows",
    () => [
      area("m", "4K", "PROT_WRITE"),
      area("n", "4K", "PROT_EXEC"),
      "app: mlock(m, 4K) = 0",
      "app: mlock(n, 4K) = 0",
      "expect app.locked_vm == 2",
      "expect refs(app, m) == 1",
    ],
  ],
  [
    "no length: nothing is locked, and no area is cut",
    () => [
      area("m", "16K"),
      "app: mlock(m+4K, 0) = 0",
      "expect app.locked_vm == 0",
      "app: mlock(m, 16K) = 0",
      "app: munlock(m+4K, 0) = 0",
      "expect app.locked_vm == 4",
      "app: mremap(m, 16K, 32K, 0) = m", // one area still
    ],
  ],
  [
    "nothing may be locked: EPERM also for no length; who has the right is not asked",
    () => [
      mayLock("0"),
      area("m", "4K"),
      "app: mlock(m, 4K) = -1 EPERM",
      "app: mlock(m, 0) = -1 EPERM",
      "app: munlock(m, 4K) = 0",
      mayLock("0", "root"),
      "root: r = mmap(NULL, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "root: mlock(r, 4K) = 0",
      "expect root.locked_vm == 1",
    ],
  ],
  [
    "what is locked already does not count twice against the limit",
    () => [
      mayLock("16K"),
      area("m", "16K"),
      "app: mlock(m, 12K) = 0",
      "app: mlock(m, 16K) = 0",
      "app: mlock(m, 16K) = 0",
      "expect app.locked_vm == 4",
      "app: munmap(m+4K, 4K) = 0",
      "expect app.locked_vm == 3",
      "app: mlock(m, 16K) = -1 ENOMEM", // a hole
    ],
  ],
  [
    "a child has nothing locked, and may drop what it has",
    () => [
      area("m", "16K"),
      "app: mlock(m, 16K) = 0",
      "app: child = fork()",
      "expect child.locked_vm == 0",
      "child: madvise(m, 4K, MADV_DONTNEED) = 0",
      "app: madvise(m, 4K, MADV_DONTNEED) = -1 EINVAL",
      "child: munmap(m, 16K) = 0",
      "expect child.locked_vm == 0",
      "expect app.locked_vm == 4",
    ],
  ],
];

const ADVICE: readonly Probe[] = [
  [
    "no length: whatever is there, nothing is refused but a bad address and an unknown advice",
    () => [
      area("m", "16K"),
      common("s", "16K"),
      "app: mlock(m, 16K) = 0",
      "app: madvise(m+4K, 0, MADV_DONTNEED) = 0",
      "app: madvise(m, 0, MADV_DONTNEED) = 0",
      "app: madvise(m, 16K, MADV_DONTNEED) = -1 EINVAL",
      "app: madvise(s+4K, 0, MADV_WIPEONFORK) = 0",
      "app: madvise(s+4K, 4K, MADV_WIPEONFORK) = -1 EINVAL",
      "app: madvise(s+4K, 0, MADV_DONTFORK) = 0",
      "app: child = fork()",
      'child: store(s+4K, "a") = 0', // it went along
      "app: munmap(m, 16K) = 0",
      "app: madvise(m, 0, MADV_DONTNEED) = 0",
      "app: madvise(m, 4K, MADV_DONTNEED) = -1 ENOMEM",
      "app: madvise(m+1, 0, MADV_DONTNEED) = -1 EINVAL",
      "app: madvise(m, 0, 99) = -1 EINVAL",
      "app: madvise(m, 0xffffffffffffffff, MADV_DONTNEED) = -1 EINVAL",
    ],
  ],
  [
    "shared memory that is dropped comes back as it was",
    () => [
      common("s", "8K"),
      'app: store(s, "a") = 0',
      "app: madvise(s, 8K, MADV_DONTNEED) = 0",
      'app: load(s, 1) = 0 {data: "a"}',
      "app: madvise(s, 8K, MADV_DONTFORK) = 0",
      "app: child = fork()",
      "child: load(s, 1) = SIGSEGV",
      "app: madvise(s, 8K, MADV_DOFORK) = 0",
      "app: second = fork()",
      'second: load(s, 1) = 0 {data: "a"}',
    ],
  ],
  [
    "what is wiped at fork is so for the child's child, until somebody says otherwise",
    () => [
      area("m", "8K"),
      'app: store(m, "a") = 0',
      "app: madvise(m, 8K, MADV_WIPEONFORK) = 0",
      "app: child = fork()",
      'child: load(m, 1) = 0 {data: "\\x00"}',
      'child: store(m, "b") = 0',
      "child: grand = fork()",
      'grand: load(m, 1) = 0 {data: "\\x00"}',
      "app: madvise(m, 8K, MADV_KEEPONFORK) = 0",
      "app: second = fork()",
      'second: load(m, 1) = 0 {data: "a"}',
    ],
  ],
];

const MOVE: readonly Probe[] = [
  // mm_populate after vma_to_resize; mremap of mm/mremap.c.
  [
    "a locked area that grows is counted, and faulted in",
    () => [
      area("m", "16K"),
      "app: mlock(m, 16K) = 0",
      "app: n = mremap(m, 16K, 32K, MREMAP_MAYMOVE)",
      "expect app.locked_vm == 8",
      "expect refs(app, n+16K) == 1",
      "expect refs(app, n+28K) == 1",
    ],
  ],
  [
    "but not over the limit: EAGAIN, before anybody looks for room",
    () => [
      mayLock("16K"),
      area("m", "16K"),
      area("wall", "4K"),
      "app: mlock(m, 16K) = 0",
      "app: mremap(m, 16K, 20K, 0) = -1 EAGAIN",
      "app: mremap(m, 16K, 32K, MREMAP_MAYMOVE) = -1 EAGAIN",
      "app: mremap(m, 20K, 32K, MREMAP_MAYMOVE) = -1 EFAULT",
      "app: mremap(m, 16K, 16K, MREMAP_MAYMOVE|MREMAP_FIXED, m+1M) = m+1M",
      "expect app.locked_vm == 4",
      mayLock("4K", "root"),
      "root: r = mmap(NULL, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "root: mlock(r, 16K) = 0",
      "root: mremap(r, 16K, 32K, MREMAP_MAYMOVE) = r",
      "expect root.locked_vm == 8",
    ],
  ],
  [
    "its refusals, in order",
    () => [
      area("m", "16K"),
      "app: mremap(m+1, 4K, 8K, 0) = -1 EINVAL",
      "app: mremap(m, 4K, 0, 0) = -1 EINVAL",
      "app: mremap(m, 4K, 8K, MREMAP_FIXED, m+64K) = -1 EINVAL",
      "app: mremap(m, 32K, 64K, MREMAP_MAYMOVE) = -1 EFAULT",
      "app: mremap(m, 8K, 12K, 0) = -1 ENOMEM",
      "app: mremap(m, 8K, 8K, MREMAP_MAYMOVE|MREMAP_FIXED, m+4K) = -1 EINVAL",
      "app: mremap(m, 16K, 4K, 0) = m",
      'app: store(m+4K, "a") = SIGSEGV',
    ],
  ],
];

const AREAS: readonly Probe[] = [
  // do_mmap, case MAP_TYPE: both bits are MAP_SHARED_VALIDATE, which memory of no file has not.
  [
    "memory that is shared and private",
    () => [
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED|MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, MAP_ANONYMOUS, -1, 0) = -1 EINVAL",
    ],
  ],
  [
    "mprotect: the address before the length, and what lies before a hole is changed",
    () => [
      area("m", "16K"),
      "app: mprotect(m+1, 0, PROT_READ) = -1 EINVAL",
      "app: mprotect(m, 0, PROT_READ) = 0",
      "app: mprotect(m+64K, 4K, PROT_READ) = -1 ENOMEM",
      "app: munmap(m+4K, 4K) = 0",
      "app: mprotect(m, 16K, PROT_READ) = -1 ENOMEM",
      'app: store(m+8K, "b") = 0',
      'app: store(m, "b") = SIGSEGV',
    ],
  ],
  [
    "munmap: an address off a page, no length, all that there is; nothing there is fine",
    () => [
      area("m", "16K"),
      "app: munmap(m+1, 4K) = -1 EINVAL",
      "app: munmap(m, 0) = -1 EINVAL",
      "app: munmap(m, 0xffffffffffffffff) = -1 EINVAL",
      "app: munmap(m+64K, 4K) = 0",
      "app: munmap(m+4K, 4K) = 0",
      'app: store(m+8K, "a") = 0',
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  const all = [...LOCK, ...ADVICE, ...MOVE, ...AREAS];
  test.each(all)("%s", (_what, lines) => {
    onBare(kernel, lines(kernel === "v4.18"));
  });

  test("no page is left for what is locked: EAGAIN, and all is locked", () => {
    const lines = [
      area("m", "8K"),
      "app: mlock(m, 8K) = -1 EAGAIN",
      "expect app.locked_vm == 2",
      "expect page(app, m+4K) == none",
    ];
    onBare(kernel, lines, ["fail allocate 2"]);
  });
});
