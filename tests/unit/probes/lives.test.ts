import { describe, test } from "vitest";
import { leadsNowhere, leadsTo, map, unmap } from "../third-party/story.ts";
import {
  area,
  common,
  GET_DEVICE,
  inContainer,
  KERNELS,
  mapOf,
  onBare,
  type Probe,
  unmapOf,
} from "./story.ts";

/**
 * A mapping outlives what it was made from: another program in the process, a child, a process that
 * dies, memory that moves or is replaced.
 * Source: kernel/fork.c, fs/exec.c, drivers/vfio/vfio_iommu_type1.c v4.18 and v6.1
 */

const WHOLE = "iova: 0, size: 16K";

const PROBES: readonly Probe[] = [
  // Both ask the task, which has another address space now. A mapping holds its own only since v6.3.
  [
    "another program has new memory; the old mapping is given back to that",
    () => [
      map("buf", "0", "16K"),
      'app: execve("/bin/other") = 0',
      "expect app.locked_vm == 0",
      area("fresh", "24K"),
      map("fresh", "1M", "24K"),
      "expect app.locked_vm == 6",
      unmap("0", "16K", "16K"),
      "expect app.locked_vm == 2",
      leadsTo("1M", "fresh"),
      leadsNowhere("0"),
    ],
  ],
  [
    "another program has no descriptor of the device, so the group may leave",
    () => [
      `app: device = ${GET_DEVICE}`,
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      'app: execve("/bin/other") = 0',
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "app: close(device) = -1 EBADF",
    ],
  ],
  [
    "a child takes a mapping of its parent back: not in v4.18",
    (isOld) => [
      map("buf", "0", "16K"),
      "app: child = fork()",
      unmapOf("child", `argsz: 24, flags: 0, ${WHOLE}`, `0 {size: ${isOld ? 0 : "16K"}}`),
      `expect app.locked_vm == ${isOld ? 4 : 0}`,
      "expect child.locked_vm == 0",
      mapOf("child", "argsz: 32, flags: 3, vaddr: buf, iova: 1M, size: 16K", "0"),
      "expect child.locked_vm == 4",
      "app: exit(0) = 0",
      unmapOf("child", "argsz: 24, flags: 0, iova: 1M, size: 16K", "0 {size: 16K}"),
      "expect child.locked_vm == 0",
    ],
  ],
  [
    "the parent dies first: the mapping stays until the child has closed all three",
    (isOld) => [
      `app: device = ${GET_DEVICE}`,
      map("buf", "0", "16K"),
      'app: store(buf, "old") = 0',
      "app: child = fork()",
      "app: exit(0) = 0",
      `expect translate(hisi_zip-0, 0) ${isOld ? "==" : "!="} page(child, buf)`,
      "child: close(group) = 0",
      "child: close(container) = 0",
      "expect translate(hisi_zip-0, 0) != none",
      "child: close(device) = 0",
      leadsNowhere("0"),
      "expect pins(child, buf) == 0",
      "expect refs(child, buf) == 1",
    ],
  ],
  [
    "a process is killed: mapping, pins and group go, and the group can be opened",
    () => [
      map("buf", "0", "16K"),
      leadsTo("0", "buf"),
      "root: kill(pid(app)) = 0",
      leadsNowhere("0"),
      'root: open("/dev/vfio/1", O_RDWR)',
    ],
  ],
  [
    "memory pinned for reading is made the process's own first, in v6.1",
    (isOld) => [
      'app: store(buf, "old") = 0',
      "app: child = fork()",
      map("buf", "0", "4K", "0", 1),
      `expect page(app, buf) ${isOld ? "==" : "!="} page(child, buf)`,
      'app: store(buf, "new") = 0',
      `expect translate(hisi_zip-0, 0) ${isOld ? "!=" : "=="} page(app, buf)`,
      'expect bytes(child, buf, 3) == "old"',
    ],
  ],
  [
    "other memory at the address: the device keeps the page, and the process pays for it",
    () => [
      map("buf", "0", "4K"),
      'app: store(buf, "old") = 0',
      "app: mmap(buf, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = buf",
      'app: load(buf, 3) = 0 {data: "\\x00\\x00\\x00"}',
      'expect seen(hisi_zip-0, 0, 3) == "old"',
      "expect app.locked_vm == 1",
      unmap("0", "4K", "4K"),
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "memory that moves takes its pinned pages along; a fork after that is as any",
    (isOld) => [
      map("buf", "0", "8K"),
      "app: to = mremap(buf, 64K, 64K, MREMAP_MAYMOVE|MREMAP_FIXED, buf+1M)",
      leadsTo("0", "to"),
      "app: child = fork()",
      'app: store(to, "x") = 0',
      `expect translate(hisi_zip-0, 0) ${isOld ? "!=" : "=="} page(app, to)`,
    ],
  ],
  [
    "wiped at fork, the parent's page is not copied; dropped, it is another",
    () => [
      map("buf", "0", "8K"),
      "app: madvise(buf, 4K, MADV_WIPEONFORK) = 0",
      'app: store(buf, "x") = 0',
      "app: child = fork()",
      'child: load(buf, 1) = 0 {data: "\\x00"}',
      'app: store(buf, "y") = 0',
      leadsTo("0", "buf"),
      "app: madvise(buf, 4K, MADV_DONTNEED) = 0",
      'app: load(buf, 1) = 0 {data: "\\x00"}',
      "expect translate(hisi_zip-0, 0) != page(app, buf)",
      "expect app.locked_vm == 2",
    ],
  ],
  [
    "shared memory stays one page for parent, child and device",
    () => [
      common("s", "8K"),
      map("s", "0", "8K"),
      "app: child = fork()",
      'child: store(s, "a") = 0',
      "expect translate(hisi_zip-0, 0) == page(child, s)",
      "app: munmap(s, 8K) = 0",
      common("t", "8K"),
      "expect translate(hisi_zip-0, 0) == page(child, s)",
      "expect app.locked_vm == 2",
    ],
  ],
];

const KILL: readonly Probe[] = [
  [
    "kill: nobody, no signal, root's, one that only asks, and again",
    () => [
      'other: open = open("/dev/vfio/vfio", O_RDWR)',
      "app: kill(99, 0) = -1 ESRCH",
      "app: kill(99, 65) = -1 ESRCH",
      "root: kill(pid(app), 65) = -1 EINVAL",
      "root: kill(pid(app), -1) = -1 EINVAL",
      "app: kill(pid(root), 0) = -1 EPERM",
      "app: kill(pid(root)) = -1 EPERM",
      "app: kill(pid(other), 0) = 0",
      "other: close(open) = 0",
      "app: kill(pid(other)) = 0",
      "app: kill(pid(other), 0) = -1 ESRCH",
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each(KILL)("%s", (_what, lines) => {
    onBare(kernel, lines(kernel === "v4.18"));
  });

  test.each(PROBES)("%s", (_what, lines) => {
    inContainer(kernel, "VFIO_TYPE1v2_IOMMU", lines(kernel === "v4.18"));
  });

  test("another program has nothing of the old one's memory", () => {
    onBare(kernel, [
      area("m", "16K"),
      "app: mlock(m, 16K) = 0",
      'app: execve("/bin/other") = 0',
      "expect app.locked_vm == 0",
      'app: store(m, "a") = SIGSEGV',
    ]);
  });
});
