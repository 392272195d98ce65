import { describe, test } from "vitest";
import { area, joined, KERNELS, mapOf, onChip, type Probe } from "./story.ts";

/**
 * A virtual function that vfio-pci has: what it says of itself, its registers, and a chip that takes it
 * back.
 * Source: drivers/vfio/pci/vfio_pci.c, vfio_pci_intrs.c v4.18; vfio_pci_core.c v6.1
 */

const BAR = "0x20000000000";

const ask = (command: string, words: string, result: string) =>
  `app: ioctl(vf, VFIO_DEVICE_${command}, {${words}}) = ${result}`;
const irqs = (words: string, result: string) => ask("SET_IRQS", `argsz: 20, ${words}`, result);

const PROBES: readonly Probe[] = [
  [
    "what a function says of itself: PCI Express, no VGA, no ROM, no INTx",
    () => [
      ask("GET_INFO", "argsz: 15", "-1 EINVAL"),
      ask("GET_INFO", "argsz: 16", "0 {flags: 3, num_regions: 9, num_irqs: 5}"),
      ask("GET_REGION_INFO", "argsz: 31, index: 9", "-1 EINVAL"),
      ask("GET_REGION_INFO", "argsz: 32, index: 0", "0 {flags: 0, size: 0, offset: 0}"),
      ask("GET_REGION_INFO", "argsz: 32, index: 2", `0 {flags: 7, size: 8192, offset: ${BAR}}`),
      ask("GET_REGION_INFO", "argsz: 32, index: 6", "0 {flags: 0, size: 0, offset: 0x60000000000}"),
      ask(
        "GET_REGION_INFO",
        "argsz: 32, index: 7",
        "0 {flags: 3, size: 4096, offset: 0x70000000000}",
      ),
      ask("GET_REGION_INFO", "argsz: 32, index: 8", "-1 EINVAL"),
      ask("GET_REGION_INFO", "argsz: 32, index: 9", "-1 EINVAL"),
      ask("GET_REGION_INFO", "argsz: 32, index: 0xffffffff", "-1 EINVAL"),
      ask("GET_IRQ_INFO", "argsz: 16, index: 0", "0 {flags: 7, count: 0}"),
      ask("GET_IRQ_INFO", "argsz: 16, index: 3", "0 {flags: 9, count: 1}"),
      ask("GET_IRQ_INFO", "argsz: 16, index: 4", "0 {flags: 9, count: 1}"),
      ask("GET_IRQ_INFO", "argsz: 16, index: 5", "-1 EINVAL"),
      "app: ioctl(vf, VFIO_DEVICE_RESET) = 0",
      "app: ioctl(vf, VFIO_GROUP_GET_STATUS, {argsz: 8}) = -1 ENOTTY",
      "app: ioctl(group, VFIO_DEVICE_RESET) = -1 ENOTTY",
    ],
  ],
  [
    "interrupts, and none is wired",
    () => [
      irqs("flags: 33, index: 0, start: 0, count: 1", "-1 EINVAL"), // no INTx
      irqs("flags: 33, index: 1, start: 0, count: 1", "-1 EINVAL"),
      irqs("flags: 9, index: 1, start: 0, count: 1", "-1 ENOTTY"),
      irqs("flags: 1, index: 1, start: 0, count: 1", "-1 ENOTTY"),
      irqs("flags: 57, index: 1, start: 0, count: 1", "-1 ENOTTY"),
      irqs("flags: 9, index: 1, start: 2, count: 1", "-1 EINVAL"), // first that there are so many
      irqs("flags: 8, index: 1, start: 0, count: 1", "-1 EINVAL"), // and first what kind of data
      irqs("flags: 36, index: 1, start: 0, count: 0", "-1 ERANGE"),
      irqs("flags: 33, index: 2, start: 0, count: 0", "-1 EINVAL"), // no MSI-X
      irqs("flags: 33, index: 3, start: 0, count: 1", "-1 EINVAL"),
      irqs("flags: 17, index: 4, start: 0, count: 1", "-1 ENOTTY"),
      irqs("flags: 34, index: 4, start: 0, count: 0", "-1 EINVAL"),
    ],
  ],
  [
    "registers: mapped whole or in part, shared, inside the bar",
    () => [
      `app: mmap(NULL, 4K, PROT_READ, MAP_PRIVATE, vf, ${BAR}) = -1 EINVAL`,
      `app: mmap(NULL, 12K, PROT_READ, MAP_SHARED, vf, ${BAR}) = -1 EINVAL`,
      `app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0x20000002000) = -1 EINVAL`,
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0x70000000000) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0xfffffffffffff000) = -1 EOVERFLOW",
      "app: mmap(NULL, 4K, PROT_READ, 0, vf, 0xfffffffffffff000) = -1 EOVERFLOW",
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0xffffffffffffe000) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, group, 0) = -1 ENODEV",
      `app: mmap(NULL, 1, PROT_READ, MAP_SHARED, vf, 0x20000001000)`,
      `app: mmap(NULL, 4K, PROT_READ, MAP_SHARED, vf, 0x20000000001) = -1 EINVAL`,
    ],
  ],
  [
    "registers as memory of a mapping: neither pinned nor charged; for writing not, where they are read-only",
    (isOld) => [
      `app: regs = mmap(NULL, 8K, PROT_READ, MAP_SHARED, vf, ${BAR})`,
      mapOf("app", "argsz: 32, flags: 1, vaddr: regs, iova: 1M, size: 8K", "0"),
      mapOf(
        "app",
        "argsz: 32, flags: 3, vaddr: regs, iova: 0, size: 8K",
        isOld ? "0" : "-1 EFAULT",
      ),
      mapOf("app", "argsz: 32, flags: 1, vaddr: regs, iova: 2M, size: 12K", "-1 EFAULT"),
      "expect app.locked_vm == 0",
      'expect translate("0000:75:00.1", 2M) == none',
      'expect translate("0000:75:00.1", 1M) != none',
    ],
  ],
  [
    "a bar that is mapped holds the device, its group and its container, and what is mapped there",
    () => [
      area("buf", "4K"),
      mapOf("app", "argsz: 32, flags: 3, vaddr: buf, iova: 0, size: 4K", "0"),
      `app: regs = mmap(NULL, 8K, PROT_READ, MAP_SHARED, vf, ${BAR})`,
      "app: close(vf) = 0",
      "app: ioctl(group, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
      "app: close(group) = 0",
      "app: close(container) = 0",
      'app: open("/dev/vfio/1", O_RDWR) = -1 EBUSY',
      "expect app.locked_vm == 1",
      "app: munmap(regs, 4K) = 0",
      "expect app.locked_vm == 1",
      "app: munmap(regs+4K, 4K) = 0",
      "expect app.locked_vm == 0",
      'app: open("/dev/vfio/1", O_RDWR)',
    ],
  ],
  [
    "of two functions each has its own group; a name of another's group is none",
    (isOld) => [
      'app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "0000:75:00.2") = -1 ENODEV',
      'app: ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "75:00.1") = -1 ENODEV',
      'app: other = open("/dev/vfio/2", O_RDWR)',
      `app: ioctl(other, VFIO_GROUP_GET_DEVICE_FD, "0000:75:00.1") = -1 ${isOld ? "EINVAL" : "ENODEV"}`,
      'app: ioctl(other, VFIO_GROUP_GET_DEVICE_FD, "0000:75:00.2") = -1 EINVAL',
      "app: ioctl(other, VFIO_GROUP_SET_CONTAINER, container) = 0",
      'app: ioctl(other, VFIO_GROUP_GET_DEVICE_FD, "0000:75:00.2")',
      "app: ioctl(other, VFIO_GROUP_UNSET_CONTAINER) = -1 EBUSY",
    ],
  ],
];

describe.each(KERNELS)("%s", (kernel) => {
  test.each(PROBES)("%s", (_what, lines) => {
    const opened = [
      'root: write(count, "2", 1) = 1',
      ...joined(1),
      'app: vf = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "0000:75:00.1")',
    ];
    onChip(kernel, [...opened, ...lines(kernel === "v4.18")]);
  });
});
