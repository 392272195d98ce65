import { describe, test } from "vitest";
import { area, common, KERNELS, onBare, type Probe } from "./story.ts";

/**
 * Children that are dead, limits, and what a child finds of its parent's memory.
 * Source: kernel/signal.c, kernel/exit.c, kernel/sys.c, kernel/fork.c, mm/memory.c, fs/file.c v4.18 and
 * v6.1
 */

const open = 'open("/dev/vfio/vfio", O_RDWR)';

const PROBES: readonly Probe[] = [
  // kill_pid_info finds who was not released; release_task is called for who was waited for.
  [
    "a dead child can be asked for and killed again, until its parent is dead too",
    () => [
      "app: child = fork()",
      "child: exit(3) = 0",
      "app: kill(pid(child), 0) = 0",
      "app: kill(pid(child)) = 0",
      "app: kill(pid(child), 65) = -1 EINVAL",
      "app: second = fork()",
      "app: kill(pid(second)) = 0",
      "app: kill(pid(second)) = 0",
      "root: kill(pid(app)) = 0",
      "root: kill(pid(child), 0) = -1 ESRCH",
      "root: kill(pid(second), 0) = -1 ESRCH",
      "root: kill(pid(app), 0) = -1 ESRCH",
    ],
  ],
  [
    "another program in the parent waits for nobody; a grandchild goes with its own parent",
    () => [
      "app: child = fork()",
      "child: grand = fork()",
      "grand: exit(0) = 0",
      'child: execve("/bin/other") = 0',
      "app: kill(pid(grand), 0) = 0",
      "child: exit(0) = 0",
      "app: kill(pid(grand), 0) = -1 ESRCH",
      "app: kill(pid(child), 0) = 0",
    ],
  ],
  [
    "a dead child of root's is root's still",
    () => [
      "root: child = fork()",
      "child: exit(0) = 0",
      "app: kill(pid(child), 0) = -1 EPERM",
      "app: kill(pid(child), 65) = -1 EINVAL",
      "root: kill(pid(child), 0) = 0",
    ],
  ],
  [
    "a limit of descriptors is none of locked memory",
    () => [
      "app: setrlimit(RLIMIT_NOFILE, 5) = 0",
      area("m", "8K"),
      "app: mlock(m, 8K) = 0",
      `app: ${open} = 3`,
      `app: ${open} = 4`,
      `app: ${open} = -1 EMFILE`,
      'app: open("/dev/nothing", O_RDWR) = -1 EMFILE',
      "app: child = fork()",
      "app: setrlimit(RLIMIT_NOFILE, 3) = 0",
      "app: close(4) = 0",
      `app: ${open} = -1 EMFILE`,
      "app: close(0) = 0",
      `app: ${open} = 0`, // below the limit
      "child: close(4) = 0",
      `child: ${open} = 4`,
      'app: execve("/bin/other") = 0',
      `app: ${open} = -1 EMFILE`,
      "app: poll([{fd: 0, events: 0}], 4, 0) = -1 EINVAL",
      "app: poll([{fd: 0, events: POLLOUT}], 1, 0) = 1 {revents: 4}",
    ],
  ],
  [
    "limits that there are not, that nobody may have, and that the model does not keep",
    () => [
      "app: setrlimit(16, 4K) = -1 EINVAL",
      "app: setrlimit(-1, 4K) = -1 EINVAL",
      "app: setrlimit(RLIMIT_NOFILE, 1048577) = -1 EPERM",
      "root: setrlimit(RLIMIT_NOFILE, 1048577) = -1 EPERM",
      "app: setrlimit(RLIMIT_NOFILE, 1048576) = 0",
      "app: setrlimit(3, 0) = 0",
      "app: setrlimit(RLIMIT_MEMLOCK, -1) = 0",
      area("m", "1M"),
      "app: mlock(m, 1M) = 0",
    ],
  ],
  // copy_page_range: not where a fault will fill the entries in, and no area of them has an anon_vma.
  [
    "a child has no entry for shared memory until it touches it",
    () => [
      common("s", "8K"),
      'app: store(s, "a") = 0',
      "expect mapcount(app, s) == 1",
      "app: child = fork()",
      "expect page(child, s) == none",
      "expect mapcount(app, s) == 1",
      'child: load(s, 1) = 0 {data: "a"}',
      "expect mapcount(app, s) == 2",
      'child: store(s+4K, "b") = 0',
      'app: load(s+4K, 1) = 0 {data: "b"}',
    ],
  ],
  [
    "and what it locked is locked for the parent alone, whose pages stay where the child's go",
    () => [
      common("s", "8K"),
      "app: mlock(s, 8K) = 0",
      "app: child = fork()",
      "child: mlock(s, 4K) = 0",
      "expect mapcount(app, s) == 2",
      "expect mapcount(app, s+4K) == 1",
      "child: exit(0) = 0",
      "expect mapcount(app, s) == 1",
      "expect refs(app, s) == 2",
      "expect app.locked_vm == 2",
    ],
  ],
  [
    "without MAP_FIXED an address is where memory goes if there is room",
    () => [
      "app: mmap(0x10000000, 8K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10000000",
      "app: mmap(0x10002800, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10002000",
      "app: low = mmap(NULL, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "app: mmap(0x10001000, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = low+4K",
      "app: mmap(0xffff000, 8K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = low+8K",
      "app: mmap(0xfffffffff000, 8K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = low+16K",
      "app: mmap(0xffffffffffffffff, 4K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = low+24K",
    ],
  ],
  [
    "memory that is neither private nor shared",
    () => [
      "app: mmap(NULL, 4K, PROT_READ, MAP_ANONYMOUS, -1, 0) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, 0x24, -1, 0) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, 0x26, -1, 0) = -1 EINVAL",
      "app: mmap(NULL, 0, PROT_READ, 0x26, -1, 0) = -1 EINVAL",
    ],
  ],
  // do_page_fault of arm64: in v6.1 who may execute may read, on a CPU without EPAN.
  [
    "memory that may only be executed is read in v6.1, and not written",
    (isOld) => [
      area("m", "4K", "PROT_EXEC"),
      area("w", "4K", "PROT_WRITE"),
      'app: load(w, 1) = 0 {data: "\\x00"}',
      "app: child = fork()",
      `app: load(m, 1) = ${isOld ? "SIGSEGV" : '0 {data: "\\x00"}'}`,
      'child: store(m, "a") = SIGSEGV',
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each(PROBES)("%s", (_what, lines) => {
    onBare(kernel, lines(kernel === "v4.18"));
  });
});
