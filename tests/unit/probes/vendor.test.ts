import { describe, test } from "vitest";
import { map, unmap } from "../third-party/story.ts";
import { area, KERNELS, mayLock, onVendor, type Probe } from "./story.ts";

/**
 * A container with mediated devices only: its driver pins for itself, and nothing of an IOMMU bounds
 * what may be mapped.
 * Source: drivers/vfio/vfio_iommu_type1.c v4.18 and v6.1; container.c vfio_pin_pages v6.1
 */

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const FAR = "0x1000000000000000";
const BEHIND = "0x1000000000001000";
const LAST = "0xfffffffffffff000";

const pin = (iova: string, size: string, result = "0") =>
  `app: ioctl(mdev, WD_VENDOR_PIN, {iova: ${iova}, size: ${size}}) = ${result}`;
const unpin = (iova: string, size: string, result = "0") =>
  `app: ioctl(mdev, WD_VENDOR_UNPIN, {iova: ${iova}, size: ${size}}) = ${result}`;

const BOTH: readonly Probe[] = [
  [
    "nothing bounds an address but 2^64, and no page is looked at before it is pinned",
    () => [
      "app: ioctl(container, VFIO_CHECK_EXTENSION, 4) = 1",
      "app: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 16}) = 0 {flags: 1, iova_pgsizes: 0xfffffffffffff000}",
      map(LAST, FAR, "4K"),
      map("buf", BEHIND, "4K", "0", 1),
      map("buf", FAR, "8K", "-1 EEXIST"),
      map("buf", LAST, "8K", "-1 EINVAL"),
      pin(FAR, "4K", "-1 EFAULT"),
      pin(BEHIND, "4K", "-1 EPERM"),
      pin(FAR, "8K", "-1 EFAULT"),
      pin("0", "4K", "-1 EINVAL"),
      pin("0", "0", "-1 EINVAL"),
      pin("0", "2M", "-1 EINVAL"),
      pin("0", "2052K", "-1 E2BIG"),
      "expect app.locked_vm == 0",
      unmap(FAR, "4K", "4K"),
      unmap(FAR, "8K", "4K"),
    ],
  ],
  [
    "pinned twice, charged once; the last unpin gives it back; a range that fails gives back its own",
    () => [
      map("buf", "0", "8K"),
      pin("0", "4K"),
      pin("0", "8K"),
      "expect app.locked_vm == 2",
      "expect pins(app, buf) == 1",
      pin("0", "12K", "-1 EINVAL"),
      "expect app.locked_vm == 2",
      unpin("0", "8K"),
      "expect app.locked_vm == 1",
      unpin("0", "8K", "-1 EINVAL"),
      unpin("0", "4K"),
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
    ],
  ],
  [
    "the limit is that of the one who mapped, page by page; nothing stays of a range over it",
    () => [
      mayLock("8K"),
      map("buf", "0", "16K"),
      pin("0", "16K", "-1 ENOMEM"),
      "expect app.locked_vm == 0",
      pin("4K", "8K"),
      pin("0", "4K", "-1 ENOMEM"),
      pin("4K", "4K"),
      mayLock("0"),
      pin("8K", "4K"),
      "expect app.locked_vm == 2",
      unmap("0", "16K", "16K"),
      "expect app.locked_vm == 0",
      "expect pins(app, buf+4K) == 0",
      unpin("4K", "4K", "-1 EINVAL"),
    ],
  ],
  [
    "memory that is gone from under a pin is given back by UNMAP_DMA; what is not pinned yet cannot be",
    () => [
      map("buf", "0", "8K"),
      pin("0", "4K"),
      "app: munmap(buf, 8K) = 0",
      "expect app.locked_vm == 1",
      pin("0", "4K"), // known: the page table is not asked
      pin("4K", "4K", "-1 EFAULT"),
      unmap("0", "8K", "8K"),
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "the first interface keeps no list of pages",
    () => [
      "app: close(mdev) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
      "app: ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU) = 0",
      `app: first = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}")`,
      map("buf", "0", "4K"),
      "app: ioctl(first, WD_VENDOR_PIN, {iova: 0, size: 4K}) = -1 EACCES",
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "the driver lets go at close, the mappings stay, and a second open pins anew",
    () => [
      map("buf", "0", "4K"),
      pin("0", "4K"),
      "app: close(mdev) = 0",
      "expect app.locked_vm == 0",
      "expect pins(app, buf) == 0",
      `app: mdev2 = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}")`,
      map("buf", "0", "4K", "-1 EEXIST"),
      "app: ioctl(mdev2, WD_VENDOR_PIN, {iova: 0, size: 4K}) = 0",
      "expect app.locked_vm == 1",
    ],
  ],
  [
    "the program dies with pages pinned: none stays pinned",
    () => [
      map("buf", "0", "8K"),
      pin("0", "8K"),
      "root: kill(pid(app)) = 0",
      'root: open("/dev/vfio/0", O_RDWR)',
    ],
  ],
];

const OLD: readonly Probe[] = [
  [
    "a range may not end at 2^64, and ALL is a flag nobody knows",
    () => [
      map("buf", LAST, "4K"),
      map("buf", LAST, "4K"), // twice: the sum is 0, and nothing is found
      pin(LAST, "4K", "-1 EINVAL"),
      unmap(LAST, "4K", "EINVAL"),
      unmap("0", "0", "EINVAL", 2),
    ],
  ],
];

const NEW: readonly Probe[] = [
  [
    "ALL takes the page that ends at 2^64, behind another; no range does",
    () => [
      map("buf", "0", "4K"),
      map("buf", FAR, "8K"),
      map("buf", LAST, "4K"),
      unmap(LAST, "4K", "0"),
      unmap("0", "0", "16K", 2),
      unmap("0", "0", "0", 2),
    ],
  ],
  [
    "a range that ends there takes what begins below",
    () => [
      map("buf", "0", "4K"),
      map("buf", "0xffffffffffffe000", "8K"),
      unmap("4K", "0xffffffffffffe000", "0"),
      unmap("0", "0xffffffffffffe000", "4K"),
      map("buf", "0", "4K"),
      unmap("0", LAST, "12K"),
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  const isOld = kernel === "v4.18";
  test.each([...BOTH, ...(isOld ? OLD : NEW)])("%s", (_what, lines) => {
    onVendor(kernel, [mayLock("64K"), area("buf", "64K"), ...lines(isOld)]);
  });
});
