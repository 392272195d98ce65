import { describe, expect, test } from "vitest";
import { PAGE } from "../../../engine/core/index.ts";
import { Computer, chain, UUID, word } from "./computer.ts";
import { OTHER, Vendor } from "./vendor-bench.ts";

describe("what the driver offers", () => {
  test("two types, which say their names and that they are this driver's", () => {
    const on = new Computer({ framework: "mdev", hardware: "device copier kind=dummy" });
    const home = "/sys/devices/virtual/vendor/copier/mdev_supported_types";
    for (const type of ["vendor-heeds", "vendor-deaf"]) {
      expect(on.read(on.app, `${home}/${type}/name`).written).toEqual({ data: `${type}\n` });
      expect(on.read(on.app, `${home}/${type}/device_api`).written).toEqual({ data: "vendor\n" });
      expect(on.has(`${home}/${type}/available_instances`)).toBe(false);
    }
  });

  test("a device for one program at a time; the next may have it after that", () => {
    const on = new Vendor();
    const again = on.ioctl(on.app, on.group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
    expect(chain(again)).toBe("EBUSY a program has it open");
    on.good(on.app, "close", on.mdev);
    expect(on.machine.containers[0]?.notifiers).toEqual([]);
    const mdev = on.good(on.app, "ioctl", on.group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
    on.map(0, 1);
    expect(word(on.ioctl(on.app, mdev, "WD_VENDOR_PIN", on.range(0, 1)))).toBe("0");
  });

  test.each([
    ["v4.18", "EBUSY"],
    ["v5.7", "sleeps"],
    ["v6.1", "sleeps"],
  ])("on %s a device that is open is removed: %s", (kernel, said) => {
    const on = new Vendor(kernel);
    const file = `/sys/devices/virtual/vendor/copier/${UUID}/remove`;
    const fd = on.good(on.root, "open", file, 1);
    const row = on.begin(on.root, "write", fd, "1");
    expect(word(on.result(row))).toBe(said);
    for (const open of [on.mdev, on.container, on.group]) on.good(on.app, "close", open);
    if (said === "EBUSY") expect(word(on.write(on.root, file, "1"))).toBe("1");
    else expect(word(on.result(row))).toBe("1");
  });
});

describe("its ioctls", () => {
  // biome-ignore format: one case a line
  const CASES = [
    ["WD_VENDOR_PIN",    null,                                    "EFAULT"],
    ["WD_VENDOR_UNPIN",  7,                                       "EFAULT"],
    ["WD_VENDOR_COPY",   "no",                                    "EFAULT"],
    ["WD_VENDOR_PIN",    { iova: 0, size: 0 },                    "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: 0, size: PAGE + 1 },             "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: 8, size: PAGE },                 "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: 0, size: 513 * PAGE },           "E2BIG"],
    ["WD_VENDOR_UNPIN",  { iova: 0, size: 513 * PAGE },           "E2BIG"],
    ["WD_VENDOR_PIN",    { iova: 0, size: 512 * PAGE },           "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: -4096n, size: PAGE },            "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: -4096n, size: 2 * PAGE },        "EINVAL"],
    ["WD_VENDOR_PIN",    { iova: 0, size: -4096n },               "E2BIG"],
    ["WD_VENDOR_COPY",   { src: 0, dst: 0, len: 0 },              "0"],
    ["WD_VENDOR_COPY",   { src: 0, dst: 0, len: 1 },              "EFAULT"],
    ["WD_VENDOR_COPY",   { src: -1n, dst: 0, len: 0xffff_ffff },  "EFAULT"],
    ["WD_VENDOR_COPY",   {},                                      "0"],
    ["VFIO_DEVICE_RESET",    null,                                "ENOTTY"],
    ["VFIO_DEVICE_GET_INFO", { argsz: 24 },                       "ENOTTY"],
    ["DUMMY_CMD_FLUSH",      null,                                "ENOTTY"],
  ] as const;

  test.each(CASES)("%s %o: %s, where nothing is mapped", (command, arg, said) => {
    const on = new Vendor();
    expect(word(on.ioctl(on.app, on.mdev, command, arg))).toBe(said);
    expect(on.machine.vendorDevices).toMatchObject([{ pins: [] }]);
  });

  test("a copy reads a byte before it is written over, as the pages stand", () => {
    const on = new Vendor();
    on.map(0, 2);
    on.pin(0, 2);
    on.good(on.app, "store", on.buffer, "abcd");
    on.good(on.app, "ioctl", on.mdev, "WD_VENDOR_COPY", { src: on.at(0), dst: on.at(1), len: 4 });
    const copied = on.call(on.app, "load", on.buffer + PAGE, 4);
    expect(copied.written).toEqual({ data: "abcd" });
    expect(on.count("cpu.copy")).toBe(2);
  });

  test.each([
    ["a page and a half", PAGE + PAGE / 2, 0],
    ["half a page", PAGE / 2, 0],
    ["from half way into a page", PAGE, PAGE / 2],
  ])("%s is neither pinned nor unpinned", (_what, size, offset) => {
    const on = new Vendor();
    on.map(0, 4);
    const range = { iova: on.at(0) + offset, size };
    expect(word(on.ioctl(on.app, on.mdev, "WD_VENDOR_PIN", range))).toBe("EINVAL");
    on.pin(0, 4);
    expect(word(on.ioctl(on.app, on.mdev, "WD_VENDOR_UNPIN", range))).toBe("EINVAL");
    expect(on.machine.vendorDevices[0]?.pins).toHaveLength(4);
  });

  test("of what is pinned twice one pin goes at a time", () => {
    const on = new Vendor();
    on.map(0, 4);
    on.pin(0, 4);
    on.pin(1, 1);
    const unpin = () => word(on.ioctl(on.app, on.mdev, "WD_VENDOR_UNPIN", on.range(1, 1)));
    expect([unpin(), on.pins(), unpin(), on.pins(), unpin()]).toEqual(["0", 4, "0", 3, "EINVAL"]);
    expect(on.machine.vendorDevices[0]?.pins).toHaveLength(3);
  });
});

describe("what it is told", () => {
  test("another device's driver is told of its mapping too, and lets go of its own pages alone", () => {
    const on = new Vendor();
    const second = on.another("heeds");
    on.map(0, 2);
    on.map(2, 2);
    on.pin(0, 2);
    on.pin(2, 2, second);
    on.good(on.app, "ioctl", on.container, "VFIO_IOMMU_UNMAP_DMA", {
      argsz: 24,
      ...on.range(0, 2),
    });
    expect(on.count("mdev.told")).toBe(2);
    expect(on.machine.vendorDevices.map(({ pins }) => pins.length)).toEqual([0, 2]);
    expect(on.pins()).toBe(2);
  });

  test("a page that two drivers pinned goes when both have let go", () => {
    const on = new Vendor();
    const second = on.another("heeds");
    on.map(0, 1);
    on.pin(0, 1);
    on.pin(0, 1, second);
    expect(on.pins()).toBe(1);
    on.good(on.app, "close", on.mdev);
    expect(on.pins()).toBe(1);
    on.good(on.app, "close", second);
    expect(on.pins()).toBe(0);
    expect(on.machine.vendorDevices.map(({ mdev }) => on.machine.mdevs[mdev]?.uuid)).toEqual([
      UUID,
      OTHER,
    ]);
  });

  test("a program's end lets a deaf driver's pages go as well", () => {
    const on = new Vendor();
    const deaf = on.another("deaf");
    on.map(0, 2);
    on.pin(0, 2, deaf);
    on.kill(on.app);
    expect(on.pins()).toBe(0);
    expect(on.count("mdev.told")).toBe(0);
    expect(on.count("kernel.warn")).toBe(0);
  });
});
