import { expect, test } from "vitest";
import { holds, map, memory, unmap } from "../third-party/story.ts";

/**
 * Two mediated devices of one engine in one container share the parent's domain. As posted (D24) it
 * stands in the list twice, and every mapping is entered twice: the second time is EEXIST. Mended,
 * it stands there once, for both groups, until both have left.
 */
const story = (lines: readonly string[], mended: readonly string[] = []) =>
  [
    "title      Two mediated devices",
    "kernel     v4.18",
    "framework  spimdev",
    "iommu      smmu0 kind=smmuv3 iotlb=64",
    "device     hisi_zip-0 kind=zip hw=v1 behind=smmu0",
    ...mended,
    "",
    'root: create = open("/sys/class/spimdev/hisi_zip-0/device/mdev_supported_types/hisi_zip-zip/create", O_WRONLY)',
    'root: write(create, "2ad9f208-7da3-11e8-8709-57742f618a28", 36) = 36',
    'root: write(create, "2ad9f208-7da3-11e8-8709-57742f618a29", 36) = 36',
    'app: group1 = open("/dev/vfio/1", O_RDWR)',
    'app: group2 = open("/dev/vfio/2", O_RDWR)',
    'app: container = open("/dev/vfio/vfio", O_RDWR)',
    "app: ioctl(group1, VFIO_GROUP_SET_CONTAINER, container) = 0",
    "app: ioctl(group2, VFIO_GROUP_SET_CONTAINER, container) = 0",
    "app: ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU) = 0",
    memory("buf", "8K"),
    ...lines,
  ].join("\n");

test("as posted nothing can be mapped", () => {
  const { containers } = holds(
    story([map("buf", "64K", "4K", "-1 EEXIST"), "expect app.locked_vm == 0"]),
  );
  expect(containers[0]?.domains).toHaveLength(2);
});

const MENDED = ["mended     D24"];
const there = "expect translate(hisi_zip-0, 64K) == page(app, buf)";

test("mended, a mapping is entered once, for both", () => {
  const { containers } = holds(
    story(
      [
        map("buf", "64K", "4K"),
        there,
        "expect app.locked_vm == 1",
        "expect pins(app, buf) == 1",
        map("buf", "64K", "4K", "-1 EEXIST"),
        unmap("64K", "4K", "4K"),
        "expect translate(hisi_zip-0, 64K) == none",
        map("buf", "64K", "4K"),
      ],
      MENDED,
    ),
  );
  expect(containers[0]?.domains.map(({ groups }) => groups.length)).toEqual([2]);
});

test.each(["group1", "group2"])(
  "mended, %s leaves, and the mapping stays for the other",
  (first) => {
    const other = first === "group1" ? "group2" : "group1";
    const { containers } = holds(
      story(
        [
          map("buf", "64K", "4K"),
          `app: ioctl(${first}, VFIO_GROUP_UNSET_CONTAINER) = 0`,
          there,
          "expect app.locked_vm == 1",
          map("buf+4K", "128K", "4K"),
          "expect app.locked_vm == 2",
          `app: ioctl(${other}, VFIO_GROUP_UNSET_CONTAINER) = 0`,
          "expect pins(app, buf) == 0",
          "expect app.locked_vm == 0",
        ],
        MENDED,
      ),
    );
    expect(containers[0]?.domains).toEqual([]);
  },
);
