import { describe, test } from "vitest";
import { leadsNowhere, leadsTo, map, unmap } from "../third-party/story.ts";
import { area, GET_DEVICE, inContainer, KERNELS, type Probe } from "./story.ts";

/**
 * Container, group and device as files: what they are asked that is not theirs, names of devices, what
 * a container says before and after it has a table, odd orders of close.
 * Source: drivers/vfio/vfio.c v4.18; container.c, vfio_main.c v6.1; mm/mmap.c do_mmap
 */

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const LONG = "a".repeat(4095);

const PROBES: readonly Probe[] = [
  [
    "mapped: a container may be in v4.18, and says no late; in v6.1, and a group, never",
    (isOld) => [
      area("m", "8K"),
      `app: mmap(m, 4K, PROT_READ, MAP_SHARED|MAP_FIXED, container, 0) = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      isOld ? 'other: open("/dev/vfio/vfio", O_RDWR)' : 'app: load(m, 1) = 0 {data: "\\x00"}', // v4.18 took away what stood there
      "app: mmap(m+4K, 4K, PROT_READ, MAP_SHARED|MAP_FIXED, group, 0) = -1 ENODEV",
      'app: load(m+4K, 1) = 0 {data: "\\x00"}',
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, container, 0xfffffffffffff000) = -1 EOVERFLOW",
      `app: device = ${GET_DEVICE}`,
      "app: mmap(m+4K, 4K, PROT_READ, MAP_SHARED|MAP_FIXED, device, 0) = -1 EINVAL",
      ...(isOld ? ["app: load(m, 1) = SIGSEGV"] : ["app: load(m+4K, 1) = SIGSEGV"]),
    ],
  ],
  [
    "coherent caches: v4.18 asks what the SMMU can do, v6.1 who enforces it",
    (isOld) => [
      `app: ioctl(container, VFIO_CHECK_EXTENSION, 4) = ${isOld ? 1 : 0}`,
      'app: empty = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(empty, VFIO_CHECK_EXTENSION, 4) = 0",
      "app: ioctl(container, VFIO_SET_IOMMU, 4) = -1 EINVAL",
    ],
  ],
  [
    "extensions: of this driver, of another, of none",
    (isOld) => [
      ...[1, 3, 6].map((asked) => `app: ioctl(container, VFIO_CHECK_EXTENSION, ${asked}) = 1`),
      ...[0, 2, 5, 7, 8, 11, -1].map(
        (asked) => `app: ioctl(container, VFIO_CHECK_EXTENSION, ${asked}) = 0`,
      ),
      `app: ioctl(container, VFIO_CHECK_EXTENSION, 9) = ${isOld ? 0 : 1}`,
    ],
  ],
  [
    "the name of a device is a string of C, of less than a page, and is compared as it is",
    () => [
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID.toUpperCase()}") = -1 ENODEV`,
      'app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "") = -1 ENODEV',
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}\\n") = -1 ENODEV`,
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "\\x00${UUID}") = -1 ENODEV`,
      "app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, 0) = -1 EFAULT",
      "app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD) = -1 EFAULT",
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${LONG}") = -1 ENODEV`,
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${LONG}a") = -1 EINVAL`,
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}\\x00${LONG}")`,
    ],
  ],
  [
    "a name as long as a page is refused before all else",
    () => [
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      `app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${LONG}a") = -1 EINVAL`,
      "app: close(container) = 0",
      'app: late = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, late) = 0",
      `app: ${GET_DEVICE} = -1 EINVAL`, // no IOMMU is set
      "app: ioctl(late, VFIO_IOMMU_GET_INFO, {argsz: 16}) = -1 EINVAL",
    ],
  ],
  [
    "a device of spimdev is neither read nor written nor asked what PCI devices are",
    () => [
      `app: device = ${GET_DEVICE}`,
      "app: read(device, 4) = -1 EINVAL",
      'app: write(device, "a", 1) = -1 EINVAL',
      'app: write(device, "", 0) = -1 EINVAL',
      "app: ioctl(device, VFIO_DEVICE_GET_INFO, {argsz: 16}) = -1 EINVAL",
      "app: ioctl(device, VFIO_DEVICE_RESET) = -1 EINVAL",
      "app: ioctl(device, VFIO_GROUP_GET_STATUS, {argsz: 8}) = -1 EINVAL",
      "app: read(group, 4) = -1 EINVAL",
      'app: write(group, "a", 1) = -1 EINVAL',
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, device) = -1 EINVAL",
      'app: ioctl(group, VFIO_GROUP_SET_CONTAINER, "x") = -1 EFAULT',
    ],
  ],
  [
    "a container closed first lives on in its group; the mapping goes with that, and a new one is empty",
    () => [
      map("buf", "0", "16K"),
      "app: close(container) = 0",
      leadsTo("0", "buf"),
      'app: late = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, late) = -1 EINVAL",
      "app: ioctl(late, VFIO_SET_IOMMU, 3) = -1 EINVAL",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      leadsNowhere("0"),
      "expect app.locked_vm == 0",
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, late) = 0",
      "app: ioctl(late, VFIO_SET_IOMMU, 3) = 0",
      "app: ioctl(late, VFIO_IOMMU_UNMAP_DMA, {argsz: 24, flags: 0, iova: 0, size: 16K}) = 0 {size: 0}",
    ],
  ],
  [
    "two descriptors of a device, one closed by a child, one by another program: the group may leave then",
    () => [
      `app: one = ${GET_DEVICE}`,
      `app: two = ${GET_DEVICE}`,
      "app: child = fork()",
      "app: close(one) = 0",
      "app: close(two) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      "child: close(one) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      'child: execve("/bin/other") = 0', // two is closed on exec
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "app: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 8}) = 0 {flags: 1}",
      "child: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0", // group and container are not
      "child: ioctl(container, VFIO_SET_IOMMU, 1) = 0",
      "app: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 8}) = 0 {flags: 3}",
    ],
  ],
  [
    "a child maps its own memory where the parent's was, and the parent's death does not change that",
    () => [
      "app: child = fork()",
      "child: setrlimit(RLIMIT_MEMLOCK, 64K) = 0",
      "child: own = mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "child: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: 3, vaddr: own, iova: 0, size: 8K}) = 0",
      map("buf", "4K", "4K", "-1 EEXIST"),
      map("buf", "8K", "4K"),
      "expect child.locked_vm == 2",
      "expect app.locked_vm == 1",
      "root: kill(pid(app)) = 0",
      "expect translate(hisi_zip-0, 0) == page(child, child.own)",
      "expect translate(hisi_zip-0, 8K) != none", // nobody took it back
      "expect child.locked_vm == 2",
      "child: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "expect child.locked_vm == 0",
      leadsNowhere("8K"),
    ],
  ],
  [
    "several mistakes at once: what is told first",
    (isOld) => [
      map("buf+1", "1", "0", "-1 EINVAL", 0),
      map("0x8000000000000000", "0", "4K", "-1 EFAULT"),
      map("buf", "0xfffffffffffff000", "4K", isOld ? "-1 ERANGE" : "-1 EINVAL"),
      map("buf", "0x1000000000000", "4K", isOld ? "-1 ERANGE" : "-1 EINVAL"),
      map("buf", "0xfffffffff000", "8K", isOld ? "-1 ERANGE" : "-1 EINVAL"),
      "expect app.locked_vm == 0",
      leadsNowhere("0xfffffffff000"),
      map("buf", "0xfffffffff000", "4K"),
      leadsTo("0xfffffffff000", "buf"),
      // It ends at 2^64, so v4.18 finds nothing in its way, and pins until the limit.
      map("buf", "0xfffffffff000", "0xffff000000001000", isOld ? "-1 ENOMEM" : "-1 EINVAL"),
      leadsTo("0xfffffffff000", "buf"),
      "expect pins(app, buf+4K) == 0",
      unmap("0xfffffffff000", "0xffff000000001000", isOld ? "EINVAL" : "0"),
      "expect app.locked_vm == 1",
      unmap("0xfffffffff000", "4K", "4K"),
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each(PROBES)("%s", (_what, lines) => {
    inContainer(kernel, "VFIO_TYPE1v2_IOMMU", lines(kernel === "v4.18"));
  });
});
