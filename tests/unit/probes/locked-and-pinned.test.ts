import { describe, test } from "vitest";
import { leadsNowhere, leadsTo, map, unmap } from "../third-party/story.ts";
import { area, common, inContainer, KERNELS, mapOf, mayLock, type Probe } from "./story.ts";

/**
 * Memory that is locked, protected, shared or made smaller while a device has it, and the one limit
 * that mlock and VFIO share.
 * Source: mm/mlock.c, mm/gup.c check_vma_flags, mm/memory.c do_wp_page, copy_one_pte v4.18,
 * copy_present_pte v6.1, drivers/vfio/vfio_iommu_type1.c v4.18 and v6.1
 */

const store = (who: string, text: string) => `${who}: store(buf, "${text}") = 0`;
const seen = (text: string) => `expect seen(hisi_zip-0, 1M, ${text.length}) == "${text}"`;

const RIGHTS: readonly Probe[] = [
  [
    "what may only be executed is not pinned for reading",
    () => [
      area("x", "4K", "PROT_EXEC"),
      map("x", "1M", "4K", "-1 EFAULT", 1),
      "app: mprotect(x, 4K, PROT_READ) = 0",
      map("x", "1M", "4K", "0", 1),
      "expect app.locked_vm == 0", // the zero page
    ],
  ],
  [
    "a page without rights in the middle: all is undone, but what was faulted in",
    () => [
      "app: mprotect(buf+8K, 4K, PROT_NONE) = 0",
      map("buf", "1M", "16K", "-1 EFAULT"),
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
      "expect refs(app, buf) == 1",
      "expect page(app, buf+12K) == none",
      leadsNowhere("1M"),
    ],
  ],
  [
    "protected after it was pinned: the device has it still, and the next pin is asked",
    () => [
      store("app", "old"),
      map("buf", "1M", "4K"),
      "app: mprotect(buf, 4K, PROT_READ) = 0",
      leadsTo("1M", "buf"),
      map("buf", "2M", "4K", "-1 EFAULT"),
      map("buf", "2M", "4K", "0", 1),
      "expect pins(app, buf) == 2",
      "expect app.locked_vm == 2",
      "app: mprotect(buf, 4K, PROT_NONE) = 0",
      map("buf", "3M", "4K", "-1 EFAULT", 1),
      unmap("1M", "4K", "4K"),
      unmap("2M", "4K", "4K"),
      "expect app.locked_vm == 0",
      "expect refs(app, buf) == 1",
    ],
  ],
  [
    "pinned, protected, forked, and writable again: the device's page is the parent's in v6.1",
    (isOld) => [
      store("app", "old"),
      map("buf", "1M", "4K"),
      "app: mprotect(buf, 4K, PROT_READ) = 0",
      "app: child = fork()",
      `expect page(child, buf) ${isOld ? "==" : "!="} page(app, buf)`,
      "app: mprotect(buf, 4K, PROT_READ|PROT_WRITE) = 0",
      store("app", "new"),
      seen(isOld ? "old" : "new"),
      'expect bytes(child, buf, 3) == "old"',
      'child: store(buf, "a") = SIGSEGV',
    ],
  ],
  [
    "the zero page, mapped for reading, and then written: the device sees zeros, and nobody pays",
    () => [
      map("buf", "1M", "8K", "0", 1),
      store("app", "new"),
      'expect seen(hisi_zip-0, 1M, 3) == "\\x00\\x00\\x00"',
      "expect pins(app, buf) == 0",
      unmap("1M", "8K", "8K"),
      map("buf", "1M", "8K", "0", 1),
      "expect app.locked_vm == 1",
      seen("new"),
      unmap("1M", "8K", "8K"),
      "expect app.locked_vm == 0",
    ],
  ],
];

const LIMITS: readonly Probe[] = [
  [
    "mlock and VFIO have one limit between them",
    () => [
      "app: mlock(buf, 32K) = 0",
      map("buf", "1M", "36K", "-1 ENOMEM"),
      "expect app.locked_vm == 8",
      map("buf", "1M", "32K"),
      "expect app.locked_vm == 16",
      area("m", "4K"),
      "app: mlock(m, 4K) = -1 ENOMEM",
      "app: mlock(buf, 32K) = 0",
      "app: mremap(buf, 64K, 68K, MREMAP_MAYMOVE) = -1 EFAULT", // two areas
      "app: mremap(buf, 32K, 36K, MREMAP_MAYMOVE) = -1 EAGAIN",
      "app: munlock(buf, 64K) = 0",
      "expect app.locked_vm == 8",
      "app: mlock(m, 4K) = 0",
    ],
  ],
  [
    "a limit below what is locked takes nothing back",
    () => [
      map("buf", "1M", "16K"),
      mayLock("4K"),
      "expect app.locked_vm == 4",
      map("buf+16K", "2M", "4K", "-1 ENOMEM"),
      "app: mlock(buf, 0) = -1 ENOMEM", // nothing more, and that is over the limit
      mayLock("0"),
      "app: mlock(buf, 0) = -1 EPERM",
      unmap("1M", "16K", "16K"),
      "expect app.locked_vm == 0",
      map("buf", "1M", "4K", "-1 ENOMEM"),
      "app: setrlimit(RLIMIT_NOFILE, 0) = 0",
      map("buf", "1M", "4K", "-1 ENOMEM"),
      mayLock("4K"),
      map("buf", "1M", "4K"),
    ],
  ],
  [
    "made smaller and larger in its place: the device pays for the tail that is gone",
    () => [
      map("buf", "1M", "64K"),
      "app: mremap(buf, 64K, 4K, 0) = buf",
      "expect app.locked_vm == 16",
      "app: mremap(buf, 4K, 64K, 0) = buf",
      "expect page(app, buf+4K) == none",
      map("buf+4K", "2M", "4K", "-1 ENOMEM"),
      unmap("1M", "64K", "64K"),
      map("buf+4K", "2M", "4K"),
      leadsTo("2M", "buf+4K"),
    ],
  ],
];

const SHARED: readonly Probe[] = [
  [
    "shared memory that nobody maps any more is the device's alone",
    () => [
      common("s", "8K"),
      'app: store(s, "a") = 0',
      map("s", "1M", "8K"),
      "app: child = fork()",
      "app: munmap(s, 8K) = 0",
      seen("a"),
      'child: store(s, "b") = 0',
      "expect refs(child, s) == 3", // the memory, an entry, the pin
      "child: munmap(s, 8K) = 0",
      seen("b"),
      "expect app.locked_vm == 2",
      unmap("1M", "8K", "8K"),
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "shared memory that is dropped comes back as the page that is pinned",
    () => [
      common("s", "4K"),
      map("s", "1M", "4K"),
      "app: madvise(s, 4K, MADV_DONTNEED) = 0",
      'app: store(s, "a") = 0',
      leadsTo("1M", "s"),
      seen("a"),
    ],
  ],
  [
    "pinned and given back before fork: shared as any other page",
    () => [
      store("app", "old"),
      map("buf", "1M", "4K"),
      unmap("1M", "4K", "4K"),
      "app: child = fork()",
      "expect page(child, buf) == page(app, buf)",
      "expect refs(app, buf) == 2",
    ],
  ],
  [
    "pinned for reading while a child has it, which is killed then: the parent keeps the page",
    () => [
      store("app", "old"),
      "app: child = fork()",
      map("buf", "1M", "4K", "0", 1),
      "app: kill(pid(child)) = 0",
      store("app", "new"),
      seen("new"),
    ],
  ],
  [
    "a child maps its own copy, and what it mapped outlives it",
    () => [
      store("app", "old"),
      "app: child = fork()",
      mapOf("child", "argsz: 32, flags: 3, vaddr: buf, iova: 1M, size: 4K", "0"),
      "expect child.locked_vm == 1",
      "expect app.locked_vm == 0",
      "expect translate(hisi_zip-0, 1M) == page(child, buf)",
      store("app", "new"),
      store("child", "mine"),
      seen("mine"),
      "child: exit(0) = 0",
      seen("mine"),
      'expect bytes(app, buf, 3) == "new"',
    ],
  ],
  [
    "three generations: the last two write first, and the page is the first one's",
    () => [
      store("app", "old"),
      map("buf", "1M", "4K"),
      "app: child = fork()",
      "child: grand = fork()",
      "expect page(grand, buf) == page(child, buf)",
      store("grand", "x"),
      store("child", "y"),
      store("app", "new"),
      seen("new"),
    ],
  ],
  [
    "a bad store ends the process: a child holds the device until it closes both",
    () => [
      map("buf", "1M", "16K"),
      "app: child = fork()",
      'app: store(NULL, "a") = SIGSEGV',
      "child: close(group) = 0",
      "child: close(container) = 0",
      leadsNowhere("1M"),
      "expect refs(child, buf) == 1",
    ],
  ],
  [
    "mlock takes a page away from who shares it, but for the zero page of what is not written",
    () => [
      store("app", "old"),
      "app: child = fork()",
      "app: mlock(buf, 4K) = 0",
      "expect page(app, buf) != page(child, buf)",
      "expect mapcount(child, buf) == 1",
      area("r", "8K", "PROT_READ"),
      "app: mlock(r, 8K) = 0",
      "expect refs(app, r) == 0",
      "app: munlock(r, 8K) = 0",
      "app: mprotect(r, 8K, PROT_READ|PROT_WRITE) = 0",
      "app: mlock(r, 8K) = 0",
      "expect refs(app, r) == 1",
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each([...RIGHTS, ...LIMITS, ...SHARED])("%s", (_what, lines) => {
    inContainer(kernel, "VFIO_TYPE1v2_IOMMU", lines(kernel === "v4.18"));
  });
});
