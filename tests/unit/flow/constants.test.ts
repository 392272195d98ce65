import { expect, test } from "vitest";
import { CONSTANTS, fullName, IOCTLS, parseFlow, printFlow } from "../../../engine/flow/index.ts";

/**
 * Numbers of the published headers: include/uapi/linux/vfio.h v4.18 (';', 100 + n), and the
 * headers of the RFC, whose `_IO('W', 1)` and `_IO('d', 0)` are computed here.
 */
const io = (type: string, nr: number) => type.charCodeAt(0) * 256 + nr;

// biome-ignore format: one number a line
const NUMBERS = [
  ["VFIO_GET_API_VERSION",       io(";", 100)],
  ["VFIO_CHECK_EXTENSION",       io(";", 101)],
  ["VFIO_SET_IOMMU",             io(";", 102)],
  ["VFIO_GROUP_GET_STATUS",      io(";", 103)],
  ["VFIO_GROUP_SET_CONTAINER",   io(";", 104)],
  ["VFIO_GROUP_UNSET_CONTAINER", io(";", 105)],
  ["VFIO_GROUP_GET_DEVICE_FD",   io(";", 106)],
  ["VFIO_DEVICE_GET_INFO",       io(";", 107)],
  ["VFIO_IOMMU_GET_INFO",        io(";", 112)],
  ["VFIO_IOMMU_MAP_DMA",         io(";", 113)],
  ["VFIO_IOMMU_UNMAP_DMA",       io(";", 114)],
  ["VFIO_SPIMDEV_CMD_GET_Q",     io("W", 1)],
  ["DUMMY_CMD_FLUSH",            io("d", 0)],
] as const;

test.each(NUMBERS)("%s is the number of the header", (name, number) => {
  expect(IOCTLS[name]).toBe(number);
});

test("no two constants are the same word, and no ioctl is a plain constant", () => {
  const names = [...Object.keys(IOCTLS), ...Object.keys(CONSTANTS)];
  expect(new Set(names).size).toBe(names.length);
});

test.each([
  ["MAP_DMA", "VFIO_IOMMU_MAP_DMA"],
  ["UNMAP_DMA", "VFIO_IOMMU_UNMAP_DMA"],
  ["GET_Q", "VFIO_SPIMDEV_CMD_GET_Q"],
  ["READ", undefined],
])("the ending %s is understood as %s", (ending, full) => {
  expect(fullName(ending)).toBe(full);
});

test("a flow that is read has every name in full, and is printed so", () => {
  const head = "title      x\nkernel     v4.18\nframework  spimdev\n";
  const read = parseFlow(
    `${head}app: f = ioctl(3, UNMAP_DMA, {flags: DMA_MAP_FLAG_READ|1})\n`,
    "x",
  );
  expect(read.ok && printFlow(read.flow)).toContain(
    "app: f = ioctl(3, VFIO_IOMMU_UNMAP_DMA, {flags: VFIO_DMA_MAP_FLAG_READ|1})",
  );
});

test("every constant can be written in a flow, also VFIO_TYPE1v2_IOMMU", () => {
  const head = "title x\nkernel v4.18\nframework spimdev\n";
  const unread = [...Object.keys(CONSTANTS), ...Object.keys(IOCTLS)].filter(
    (name) => !parseFlow(`${head}app: f = open("/dev/vfio/1", ${name})\n`, "x.flow").ok,
  );
  expect(unread).toEqual([]);
});
