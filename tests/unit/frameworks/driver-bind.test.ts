/** A driver that a story binds itself: probe, remove, and what an unfinished one is refused. */
import { describe, expect, test } from "vitest";
import { copyOf, hash } from "../../../engine/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { Computer, word } from "./computer.ts";

const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";
const CLASS = "/sys/class/spimdev/dummy_wd.0/device";

function computer(): Computer {
  return new Computer({ hardware: "device dummy_wd.0 kind=dummy unbound" });
}

function write(on: Computer, driver: string, file: "bind" | "unbind", text = "dummy_wd.0") {
  return on.write(on.root, `/sys/bus/platform/drivers/${driver}/${file}`, text);
}

function create(on: Computer, driver: string): string {
  return word(on.write(on.root, `${CLASS}/mdev_supported_types/${driver}-memcopy/create`, UUID));
}

function device(on: Computer): number {
  const group = on.good(on.root, "open", "/dev/vfio/noiommu-0", FLAG.O_RDWR);
  const container = on.good(on.root, "open", "/dev/vfio/vfio", FLAG.O_RDWR);
  on.good(on.root, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  on.good(on.root, "ioctl", container, "VFIO_SET_IOMMU", 8);
  return on.good(on.root, "ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
}

const names = (on: Computer) => on.machine.nodes.map(({ path }) => path).toSorted();

// biome-ignore format: one state a line; the inner errno is what the writer is not told
test.each<[string, string | undefined, "" | "EINVAL"]>([
  ["dummy-wd",       "ENODEV",  "EINVAL"],
  ["dummy_wd_begun", undefined, ""],
  ["dummy_wd_half",  undefined, ""],
  ["dummy_wd",       undefined, ""],
])("probe of %s", (driver, errno, inner) => {
  const on = computer();
  const got = write(on, driver, "bind");
  expect(got.errno).toBe(errno);
  expect(got.chain?.at(-1)?.errno ?? "").toBe(errno ? inner : "");
  expect(names(on).some((path) => path.startsWith(CLASS))).toBe(errno === undefined);
});

// biome-ignore format: one refusal a line
test.each<[string, (on: Computer) => string]>([
  ["a device that is not there",    (on) => word(write(on, "dummy_wd", "bind", "dummy_wd.1"))],
  ["nothing",                       (on) => word(write(on, "dummy_wd", "bind", "\n"))],
  ["a device that has that driver", (on) => { write(on, "dummy_wd", "bind"); return word(write(on, "dummy_wd", "bind")); }],
  ["a device that has another",     (on) => { write(on, "dummy_wd", "bind"); return word(write(on, "dummy_wd_half", "bind")); }],
  ["unbind without a driver",       (on) => word(write(on, "dummy_wd", "unbind"))],
  ["unbind of another's",           (on) => { write(on, "dummy_wd", "bind"); return word(write(on, "dummy_wd_half", "unbind")); }],
])("%s: ENODEV", (_, got) => {
  expect(got(computer())).toBe("ENODEV");
});

test("only root binds a driver", () => {
  const on = computer();
  const path = "/sys/bus/platform/drivers/dummy_wd/bind";
  expect(word(on.write(on.app, path, "dummy_wd.0"))).toBe("EACCES");
});

test("a driver is loaded once and takes each device that it is given", () => {
  const line = (at: number) => `device dummy_wd.${at} kind=dummy unbound`;
  const on = new Computer({ hardware: `${line(0)}\n${line(1)}` });
  const files = names(on).filter((path) => path.includes("/drivers/"));
  expect(new Set(files).size).toBe(files.length);
  for (const name of ["dummy_wd.0", "dummy_wd.1"]) {
    expect(word(write(on, "dummy_wd", "bind", name))).toBe("10");
    expect(names(on)).toContain(`/sys/class/spimdev/${name}/device/params/dma_flag`);
  }
});

describe("an operation that is missing is missed where it is asked for", () => {
  test("get_queue, when a mediated device is made", () => {
    const on = computer();
    write(on, "dummy_wd_begun", "bind");
    expect(create(on, "dummy_wd_begun")).toBe("ENODEV");
    expect(names(on).some((path) => path.includes(UUID))).toBe(false);
  });

  test("mmap, when a queue is mapped", () => {
    const on = computer();
    write(on, "dummy_wd_half", "bind");
    expect(create(on, "dummy_wd_half")).toBe("36");
    const mdev = device(on);
    const q = on.good(on.root, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    const map = word(on.call(on.root, "mmap", 0, 4096, 3, FLAG.MAP_SHARED, q, 0));
    expect(map).toBe("EINVAL");
    expect(on.call(on.root, "drv_open", q, "wd_dummy_v1").value).not.toBe(0);
  });

  test("none, of the whole driver", () => {
    const on = computer();
    write(on, "dummy_wd", "bind");
    create(on, "dummy_wd");
    const q = on.good(on.root, "ioctl", device(on), "VFIO_SPIMDEV_CMD_GET_Q");
    on.good(on.root, "drv_open", q, "wd_dummy_v1");
  });
});

test("bound and unbound again, all is as it was, however often", () => {
  const on = computer();
  const before = names(on);
  for (const driver of ["dummy_wd_half", "dummy_wd", "dummy_wd_begun", "dummy_wd"]) {
    expect(write(on, driver, "bind").errno).toBeUndefined();
    if (driver !== "dummy_wd_begun") expect(create(on, driver)).toBe("36");
    expect(write(on, driver, "unbind").errno).toBeUndefined();
    expect(names(on)).toEqual(before);
    expect(on.machine.devices[0]?.bound).toBe("");
  }
});

test("a device that somebody has open goes with its last user", () => {
  const on = computer();
  write(on, "dummy_wd", "bind");
  create(on, "dummy_wd");
  const mdev = device(on);
  write(on, "dummy_wd", "unbind");
  expect(names(on)).toContain(`${CLASS}/mdev_supported_types/dummy_wd-memcopy/create`);
  on.kill(on.root);
  expect(mdev).toBeGreaterThan(0);
  expect(names(on).some((path) => path.startsWith(CLASS))).toBe(false);
});

test("a copy of the machine knows who has the device", () => {
  const on = computer();
  const free = hash(on.machine);
  write(on, "dummy_wd", "bind");
  expect(hash(copyOf(on.machine))).toBe(hash(on.machine));
  expect(hash(on.machine)).not.toBe(free);
});
