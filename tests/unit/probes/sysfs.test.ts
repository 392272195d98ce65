import { describe, test } from "vitest";
import {
  KERNELS,
  onBare,
  onChip,
  onVendor,
  type Probe,
  REMOVE,
  TYPES,
  UUID,
  VENDOR,
} from "./story.ts";

/**
 * What is written to files of sysfs: nothing at all, with the zero byte that a C program counts, with
 * what stands behind that.
 * Source: fs/sysfs/file.c sysfs_kf_write, fs/kernfs/file.c kernfs_fop_write, lib/kstrtox.c,
 * lib/string.c sysfs_streq, drivers/vfio/mdev/mdev_sysfs.c v4.18 and v6.1
 */

const CREATE = [
  `root: create = open("${TYPES}/create", O_WRONLY)`,
  `root: write(create, "${UUID}", 36) = 36`,
];
const GONE = `root: open("${REMOVE}", O_WRONLY) = -1 ENOENT`;

const PROBES: readonly Probe[] = [
  [
    "nothing written is nothing done: the driver is not asked",
    () => [
      ...CREATE,
      'root: write(create, "", 0) = 0',
      `root: write(create, "${UUID}", 0) = 0`,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      'root: write(remove, "", 0) = 0',
      'root: write(remove, "x", 0) = 0',
      'root: write(remove, "x", 1) = -1 EINVAL',
      'root: write(remove, "1", 1) = 1',
      'root: write(remove, "", 0) = -1 ENODEV',
    ],
  ],
  [
    "a number with its zero byte is a number, and what follows is not read",
    () => [
      ...CREATE,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      'root: write(remove, "0", 2) = 2',
      'root: write(remove, "0\\n\\x00", 3) = 3',
      'root: write(remove, "\\x001", 2) = -1 EINVAL',
      'root: write(remove, "1\\n\\n", 3) = -1 EINVAL',
      'root: write(remove, "1\\x00\\n", 3) = 3',
      GONE,
    ],
  ],
  [
    "a string of C, 2 bytes long, removes a device",
    () => [
      ...CREATE,
      `root: remove = open("${REMOVE}", O_WRONLY)`,
      'root: write(remove, "1", 2) = 2',
      GONE,
    ],
  ],
  [
    "a uuid takes its zero byte along, or any other; two are one too many",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, "${UUID}", 37) = 37`,
      `root: write(create, "${UUID.replace("2a", "3a")}\\x00", 37) = 37`,
      `root: write(create, "${UUID.replace("2a", "4a")}x", 37) = 37`,
      `root: write(create, "${UUID.replace("2a", "5a")}\\x00", 38) = -1 EINVAL`,
      `root: write(create, "${UUID.replace("2a", "6a")}", 35) = -1 EINVAL`,
      'app: open("/dev/vfio/3", O_RDWR)',
      'app: open("/dev/vfio/4", O_RDWR) = -1 ENOENT',
    ],
  ],
  [
    "what is nearly a uuid: signs elsewhere, a blank in front, braces, a zero byte inside",
    () => [
      `root: create = open("${TYPES}/create", O_WRONLY)`,
      `root: write(create, " ${UUID}", 37) = -1 EINVAL`,
      `root: write(create, "{${UUID}", 37) = -1 EINVAL`,
      `root: write(create, "${UUID.replaceAll("-", "_")}", 36) = -1 EINVAL`,
      `root: write(create, "${UUID.replace("7da3-1", "7da31-")}", 36) = -1 EINVAL`,
      `root: write(create, "${UUID.replace("2ad9", "2ag9")}", 36) = -1 EINVAL`,
      `root: write(create, "${UUID.slice(0, 35)}\\x00", 36) = -1 EINVAL`,
      `root: write(create, "${UUID.replace("8709", "\\x00709")}", 36) = -1 EINVAL`,
      'root: write(create, "00000000-0000-0000-0000-000000000000", 36) = 36',
      'root: write(create, "ffffffff-ffff-ffff-ffff-ffffffffffff\\n", 37) = 37',
    ],
  ],
];

const ON_CHIP: readonly Probe[] = [
  [
    "how many functions: nothing, a string of C, another base, a blank",
    (isOld) => [
      'root: write(count, "", 0) = 0',
      'root: write(count, " 1", 2) = -1 EINVAL',
      'root: write(count, "0x1\\n\\n", 5) = -1 EINVAL',
      `root: write(count, "65536", 5) = -1 ${isOld ? "ERANGE" : "EINVAL"}`,
      'root: write(count, "4", 2) = -1 ERANGE',
      'root: write(count, "+02\\n", 5) = 5',
      'root: read(count, 16) = 2 {data: "2\\n"}',
      'root: write(count, "1", 1) = -1 EBUSY',
      'root: write(count, "2", 2) = 2',
    ],
  ],
  [
    "the name of a device, with its zero byte or newline, and nothing in front",
    () => [
      'root: write(count, "2", 1) = 1',
      'root: unbind = open("/sys/bus/pci/drivers/vfio-pci/unbind", O_WRONLY)',
      'root: write(unbind, "", 0) = 0',
      'root: write(unbind, " 0000:75:00.1", 13) = -1 ENODEV',
      'root: write(unbind, "0000:75:00.1\\n\\n", 14) = -1 ENODEV',
      'root: write(unbind, "0000:75:00.1\\n", 14) = 14',
      'root: write(unbind, "0000:75:00.1", 12) = -1 ENODEV',
      'root: write(unbind, "0000:75:00.2", 13) = 13',
      'app: open("/dev/vfio/2", O_RDWR) = -1 ENOENT',
    ],
  ],
];

const VENDOR_REMOVE = `${VENDOR}/${UUID}/remove`;
const OPEN_REMOVE = `root: remove = open("${VENDOR_REMOVE}", O_WRONLY)`;

// mdev_device_remove_common: the device's driver waits in vfio_del_group_dev, and no errno counts.
test.each(["v5.7", "v6.1"] as const)(
  "%s: a driver that says no is not heard, the writer waits",
  (kernel) => {
    const lines = [
      'root: write(remove, "1", 1) <unfinished ...>',
      `other: open("${VENDOR_REMOVE}", O_WRONLY) = -1 ENOENT`,
      'other: open("/dev/vfio/0", O_RDWR) = -1 EBUSY',
      "app: close(mdev) = 0",
      "app: close(group) = 0",
      "root: <... write resumed> = 1",
      'other: open("/dev/vfio/0", O_RDWR) = -1 ENOENT',
    ];
    onVendor(kernel, [OPEN_REMOVE, ...lines]);
  },
);

// device_remove_file_self, then device_create_file: another file of the same name.
test("v4.18: a driver that says no leaves a file that is new; who has the old one open has nothing", () => {
  const lines = [
    'root: write(remove, "0", 1) = 1',
    'root: write(remove, "1", 1) = -1 EBUSY',
    'root: write(remove, "1", 1) = -1 ENODEV',
    'root: write(remove, "0", 1) = -1 ENODEV',
    `root: again = open("${VENDOR_REMOVE}", O_WRONLY)`,
    'root: write(again, "1", 1) = -1 EBUSY',
    "app: close(mdev) = 0",
    "app: close(group) = 0",
    'root: write(again, "1", 1) = -1 ENODEV',
    `root: third = open("${VENDOR_REMOVE}", O_WRONLY)`,
    'root: write(third, "1", 1) = 1',
    `root: open("${VENDOR_REMOVE}", O_WRONLY) = -1 ENOENT`,
  ];
  onVendor("v4.18", [OPEN_REMOVE, ...lines]);
});

describe.each(KERNELS)("%s", (kernel) => {
  const isOld = kernel === "v4.18";
  test.each(PROBES)("%s", (_what, lines) => {
    onBare(kernel, lines(isOld));
  });
  test.each(ON_CHIP)("%s", (_what, lines) => {
    onChip(kernel, lines(isOld));
  });
});
