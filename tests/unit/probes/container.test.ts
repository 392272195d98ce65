import { describe, test } from "vitest";
import { leadsNowhere, leadsTo, map, unmap } from "../third-party/story.ts";
import {
  area,
  GET_DEVICE,
  inContainer,
  KERNELS,
  mapOf,
  mayLock,
  type Probe,
  unmapOf,
} from "./story.ts";

/**
 * Group, container, MAP_DMA and UNMAP_DMA: several mistakes at once, sizes one short, what a refused
 * call leaves behind.
 * Source: drivers/vfio/vfio.c, drivers/vfio/vfio_iommu_type1.c v4.18; vfio_main.c v6.1
 */

const V1 = "VFIO_TYPE1_IOMMU";
const V2 = "VFIO_TYPE1v2_IOMMU";

/** The same for v1 and v2. */
const BOTH: readonly Probe[] = [
  [
    "an order that a container does not take",
    (isOld) => [
      `app: ioctl(container, VFIO_SET_IOMMU, ${V1}) = -1 EINVAL`,
      "app: ioctl(container, VFIO_SET_IOMMU, 77) = -1 EINVAL",
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = -1 EINVAL",
      'app: other = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, other) = -1 EINVAL",
      `app: ioctl(other, VFIO_SET_IOMMU, ${V2}) = -1 EINVAL`,
      "app: ioctl(other, VFIO_IOMMU_MAP_DMA, {argsz: 0, flags: 0, vaddr: 0, iova: 0, size: 0}) = -1 EINVAL",
      `app: ioctl(group, VFIO_GROUP_SET_CONTAINER, 99) = -1 ${isOld ? "EINVAL" : "EBADF"}`,
      `app: ioctl(group, VFIO_GROUP_SET_CONTAINER, -1) = -1 ${isOld ? "EINVAL" : "EBADF"}`,
      'root: open("/dev/vfio/1", O_RDWR) = -1 EBUSY',
    ],
  ],
  [
    "structures one byte short, and commands of another file",
    () => [
      "app: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 7}) = -1 EINVAL",
      "app: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 8}) = 0 {flags: 3}",
      "app: ioctl(group, VFIO_GROUP_GET_STATUS) = -1 EFAULT",
      "app: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 15}) = -1 EINVAL",
      "app: ioctl(container, VFIO_GROUP_GET_STATUS, {argsz: 8}) = -1 ENOTTY",
      "app: ioctl(group, VFIO_IOMMU_MAP_DMA, {argsz: 32}) = -1 ENOTTY",
      "app: ioctl(container, VFIO_CHECK_EXTENSION, 2) = 0",
      "app: ioctl(container, VFIO_CHECK_EXTENSION, 3) = 1",
      mapOf("app", "argsz: 31, flags: 3, vaddr: buf, iova: 0, size: 4K", "-1 EINVAL"),
      unmapOf("app", "argsz: 23, flags: 0, iova: 0, size: 4K", "-1 EINVAL"),
      unmapOf("app", "argsz: 24, flags: 1, iova: 0, size: 4K", "-1 EINVAL"),
    ],
  ],
  [
    "a range that is taken is refused before the memory is looked at",
    () => [
      map("buf", "0", "16K"),
      map("0x7000", "12K", "8K", "-1 EEXIST"),
      map("0x7000", "16K", "4K", "-1 EFAULT"),
      map("0xfffffffffffff000", "16K", "4K", "-1 EFAULT"),
      map("0xfffffffffffff000", "0", "8K", "-1 EINVAL"),
      map("buf+1", "0", "4K", "-1 EINVAL"),
    ],
  ],
  [
    "memory that ends, or is more than may be locked: nothing of it stays",
    () => [
      map("buf", "0", "16K"),
      map("buf+60K", "1M", "8K", "-1 EFAULT"),
      map("buf", "1M", "64K", "-1 ENOMEM"),
      "expect app.locked_vm == 4",
      "expect pins(app, buf+60K) == 0",
      "expect pins(app, buf+32K) == 0",
      map("buf", "1M", "48K"),
      "expect app.locked_vm == 16",
      "expect pins(app, buf) == 2",
      "app: mlock(buf, 4K) = -1 ENOMEM",
      mayLock("4K"),
      map("buf", "2M", "4K", "-1 ENOMEM"),
      unmap("1M", "48K", "48K"),
      map("buf", "2M", "4K", "-1 ENOMEM"),
      unmap("0", "16K", "16K"),
      map("buf", "2M", "4K"),
    ],
  ],
  [
    "a hole in the middle",
    () => [
      "app: munmap(buf+8K, 4K) = 0",
      map("buf", "0", "16K", "-1 EFAULT"),
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
      leadsNowhere("0"),
      map("buf", "0", "8K"),
      "app: munmap(buf, 8K) = 0",
      "expect app.locked_vm == 2",
      unmap("0", "8K", "8K"),
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "memory that may only be read, only be written, or neither",
    () => [
      area("ro", "8K", "PROT_READ"),
      map("ro", "0", "8K", "-1 EFAULT"),
      map("ro", "0", "8K", "0", 1),
      "expect app.locked_vm == 0", // the zero page
      area("no", "8K", "PROT_NONE"),
      map("no", "1M", "8K", "-1 EFAULT", 1),
      area("wo", "8K", "PROT_WRITE"),
      map("wo", "2M", "8K", "-1 EFAULT", 1),
      map("wo", "2M", "8K", "0", 2),
      "expect app.locked_vm == 2",
    ],
  ],
  [
    "the zero page is not charged, and the device keeps it",
    () => [
      map("buf", "0", "16K", "0", 1),
      "expect app.locked_vm == 0",
      'app: store(buf, "x") = 0',
      "expect translate(hisi_zip-0, 0) != page(app, buf)",
      unmap("0", "16K", "16K"),
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "a group that leaves takes the mappings along, and the container is as new",
    () => [
      map("buf", "0", "16K"),
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "expect app.locked_vm == 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EINVAL",
      unmap("0", "16K", "EINVAL"),
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
      unmap("0", "16K", "EINVAL"),
      "app: ioctl(container, VFIO_SET_IOMMU, 4) = -1 ENODEV", // an extension that is no type
      `app: ioctl(container, VFIO_SET_IOMMU, ${V1}) = 0`,
      unmap("0", "16K", "0"),
    ],
  ],
  [
    "group and container closed before the device: all stays until that is closed too",
    (isOld) => [
      `app: device = ${GET_DEVICE}`,
      'app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "nobody") = -1 ENODEV',
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      map("buf", "0", "16K"),
      "app: close(group) = 0",
      'app: open("/dev/vfio/1", O_RDWR) = -1 EBUSY',
      "app: close(container) = 0",
      "expect app.locked_vm == 4",
      leadsTo("0", "buf"),
      "app: close(device) = 0",
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
      'app: again = open("/dev/vfio/1", O_RDWR)',
      "app: ioctl(again, VFIO_GROUP_UNSET_CONTAINER) = -1 EINVAL",
      `app: ioctl(again, VFIO_GROUP_GET_DEVICE_FD, "nobody") = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
    ],
  ],
];

const SECOND: readonly Probe[] = [
  [
    "v2 lets whole mappings go, with gaps between them, or nothing",
    () => [
      map("buf", "0", "4K"),
      map("buf+4K", "8K", "4K"),
      map("buf+8K", "16K", "8K"),
      unmap("0", "20K", "EINVAL"),
      "expect app.locked_vm == 4",
      unmap("4K", "4K", "0"),
      unmap("0", "16K", "8K"),
      "expect app.locked_vm == 2",
      unmap("20K", "4K", "EINVAL"),
      unmap("12K", "1M", "8K"),
      unmap("0", "0", "EINVAL"),
      unmap("0xfffffffffffff000", "8K", "EINVAL"),
    ],
  ],
];

const FIRST: readonly Probe[] = [
  [
    "v1 stops at a mapping that begins before the range, and takes the whole of one that it meets",
    () => [
      map("buf", "0", "4K"),
      map("buf+4K", "8K", "16K"),
      map("buf+20K", "64K", "4K"),
      unmap("12K", "4K", "0"),
      unmap("8K", "4K", "16K"),
      unmap("0", "1M", "8K"),
    ],
  ],
];

const NEW: readonly Probe[] = [
  [
    "v6.1: VADDR and ALL",
    () => [
      map("buf", "0", "16K"),
      map("buf", "0", "16K", "-1 EINVAL", 4),
      map("buf", "1M", "16K", "-1 ENOENT", 4),
      map("buf", "1M", "16K", "-1 EINVAL", 5),
      unmap("0", "16K", "EINVAL", 2),
      unmap("1", "0", "EINVAL", 2),
      unmap("0", "0", "16K", 2),
      unmap("0", "0", "0", 2),
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  const isOld = kernel === "v4.18";
  test.each([...BOTH, ...FIRST])("type1: %s", (_what, lines) => {
    inContainer(kernel, V1, lines(isOld));
  });
  test.each([...BOTH, ...SECOND, ...(isOld ? [] : NEW)])("type1v2: %s", (_what, lines) => {
    inContainer(kernel, V2, lines(isOld));
  });
});
