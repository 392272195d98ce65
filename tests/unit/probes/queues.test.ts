import { describe, test } from "vitest";
import { holds, leadsNowhere, map } from "../third-party/story.ts";
import { mayLock, onUacce } from "./story.ts";

/**
 * Queues of uacce and of sdmdev: twice, too early, too late, by a child, while somebody sleeps.
 * Source: drivers/misc/uacce/uacce.c 015d239ac014 and v6.1; KL drivers/vfio/sdmdev/vfio_sdmdev.c
 * 0307977f1552
 */

const OPEN = 'app: q = open("/dev/hisi_zip-0", O_RDWR)';
const region = (name: string, page: string) =>
  `app: ${name} = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q, ${page})`;
const noRegion = (page: string, errno: string, size = "4K") =>
  `app: mmap(NULL, ${size}, PROT_READ|PROT_WRITE, MAP_SHARED, q, ${page}) = -1 ${errno}`;

type Lines = (isFirst: boolean) => readonly string[];
const UACCE: readonly (readonly [what: string, lines: Lines])[] = [
  [
    "the order of its calls",
    (isFirst) => [
      OPEN,
      "app: ioctl(q, UACCE_CMD_START_Q) = 0",
      "app: ioctl(q, UACCE_CMD_START_Q) = -1 EINVAL",
      region("r", "0"),
      noRegion("0", "EEXIST"),
      noRegion("8K", "EINVAL"),
      noRegion("2K", "EINVAL"),
      noRegion("4K", "EINVAL"), // not the size of the rings
      noRegion("4K", "EINVAL", "0"),
      "app: munmap(r, 4K) = 0",
      noRegion("0", "EEXIST"),
      "app: ioctl(q, UACCE_CMD_PUT_Q) = 0",
      "app: ioctl(q, UACCE_CMD_PUT_Q) = 0",
      `app: ioctl(q, UACCE_CMD_START_Q) = ${isFirst ? "-1 EINVAL" : "0"}`,
      "app: poll([{fd: q, events: POLLIN}], 1, 0) = 0",
      "app: close(q) = 0",
      'app: next = open("/dev/hisi_zip-0", O_RDWR)',
      "app: read(next, 1) = -1 EINVAL",
      "app: ioctl(next, VFIO_GET_API_VERSION) = -1 EINVAL",
    ],
  ],
  [
    "opened to be read only",
    () => [
      'app: q = open("/dev/hisi_zip-0", O_RDONLY)',
      noRegion("0", "EACCES"),
      "app: ioctl(q, UACCE_CMD_START_Q) = 0",
    ],
  ],
  [
    "the file lives as long as a descriptor or an area of anybody's does",
    () => [
      OPEN,
      region("r", "0"),
      "app: child = fork()",
      "child: munmap(r, 4K) = 0", // nothing there: it was not copied
      "app: close(q) = 0",
      "app: munmap(r, 4K) = 0",
      "expect count(queue.put) == 0",
      "child: exit(0) = 0",
      "expect count(queue.put) == 1",
      "expect count(sva.unbind) == 1",
    ],
  ],
  [
    "one bond for all queues of a process, and one number for all its life",
    () => [
      OPEN,
      'app: second = open("/dev/hisi_zip-0", O_RDWR)',
      "expect count(sva.bind) == 1",
      "app: close(q) = 0",
      "expect count(sva.unbind) == 0",
      "app: close(second) = 0",
      "expect count(sva.unbind) == 1",
      'app: third = open("/dev/hisi_zip-0", O_RDWR|O_CLOEXEC)',
      "expect app.pasid == 1",
      'app: execve("/bin/other") = 0',
      "app: close(third) = -1 EBADF",
      "expect count(sva.unbind) == 2",
    ],
  ],
  [
    "a region is no memory: it does not grow, is not dropped, locked or wiped",
    () => [
      OPEN,
      region("r", "0"),
      "app: mremap(r, 4K, 8K, MREMAP_MAYMOVE) = -1 EFAULT",
      "app: madvise(r, 4K, MADV_DONTNEED) = -1 EINVAL",
      "app: madvise(r, 0, MADV_DONTNEED) = 0",
      "app: madvise(r, 4K, MADV_DOFORK) = -1 EINVAL",
      "app: madvise(r, 4K, MADV_WIPEONFORK) = -1 EINVAL",
      "app: madvise(r, 4K, MADV_DONTFORK) = 0",
      "app: mlock(r, 4K) = 0",
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "a child starts its parent's queue, and its close changes nothing",
    () => [
      OPEN,
      "app: child = fork()",
      "child: ioctl(q, UACCE_CMD_START_Q) = 0",
      "app: ioctl(q, UACCE_CMD_START_Q) = -1 EINVAL",
      "child: close(q) = 0",
      "expect count(queue.stop) == 0",
    ],
  ],
  [
    "killed while it sleeps in poll",
    () => [
      OPEN,
      "app: poll([{fd: q, events: POLLIN}], 1, -1) <unfinished ...>",
      "root: kill(pid(app)) = 0",
      "expect count(queue.put) == 1",
      "expect count(sva.unbind) == 1",
    ],
  ],
];

describe.each(["v5.7", "v6.1"] as const)("uacce of %s", (kernel) => {
  test.each(UACCE)("%s", (_what, lines) => {
    onUacce(kernel, lines(kernel === "v5.7"));
  });
});

const ONE = "2ad9f208-7da3-11e8-8709-57742f618a28";
const TWO = "2ad9f208-7da3-11e8-8709-57742f618a29";
const createOf = (device: string) =>
  `open("/sys/class/sdmdev/${device}/device/mdev_supported_types/hisi_zip-zip/create", O_WRONLY)`;

function onSdmdev(lines: readonly string[]): void {
  const head = [
    "title      What Linux would return",
    "kernel     v4.18",
    "framework  sdmdev",
    "iommu      smmu0 kind=smmuv3 iotlb=64",
    "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0",
    "device     hisi_zip-1 kind=zip hw=v1 behind=smmu0",
    "",
    `root: create = ${createOf("hisi_zip-0")}`,
    `root: write(create, "${ONE}", 36) = 36`,
    `root: other = ${createOf("hisi_zip-1")}`,
    `root: write(other, "${ONE}", 36) = -1 EEXIST`, // one name for all parents
    `root: write(other, "${TWO}\\n", 37) = 37`,
    'app: group = open("/dev/vfio/2", O_RDWR)',
    'app: container = open("/dev/vfio/vfio", O_RDWR)',
    `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${ONE}") = -1 EINVAL`,
    "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
    `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${ONE}") = -1 EINVAL`,
    "app: ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) = 0",
    `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${TWO}") = -1 ENODEV`,
    `app: device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${ONE}")`,
  ];
  holds([...head, ...lines].join("\n"));
}

describe("sdmdev", () => {
  test("a group that joins later gets the mappings, and the last that leaves takes them along", () => {
    onSdmdev([
      "app: buf = mmap(NULL, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      mayLock("64K"),
      map("buf", "0", "16K"),
      `app: twice = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${ONE}")`,
      "expect translate(hisi_zip-1, 0) == none",
      'app: second = open("/dev/vfio/3", O_RDWR)',
      "app: ioctl(second, VFIO_GROUP_SET_CONTAINER, container) = 0",
      "expect translate(hisi_zip-1, 0) == page(app, buf)",
      "expect pins(app, buf) == 1",
      "expect app.locked_vm == 4",
      "app: close(device) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      "app: close(twice) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      leadsNowhere("0"),
      "expect translate(hisi_zip-1, 0) == page(app, buf)",
      "app: close(second) = 0",
      "expect translate(hisi_zip-1, 0) == none",
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
      map("buf", "0", "16K", "-1 EINVAL"),
    ]);
  });

  test("removed while its program sleeps in WAIT: the writer waits until that is killed", () => {
    onSdmdev([
      "app: ioctl(device, VFIO_SDMDEV_CMD_WAIT, 0) <unfinished ...>",
      `root: remove = open("/sys/class/sdmdev/hisi_zip-0/device/${ONE}/remove", O_WRONLY)`,
      'root: write(remove, "1", 1) <unfinished ...>',
      "expect count(mdev.remove) == 0",
      "admin: kill(pid(app)) = 0",
      "root: <... write resumed> = 1",
      "expect count(queue.put) == 1",
      `root: write(create, "${ONE}", 36) = 36`,
    ]);
  });
});
