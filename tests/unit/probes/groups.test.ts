import { describe, test } from "vitest";
import { area, mapOf, onChip, onMachine, TYPES, UUID, unmapOf } from "./story.ts";

/**
 * Groups without an IOMMU, several groups in one container, and groups whose device is taken away.
 * Source: drivers/vfio/vfio.c v4.18; container.c, vfio_main.c v6.1
 */

test("v4.18: a group without an IOMMU: root alone, and a driver that knows nothing but its own number", () => {
  const machine = ["framework  spimdev", "device     hisi_zip-0 kind=zip hw=v1"];
  const lines = [
    `root: create = open("${TYPES}/create", O_WRONLY)`,
    `root: write(create, "${UUID}", 36) = 36`,
    'app: open("/dev/vfio/0", O_RDWR) = -1 ENOENT',
    'root: group = open("/dev/vfio/noiommu-0", O_RDWR)',
    'root: open("/dev/vfio/noiommu-0", O_RDWR) = -1 EBUSY',
    'app: open("/dev/vfio/noiommu-0", O_RDWR) = -1 EPERM', // the right first
    'root: container = open("/dev/vfio/vfio", O_RDWR)',
    "root: ioctl(container, VFIO_CHECK_EXTENSION, 8) = 1",
    "root: ioctl(container, VFIO_CHECK_EXTENSION, 1) = 1", // every driver is asked
    "root: ioctl(container, VFIO_SET_IOMMU, 8) = -1 EINVAL",
    'root: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "x") = -1 EINVAL',
    "root: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 8}) = 0 {flags: 1}",
    "root: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
    "root: ioctl(container, VFIO_CHECK_EXTENSION, 1) = 0", // only the one that fits
    "root: ioctl(container, VFIO_SET_IOMMU, 1) = -1 ENODEV",
    "root: ioctl(container, VFIO_SET_IOMMU, 9) = -1 ENODEV",
    "root: ioctl(container, VFIO_SET_IOMMU, 0) = -1 ENODEV",
    "root: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 16}) = -1 EINVAL",
    "root: ioctl(container, VFIO_SET_IOMMU, 8) = 0",
    "root: ioctl(container, VFIO_SET_IOMMU, 8) = -1 EINVAL",
    "root: ioctl(container, VFIO_CHECK_EXTENSION, 8) = 1",
    "root: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 15}) = -1 ENOTTY",
    mapOf("root", "argsz: 0", "-1 ENOTTY"),
    unmapOf("root", "argsz: 0", "-1 ENOTTY"),
    'root: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "x") = -1 ENODEV',
    `root: device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}")`,
    "root: ioctl(group, VFIO_GROUP_GET_STATUS, {argsz: 8}) = 0 {flags: 3}",
    "root: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
    "root: close(device) = 0",
    "root: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = 0",
    "root: ioctl(container, VFIO_CHECK_EXTENSION, 1) = 1",
    "root: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 16}) = -1 EINVAL",
  ];
  onMachine("v4.18", machine, lines);
});

const VF = (n: number) => `0000:75:00.${n}`;
const reaches = (n: number, iova: string, vaddr: string) =>
  `expect translate("${VF(n)}", ${iova}) == page(app, ${vaddr})`;
const unbind = (n: number, rest: string) => `root: write(unbind, "${VF(n)}", 12) ${rest}`;
const status = (group: string, result: string) =>
  `app: ioctl(${group}, VFIO_GROUP_GET_STATUS, {argsz: 8}) = ${result}`;

type Case = readonly [what: string, lines: (isOld: boolean) => readonly string[]];

const PROBES: readonly Case[] = [
  [
    "two groups share a domain: pages are pinned once; one that leaves loses all, and gets all back",
    () => [
      "app: ioctl(two, VFIO_GROUP_SET_CONTAINER, container) = 0",
      reaches(1, "4K", "buf+4K"),
      reaches(2, "4K", "buf+4K"),
      "expect app.locked_vm == 2",
      "expect pins(app, buf) == 1",
      `app: vf = ioctl(two, VFIO_GROUP_GET_DEVICE_FD, "${VF(2)}")`,
      "app: ioctl(two, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      "app: ioctl(one, VFIO_GROUP_UNSET_CONTAINER) = 0", // in any order
      `expect translate("${VF(1)}", 4K) == none`,
      reaches(2, "4K", "buf+4K"),
      "expect app.locked_vm == 2",
      "app: ioctl(one, VFIO_GROUP_SET_CONTAINER, container) = 0",
      reaches(1, "4K", "buf+4K"),
      "expect app.locked_vm == 2",
      "app: ioctl(one, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "app: close(vf) = 0",
      "app: close(two) = 0",
      "expect app.locked_vm == 0",
      "app: ioctl(container, VFIO_IOMMU_GET_INFO, {argsz: 16}) = -1 EINVAL",
    ],
  ],
  [
    "containers side by side: a page in both is pinned and charged twice",
    () => [
      'app: second = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(two, VFIO_GROUP_SET_CONTAINER, second) = 0",
      "app: ioctl(second, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU) = 0",
      "app: ioctl(second, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: 3, vaddr: buf+4K, iova: 0, size: 4K}) = 0",
      reaches(1, "4K", "buf+4K"),
      reaches(2, "0", "buf+4K"),
      "expect app.locked_vm == 3",
      "expect pins(app, buf+4K) == 2",
      "app: close(second) = 0",
      "expect app.locked_vm == 3",
      "app: close(two) = 0",
      "expect app.locked_vm == 2",
      "expect pins(app, buf+4K) == 1",
    ],
  ],
  [
    "a device is taken away while its group is in a container: v4.18 waits, v6.1 takes the group out",
    (isOld) => [
      "app: ioctl(two, VFIO_GROUP_SET_CONTAINER, container) = 0",
      unbind(2, isOld ? "<unfinished ...>" : "= 12"),
      status("two", isOld ? "0 {flags: 3}" : "-1 ENODEV"),
      `app: ioctl(two, VFIO_GROUP_GET_DEVICE_FD, "${VF(2)}") = -1 ENODEV`,
      `app: ioctl(two, VFIO_GROUP_SET_CONTAINER, container) = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      `app: ioctl(two, VFIO_GROUP_UNSET_CONTAINER) = ${isOld ? "0" : "-1 EINVAL"}`,
      "app: close(two) = 0",
      ...(isOld ? ["root: <... write resumed> = 12"] : []),
      'app: open("/dev/vfio/2", O_RDWR) = -1 ENOENT',
      reaches(1, "4K", "buf+4K"),
    ],
  ],
  [
    "an open group whose device is gone, and what is asked first of it",
    (isOld) => [
      unbind(2, "= 12"),
      "app: ioctl(two, VFIO_GROUP_GET_STATUS, {argsz: 7}) = -1 EINVAL",
      status("two", isOld ? "0 {flags: 1}" : "-1 ENODEV"),
      "app: ioctl(two, VFIO_GROUP_SET_CONTAINER, 99) = -1 EBADF",
      `app: ioctl(two, VFIO_GROUP_SET_CONTAINER, two) = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      "app: ioctl(two, VFIO_GROUP_UNSET_CONTAINER) = -1 EINVAL",
      `app: ioctl(two, VFIO_GROUP_GET_DEVICE_FD, "${VF(2)}") = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      `app: open("/dev/vfio/2", O_RDWR) = -1 ${isOld ? "EBUSY" : "ENOENT"}`,
      "app: close(two) = 0",
      'app: open("/dev/vfio/2", O_RDWR) = -1 ENOENT',
    ],
  ],
  [
    "a device that is asked for can be opened again while one has it, and no more after the last close",
    () => [
      `app: vf = ioctl(one, VFIO_GROUP_GET_DEVICE_FD, "${VF(1)}")`,
      unbind(1, "<unfinished ...>"),
      `app: more = ioctl(one, VFIO_GROUP_GET_DEVICE_FD, "${VF(1)}")`,
      "app: close(vf) = 0",
      "app: ioctl(more, VFIO_DEVICE_RESET) = 0",
      reaches(1, "4K", "buf+4K"),
      "app: close(more) = 0",
      `app: ioctl(one, VFIO_GROUP_GET_DEVICE_FD, "${VF(1)}") = -1 ENODEV`,
      "app: close(one) = 0",
      "root: <... write resumed> = 12",
      "expect app.locked_vm == 0",
    ],
  ],
  [
    "the program is killed while its device is asked for: the writer goes on, nothing stays pinned",
    () => [
      `app: ioctl(one, VFIO_GROUP_GET_DEVICE_FD, "${VF(1)}")`,
      unbind(1, "<unfinished ...>"),
      "other: wait 25ms",
      "other: kill(pid(app)) = 0",
      "root: <... write resumed> = 12",
      'other: open("/dev/vfio/1", O_RDWR) = -1 ENOENT',
    ],
  ],
];

describe.each(["v4.18", "v5.7", "v6.1"] as const)("%s", (kernel) => {
  test.each(PROBES)("%s", (_what, lines) => {
    const taken = [
      'root: write(count, "2", 1) = 1',
      'root: unbind = open("/sys/bus/pci/drivers/vfio-pci/unbind", O_WRONLY)',
      'app: one = open("/dev/vfio/1", O_RDWR)',
      'app: two = open("/dev/vfio/2", O_RDWR)',
      'app: container = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(one, VFIO_GROUP_SET_CONTAINER, container) = 0",
      "app: ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) = 0",
      area("buf", "16K"),
      mapOf("app", "argsz: 32, flags: 3, vaddr: buf, iova: 0, size: 8K", "0"),
    ];
    onChip(kernel, [...taken, ...lines(kernel !== "v6.1")]);
  });
});
