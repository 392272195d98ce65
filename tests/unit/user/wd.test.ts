import { describe, expect, test } from "vitest";
import type { Value } from "../../../engine/core/index.ts";
import { copyUserQueues } from "../../../engine/user/index.ts";
import { Computer, HEADERS, word } from "../frameworks/computer.ts";
import { computer as uacce } from "../frameworks/uacce-bench.ts";

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const HOME = "/sys/class/spimdev/hisi_zip-0/device";
const TYPES = `${HOME}/mdev_supported_types/hisi_zip-zip`;
const WISH = {
  vfio_group_path: "/dev/vfio/1",
  device_api_path: `${TYPES}/device_api`,
  iommu_ext_path: `${HOME}/params/iommu_type`,
  dmaflag_ext_path: `${HOME}/params/dma_flag`,
  mdev_name: UUID,
};

/** A computer with one mediated device of the engine. */
function made(more = "", hardware: string = HEADERS.zip) {
  const on = new Computer({ more, hardware });
  const create = on.good(on.root, "open", `${TYPES}/create`, 1);
  on.good(on.root, "write", create, UUID, 36);
  const request = (change: { readonly [name: string]: Value } = {}) =>
    on.call(on.app, "wd_request_queue", { ...WISH, ...change });
  const open = () => on.machine.tasks[on.app]?.fds.slice(3).filter((file) => file >= 0).length;
  return { on, request, open, app: on.app };
}

// biome-ignore format: one case a line
const REFUSED = [
  ["no group's path",                { vfio_group_path: "" },             -22, "EINVAL"],
  ["no path of the interface",       { device_api_path: "" },             -22, "EINVAL"],
  ["no path of the IOMMU's type",    { iommu_ext_path: "" },              -22, "EINVAL"],
  ["a group that is not there",      { vfio_group_path: "/dev/vfio/9" },   -2, "ENOENT"],
  ["a file that is not there",       { dmaflag_ext_path: "/sys/none" },    -2, "ENOENT"],
  ["no type's file",                 { iommu_ext_path: "/sys/none" },      -2, "ENOENT"],
  ["no interface's file",            { device_api_path: "/sys/none" },     -2, "ENOENT"],
  ["another device's name",          { mdev_name: "none" },                -1, undefined],
  ["an interface without a driver",  { device_api_path: `${HOME}/params/dma_flag` }, -19, "ENODEV"],
] as const;

test.each(REFUSED)(
  "wd_request_queue with %s: nothing is left open",
  (_what, change, ret, errno) => {
    const { request, open } = made();
    const got = request(change);
    expect([got.value, got.errno]).toEqual([ret, errno]);
    expect(open()).toBe(0);
  },
);

test("what it opens it says, and takes a queue of the hardware last", () => {
  const { on, request, open } = made();
  expect(request()).toEqual({ value: 0, written: { fd: 6, container: 4, mdev: 5 } });
  expect(open()).toBe(4);
  expect(on.count("queue.get")).toBe(1);
});

test("a group that somebody has open is -EBUSY; one container cannot be set twice", () => {
  const { on, request, app } = made();
  const group = on.good(on.root, "open", "/dev/vfio/1", 2);
  expect(word(request())).toBe("EBUSY");
  on.good(on.root, "close", group);
  expect(word(request())).toBe("0");
  expect(word(on.call(app, "wd_release_queue", 6))).toBe("0");
  expect(word(on.call(app, "wd_release_queue", 6))).toBe("EBADF");
});

describe("memory", () => {
  test("is shared at its own address, and -1 is all that a refusal says", () => {
    const { on, request, app } = made();
    request();
    const buf = on.good(app, "mmap", 0, 8192, 3, 0x22, -1, 0);
    expect(on.call(app, "wd_mem_share", 6, buf, 4096)).toEqual({ value: 0 });
    expect(on.call(app, "wd_mem_share", 6, buf, 4096)).toEqual({ value: -1 });
    expect(on.call(app, "wd_mem_share", 6, buf + 1, 4096)).toEqual({ value: -1 });
    expect(on.call(app, "wd_mem_share", 7, buf, 4096).errno).toBe("EBADF");
    expect(on.machine.containers[0]?.dmas).toHaveLength(1);
  });

  test.each([
    ["", 1],
    ["mended D6", 0],
  ])("taken back, %j: %i mappings are left", (more, left) => {
    const { on, request, app } = made(more);
    request();
    const buf = on.good(app, "mmap", 0, 4096, 3, 0x22, -1, 0);
    on.good(app, "wd_mem_share", 6, buf, 4096);
    expect(on.call(app, "wd_mem_unshare", 6, buf, 4096)).toEqual({ value: 0 });
    expect(on.machine.containers[0]?.dmas).toHaveLength(left);
  });
});

test.each([
  ["", [4, "EBADF"]],
  ["mended D9", [4, "0"]],
] as const)("a queue in the caller's container, %j", (more, [fd, after]) => {
  const { on, request, app } = made(more);
  on.good(app, "open", "/dev/vfio/vfio", 2);
  const container = on.good(app, "open", "/dev/vfio/vfio", 2);
  expect(container).toBe(fd);
  expect(request({ container }).written).toMatchObject({ container });
  on.good(app, "wd_release_queue", 7);
  expect(word(on.ioctl(app, container, "VFIO_GET_API_VERSION"))).toBe(after);
});

test("a queue that a child inherits is its queue too: its library's memory was copied", () => {
  const { on, request, app } = made();
  request();
  const child = on.good(app, "fork", "child");
  copyUserQueues(on.machine, app, child);
  const buf = on.good(child, "mmap", 0, 4096, 3, 0x22, -1, 0);
  expect(word(on.call(child, "wd_mem_share", 6, buf, 4096))).toBe("0");
});

test("on other frameworks there is no such library", () => {
  const on = uacce();
  expect(word(on.call(on.app, "wd_request_queue", WISH))).toBe("ENODEV");
  expect(word(on.call(on.app, "wd_recv_sync", 3, 1))).toBe("ENODEV");
});

test("spimdev has no WAIT: who wants to wait with the queue manager mended is told -1", () => {
  const { on, request, app } = made("mended D8");
  request();
  expect(on.call(app, "wd_recv_sync", 6, 5)).toEqual({ value: -1 });
});
