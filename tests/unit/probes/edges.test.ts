import { describe, test } from "vitest";
import {
  CHIP,
  GET_DEVICE,
  joined,
  KERNELS,
  onChip,
  onMachine,
  SMMU,
  TYPES,
  UUID,
} from "./story.ts";

/**
 * Virtual functions by sriov_numvfs; queues of the first and of the third RFC at their edges.
 * Source: drivers/pci/pci-sysfs.c v4.18, drivers/pci/iov.c v6.1, lib/kstrtox.c; KL
 * drivers/vfio/spimdev/vfio_spimdev.c 09ed2929d6a5, drivers/uacce/uacce.c late 2018
 */

const write = (text: string, result: string) =>
  `root: write(count, "${text}", ${text.replace("\\n", "n").length}) = ${result}`;

describe.each(KERNELS)("virtual functions on %s", (kernel) => {
  const isOld = kernel === "v4.18";
  test("what is written, in which order it is looked at, and what stays", () => {
    const lines = [
      `root: open("${CHIP}/sriov_totalvfs", O_WRONLY) = -1 EACCES`,
      `app: open("${CHIP}/sriov_numvfs", O_RDWR) = -1 EACCES`,
      `app: look = open("${CHIP}/sriov_numvfs", O_RDONLY)`,
      write("", "0"),
      ...["\\n", "-0", "2 ", "0x", "0b10", "2.0"].map((text) => write(text, "-1 EINVAL")),
      write("0177777", "-1 ERANGE"),
      write("0200000", isOld ? "-1 ERANGE" : "-1 EINVAL"),
      write("18446744073709551617", isOld ? "-1 ERANGE" : "-1 EINVAL"),
      write("0", "1"), // none are there already
      write("+0x2\\n", "5"),
      write("2", "1"),
      write("3", "-1 EBUSY"),
      write("4", "-1 ERANGE"), // asked before
      'app: read(look, 16) = 2 {data: "2\\n"}',
      'app: group = open("/dev/vfio/2", O_RDWR)',
      'app: open("/dev/vfio/3", O_RDWR) = -1 ENOENT',
      write("00", "2"), // nobody has a device: they go at once
      'app: read(look, 16) = 2 {data: "0\\n"}',
      write("1", "1"),
      'other: open("/dev/vfio/1", O_RDWR)',
    ];
    onChip(kernel, lines);
  });
});

test("spimdev: queues up to the last, each a file of its own", () => {
  const page = (size: string, at: string) =>
    `app: mmap(NULL, ${size}, PROT_READ|PROT_WRITE, MAP_SHARED, b, ${at})`;
  onMachine(
    "v4.18",
    ["framework  spimdev", SMMU, "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0 queues=2"],
    [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, "${UUID}", 36) = 36`,
      ...joined(1, "VFIO_TYPE1_IOMMU"),
      `app: mdev = ${GET_DEVICE}`,
      "app: a = ioctl(mdev, VFIO_SPIMDEV_CMD_GET_Q, 0)",
      "app: b = ioctl(mdev, VFIO_SPIMDEV_CMD_GET_Q, 77)", // no PASID is asked for
      "app: ioctl(mdev, VFIO_SPIMDEV_CMD_GET_Q) = -1 ENODEV", // the driver's EBUSY
      "app: ioctl(a, VFIO_SPIMDEV_CMD_GET_Q) = -1 EINVAL",
      "app: ioctl(b, VFIO_SPIMDEV_CMD_WAIT, 1) = -1 EINVAL", // not in the posted header
      "app: close(mdev) = 0", // queues do not need it
      `${page("8K", "0")} = -1 EINVAL`,
      `${page("148K", "4K")} = -1 EINVAL`,
      `${page("4K", "8K")} = -1 EINVAL`,
      `${page("4K", "0xfffffffffffff000")} = -1 EOVERFLOW`,
      page("4K", "4K"), // less than the rings is taken
      page("144K", "4K"), // and once more
      page("4K", "0"),
      "app: child = fork()",
      "child: close(b) = 0",
      "app: close(b) = 0",
      "expect count(queue.put) == 0", // areas hold the file
      'app: execve("/bin/other") = 0',
      "expect count(queue.put) == 0", // those of the child, too
      "child: exit(0)",
      "expect count(queue.put) == 1",
    ],
  );
});

test("third RFC: regions before and after START, and who is killed with them", () => {
  onMachine(
    "v4.18",
    ["framework  uacce-v3", SMMU, "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0"],
    [
      'root: open("/sys/class/uacce/hisi_zip-0/attrs/flags", O_RDWR) = -1 EACCES',
      'root: f = open("/sys/class/uacce/hisi_zip-0/attrs/flags", O_RDONLY)',
      'root: read(f, 16) = 2 {data: "8\\n"}',
      'app: q = open("/dev/ua0", O_RDWR)',
      "app: mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 160K) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0xfffffffffffff000) = -1 EOVERFLOW",
      "app: mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0) = -1 EINVAL",
      "app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0)",
      "app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0) = -1 EBUSY",
      "app: mmap(NULL, 8K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0) = -1 EINVAL",
      "app: ioctl(q, UACCE_CMD_GET_SS_PA) = -1 EINVAL",
      "app: ioctl(q, UACCE_CMD_SHARE_SVAS, q) = -1 EINVAL",
      "app: ioctl(q, UACCE_CMD_SHARE_SVAS, 99) = -1 EINVAL",
      "app: close(q) = 0",
      'app: q2 = open("/dev/ua0", O_RDWR)',
      'app: drv_open(q2, "hisi_qm_v1") = 0',
      "app: ioctl(q2, UACCE_CMD_START) = 0",
      "app: ioctl(q2, UACCE_CMD_START) = 0",
      'other: open("/dev/ua0", O_RDWR) = -1 EBUSY',
      "app: s = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q2, 1M)",
      "expect translate(hisi_zip-0, s) == page(app, s)",
      "app: mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q2, 160K) = -1 EBUSY",
      'app: store(s, "x") = 0',
      "root: kill(pid(app))",
      'other: q3 = open("/dev/ua0", O_RDWR)',
      "expect count(queue.put) == 2",
    ],
  );
});
