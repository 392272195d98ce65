import { describe, expect, test } from "vitest";
import { holds, map, memory, unmap } from "./story.ts";

/**
 * After access_pin, access_pin_unmap and access_rw of tools/testing/selftests/iommu/iommufd.c (linux
 * v6.12.117), on the flow language: a vendor driver pins every range of a mapping, as often as it
 * likes, and moves bytes in it; a range with a page that is not there is refused whole; a mapping
 * that goes takes every pin along, and so does the device when it is closed. There an access object
 * pins, here a driver of the model's own, by vfio_pin_pages (MDEV-PIN-008 to 023).
 */

const PAGES = 4;
const ALL = Array.from({ length: PAGES }, (_, page) => page);
const RANGES = ALL.flatMap((first) =>
  ALL.filter((page) => page >= first).map((last) => [first, last] as const),
);

const [UUID, OTHER] = [
  "2ad9f208-7da3-11e8-8709-57742f618a28",
  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
];
const HOME = "/sys/devices/virtual/vendor/copier/mdev_supported_types";

const make = (name: string, type: string, uuid: string) => [
  `root: ${name} = open("${HOME}/vendor-${type}/create", O_WRONLY)`,
  `root: write(${name}, "${uuid}", 36) = 36`,
];

/** A process has a device of the driver's first type, and four pages mapped at 1M. */
function withVendor(kernel: string, lines: readonly string[], type = "VFIO_TYPE1v2_IOMMU"): string {
  return [
    "title      A case of another project's tests",
    `kernel     ${kernel}`,
    "framework  mdev",
    "device     copier kind=dummy",
    "",
    ...make("create", "heeds", UUID),
    'app: group = open("/dev/vfio/0", O_RDWR)',
    'app: container = open("/dev/vfio/vfio", O_RDWR)',
    "app: ioctl(group, VFIO_GROUP_SET_CONTAINER, container) = 0",
    `app: ioctl(container, VFIO_SET_IOMMU, ${type}) = 0`,
    `app: mdev = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "${UUID}")`,
    memory("buf", `${4 * PAGES}K`),
    map("buf", "1M", `${4 * PAGES}K`),
    ...lines,
  ].join("\n");
}

const at = (page: number) => `${1024 + 4 * page}K`;
const ask = (what: "PIN" | "UNPIN", first: number, last: number, result = "0", fd = "mdev") =>
  `app: ioctl(${fd}, WD_VENDOR_${what}, {iova: ${at(first)}, size: ${4 * (last + 1 - first)}K}) = ${result}`;
const copy = (src: string, dst: string, len: string, result = "0") =>
  `app: ioctl(mdev, WD_VENDOR_COPY, {src: ${src}, dst: ${dst}, len: ${len}}) = ${result}`;

/** Each page is pinned once where the driver has it, and so many are charged. */
const pinned = (has: (page: number) => boolean) => [
  ...ALL.map((page) => `expect pins(app, buf+${4 * page}K) == ${has(page) ? 1 : 0}`),
  `expect app.locked_vm == ${ALL.filter(has).length}`,
];
const none = pinned(() => false);

describe.each(["v4.18", "v5.7", "v6.1"])("%s", (kernel) => {
  test.each(RANGES)(
    "pages %i to %i: pinned twice, unpinned once, unmapped under it",
    (first, last) => {
      const has = pinned((page) => page >= first && page <= last);
      holds(
        withVendor(kernel, [
          ...none,
          ask("PIN", first, last),
          ...has,
          ask("PIN", first, last),
          ...has,
          ask("UNPIN", first, last),
          ...has,
          ask("PIN", first, last),
          unmap("1M", "16K", "16K"),
          "expect count(mdev.told) == 1",
          ...none,
          ask("PIN", first, last, "-1 EINVAL"),
          ask("UNPIN", first, last, "-1 EINVAL"),
        ]),
      );
    },
  );

  test.each(RANGES)("pages %i to %i: pinned and unpinned, and nobody is told", (first, last) => {
    holds(
      withVendor(kernel, [
        ask("PIN", first, last),
        ask("UNPIN", first, last),
        ...none,
        ask("UNPIN", first, last, "-1 EINVAL"),
        unmap("1M", "16K", "16K"),
        "expect count(mdev.told) == 0",
      ]),
    );
  });

  test.each(ALL)("page %i is not mapped: a range over it pins none of its pages", (hole) => {
    holds(
      withVendor(kernel, [
        unmap("1M", "16K", "16K"),
        ...ALL.filter((page) => page !== hole).map((page) =>
          map(`buf+${4 * page}K`, at(page), "4K"),
        ),
        ask("PIN", 0, PAGES - 1, "-1 EINVAL"),
        ...none,
        ask("UNPIN", 0, PAGES - 1, "-1 EINVAL"),
      ]),
    );
  });

  // A mapping of each page: only the one whose page is pinned is told of.
  test.each(ALL)("one mapping a page, page %i pinned: told of that mapping alone", (page) => {
    const machine = holds(
      withVendor(kernel, [
        unmap("1M", "16K", "16K"),
        ...ALL.map((one) => map(`buf+${4 * one}K`, at(one), "4K")),
        ask("PIN", page, page),
        unmap("1M", "16K", "16K"),
        "expect count(mdev.told) == 1",
        ...none,
      ]),
    );
    expect(machine.containers[0]?.dmas).toEqual([]);
  });

  test.each([
    ["within a page", "1M+8", "1M+64", 5],
    ["from the end of a page into the next", "1028K-2", "1M+64", 5],
    ["to the end of a page and into the next", "1M+64", "1028K-3", 5],
    ["over two borders", "1M", "1032K-1", 4099],
  ] as const)("bytes move %s", (_what, src, dst, size) => {
    const of = (iova: string) => `buf+${iova}-1M`;
    holds(
      withVendor(kernel, [
        `app: store(${of(src)}, "hello") = 0`,
        ask("PIN", 0, PAGES - 1),
        copy(src, dst, `${size}`),
        `expect bytes(app, ${of(dst)}, 5) == "hello"`,
      ]),
    );
  });

  test.each([
    ["no byte is moved from a page that is not pinned", "1036K", "1M"],
    ["nor to one", "1M", "1036K"],
    ["nor where only the end is not pinned", "1036K-2", "1M"],
    ["nor where nothing is mapped", "2M", "1M"],
  ])("%s", (_what, src, dst) => {
    holds(
      withVendor(kernel, [
        'app: store(buf, "hello") = 0',
        'app: store(buf+12K-2, "hello") = 0',
        ask("PIN", 0, 2),
        copy(src, dst, "5", "-1 EFAULT"),
        'expect bytes(app, buf, 5) == "hello"',
        'expect bytes(app, buf+12K-2, 5) == "hello"',
      ]),
    );
  });

  test("a mapping for reading is not pinned for writing", () => {
    holds(
      withVendor(kernel, [
        map("buf", "2M", "4K", "0", 1),
        "app: ioctl(mdev, WD_VENDOR_PIN, {iova: 2M, size: 4K}) = -1 EPERM",
        ...none,
      ]),
    );
  });

  test.each(ALL)(
    "where %i pages may be locked, one more is refused, and all of that call",
    (limit) => {
      holds(
        withVendor(kernel, [
          `app: setrlimit(RLIMIT_MEMLOCK, ${4 * limit}K) = 0`,
          ...(limit > 0 ? [ask("PIN", 0, limit - 1)] : []),
          ask("PIN", 0, PAGES - 1, "-1 ENOMEM"),
          ...pinned((page) => page < limit),
        ]),
      );
    },
  );

  test("the pages stay the driver's when the program gets others at their address", () => {
    // What VFIO pins by an address is what was behind it then: as for a device behind an IOMMU.
    holds(
      withVendor(kernel, [
        'app: store(buf, "old") = 0',
        ask("PIN", 0, 1),
        "app: madvise(buf, 4K, MADV_DONTNEED) = 0",
        'app: store(buf, "new") = 0',
        copy("1M", "1028K", "3"),
        'expect bytes(app, buf+4K, 3) == "old"',
        "expect app.locked_vm == 2",
        unmap("1M", "16K", "16K"),
        ...none,
      ]),
    );
  });

  test("closing the device lets every page go; the group alone does not", () => {
    holds(
      withVendor(kernel, [
        ask("PIN", 0, 2),
        ask("PIN", 1, 1),
        "app: close(group) = 0",
        ...pinned((page) => page <= 2),
        "app: close(mdev) = 0",
        ...none,
      ]),
    );
  });

  test("a process that ends lets go of all, whatever it had closed before", () => {
    const machine = holds(
      withVendor(kernel, [ask("PIN", 0, 3), "app: close(container) = 0", "app: exit(0) = ?"]),
    );
    expect(machine.frames.pins.some((pins) => pins > 0)).toBe(false);
    expect(machine.vendorDevices).toMatchObject([{ isOpen: false, pins: [] }]);
    expect(machine.containers[0]).toMatchObject({ dmas: [], notifiers: [], external: [] });
  });

  test("a driver that never asked gets no page alone; beside one that did, UNMAP_DMA never ends well", () => {
    const lines = [
      ...make("deaf", "deaf", OTHER),
      'app: group2 = open("/dev/vfio/1", O_RDWR)',
      'app: alone = open("/dev/vfio/vfio", O_RDWR)',
      "app: ioctl(group2, VFIO_GROUP_SET_CONTAINER, alone) = 0",
      "app: ioctl(alone, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) = 0",
      `app: dev2 = ioctl(group2, VFIO_GROUP_GET_DEVICE_FD, "${OTHER}")`,
      "app: ioctl(alone, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: 3, vaddr: buf, iova: 1M, size: 16K}) = 0",
      ask("PIN", 0, 0, "-1 EINVAL", "dev2"),
      "app: close(dev2) = 0",
      "app: ioctl(group2, VFIO_GROUP_UNSET_CONTAINER) = 0",
      "app: ioctl(group2, VFIO_GROUP_SET_CONTAINER, container) = 0",
      `app: dev3 = ioctl(group2, VFIO_GROUP_GET_DEVICE_FD, "${OTHER}")`,
      ask("PIN", 0, 0, "0", "dev3"),
      ask("PIN", 0, 0),
      "expect pins(app, buf) == 1",
    ];
    // Both have the page: the one that is told lets go, and the other one's pin stays.
    const range = "{argsz: 24, flags: 0, iova: 1M, size: 16K}";
    const crash = 'BUG "a vendor driver keeps pages of an unmapped range"';
    holds(
      withVendor(kernel, [
        ...lines,
        `app: ioctl(container, VFIO_IOMMU_UNMAP_DMA, ${range}) = ${crash}`,
        "expect count(mdev.told) == 11",
        "expect pins(app, buf) == 1",
      ]),
    );
    holds(
      withVendor(kernel, [
        ...lines,
        ask("UNPIN", 0, 0, "0", "dev3"),
        unmap("1M", "16K", "16K"),
        "expect count(mdev.told) == 1",
        ...none,
      ]),
    );
  });

  test("the first interface has no pins of vendor drivers", () => {
    holds(withVendor(kernel, [ask("PIN", 0, 0, "-1 EACCES"), ...none], "VFIO_TYPE1_IOMMU"));
  });
});
