import { describe, expect, test } from "vitest";
import { QUEUE_DRIVERS, registerSpimdev } from "../../../engine/frameworks/index.ts";
import { QM_DEF_Q_NUM } from "../../../engine/hw/index.ts";
import type { Task } from "../../../engine/task/index.ts";
import {
  Computer,
  chain,
  HEADERS,
  type OpenWish,
  open,
  UUID,
  type Wish,
  word,
} from "./computer.ts";

const GET_Q = "VFIO_SPIMDEV_CMD_GET_Q";

const ZIP: OpenWish = {
  home: "/sys/class/spimdev/hisi_zip-0",
  type: "hisi_zip-zip",
  group: "/dev/vfio/1",
  iommu: 1,
};
const DUMMY: OpenWish = {
  home: "/sys/class/spimdev/dummy_wd.0",
  type: "dummy_wd-memcopy",
  group: "/dev/vfio/noiommu-0",
  iommu: 8,
};

function opened(wish: Wish = {}) {
  const computer = new Computer(wish);
  return { computer, ...open(computer, computer.app, ZIP) };
}

describe("register", () => {
  test("a driver with a hyphen in its name is EINVAL, and no file appears", () => {
    const { machine } = new Computer();
    const before = machine.nodes.length;
    const named = { ...QUEUE_DRIVERS.zip, driver: "hisi-zip" };
    expect(registerSpimdev(machine, 0, named)).toMatchObject({ ok: false, errno: "EINVAL" });
    expect(machine.nodes).toHaveLength(before);
    expect([machine.spimdevs.length, machine.parents.length]).toEqual([1, 1]);
  });

  test("the same device twice is EEXIST", () => {
    const { machine } = new Computer();
    expect(registerSpimdev(machine, 0)).toMatchObject({ ok: false, errno: "EEXIST" });
  });
});

// biome-ignore format: one file a line
const FILES = [
  ["zip",   `${ZIP.home}/device/params/iommu_type`,                                     "1\n"],
  ["zip",   `${ZIP.home}/device/params/dma_flag`,                                       "1\n"],
  ["zip",   `${ZIP.home}/device/mdev_supported_types/hisi_zip-zip/device_api`,          "hisi_qm_v1"],
  ["dummy", `${DUMMY.home}/device/params/iommu_type`,                                   "8\n"],
  ["dummy", `${DUMMY.home}/device/params/dma_flag`,                                     "0\n"],
  ["dummy", `${DUMMY.home}/device/mdev_supported_types/dummy_wd-memcopy/device_api`,    "wd_dummy_v1"],
] as const;

test.each(FILES)("%s: %s", (hardware, path, data) => {
  const computer = new Computer({ hardware: HEADERS[hardware] });
  const result = computer.read(computer.app, path);
  expect(result).toMatchObject({ value: data.length, written: { data } });
});

describe("available_instances (D3)", () => {
  const FILE = `${ZIP.home}/device/mdev_supported_types/hisi_zip-zip/available_instances`;

  test("as posted reading it crashes the kernel, and the run ends", () => {
    const computer = new Computer();
    const result = computer.read(computer.app, FILE);
    expect(result.bug).toBe("a call of get_available_instances, which is NULL");
    expect(computer.machine.end).toMatchObject({ kind: "bug" });
  });

  test("mended it counts queues, not mediated devices, and has no newline", () => {
    const { computer, pid, mdev } = opened({ more: "mended D3" });
    const left = () => computer.read(pid, FILE).written?.data;
    expect(left()).toBe(String(QM_DEF_Q_NUM));
    const q = computer.good(pid, "ioctl", mdev, GET_Q);
    expect(left()).toBe(String(QM_DEF_Q_NUM - 1));
    computer.good(pid, "close", q);
    expect(left()).toBe(String(QM_DEF_Q_NUM));
  });
});

describe("GET_Q", () => {
  test("creating and opening take no queue; each GET_Q on one mediated device takes one", () => {
    const { computer, pid, mdev } = opened();
    expect(computer.taken()).toBe(0);
    const handles = [1, 2, 3].map(() => computer.good(pid, "ioctl", mdev, GET_Q));
    expect(new Set(handles).size).toBe(3);
    expect(computer.taken()).toBe(3);
    const { qn, made } = computer.machine.queues;
    expect(Array.from(qn.subarray(0, made))).toEqual([0, 1, 2]);
  });

  test("what the driver refuses is ENODEV, and the chain says that the driver said EBUSY", () => {
    const hardware = `${HEADERS.zip} queues=2`;
    const { computer, pid, mdev } = opened({ hardware });
    const words = [1, 2, 3].map(() => word(computer.ioctl(pid, mdev, GET_Q)));
    expect(words).toEqual(["6", "7", "ENODEV"]);
    expect(chain(computer.ioctl(pid, mdev, GET_Q))).toBe(
      "ENODEV driver refused < EBUSY no free queue",
    );
    computer.good(pid, "close", 6);
    expect(word(computer.ioctl(pid, mdev, GET_Q))).toBe("6");
  });

  test("no memory for the rings is ENODEV too, and takes nothing", () => {
    const { computer, pid, mdev } = opened({ more: "fail allocate 1" });
    expect(chain(computer.ioctl(pid, mdev, GET_Q))).toMatch(/^ENODEV driver refused < ENOMEM/);
    expect(computer.taken()).toBe(0);
    expect(word(computer.ioctl(pid, mdev, GET_Q))).toBe("6");
  });

  test("without a free descriptor it is EMFILE, and the queue goes back", () => {
    const { computer, pid, mdev } = opened();
    const { machine } = computer;
    const task = machine.tasks[pid] as Task;
    const fds = Array.from({ length: 1024 }, (_, fd) => task.fds[fd] ?? task.fds[mdev] ?? -1);
    machine.tasks[pid] = { ...task, fds };
    expect(word(computer.ioctl(pid, mdev, GET_Q))).toBe("EMFILE");
    expect(computer.taken()).toBe(0);
    expect([computer.count("queue.get"), computer.count("queue.put")]).toEqual([0, 1]);
  });

  test("closing the mediated device leaves its queues; the last descriptor of a queue gives it back", () => {
    const { computer, pid, mdev, group, container } = opened();
    const q = computer.good(pid, "ioctl", mdev, GET_Q);
    for (const fd of [mdev, group, container]) computer.good(pid, "close", fd);
    expect(computer.taken()).toBe(1);
    computer.good(pid, "close", q);
    expect(computer.taken()).toBe(0);
  });

  test("a mapping holds the queue after its descriptor is closed", () => {
    const { computer, pid, mdev } = opened();
    const q = computer.good(pid, "ioctl", mdev, GET_Q);
    const at = computer.good(pid, "mmap", 0, 4096, 3, 1, q, 0);
    computer.good(pid, "close", q);
    expect(computer.taken()).toBe(1);
    computer.good(pid, "munmap", at, 4096);
    expect(computer.taken()).toBe(0);
  });

  test.each(["kill", "exit"])("the end of the process (%s) gives all its queues back", (how) => {
    const { computer, pid, mdev } = opened();
    for (let time = 0; time < 5; time += 1) computer.good(pid, "ioctl", mdev, GET_Q);
    expect(computer.good(pid, "drv_open", 6, "hisi_qm_v1")).toBe(0);
    if (how === "kill") computer.kill(pid);
    else computer.begin(pid, "exit", 0);
    expect(computer.taken()).toBe(0);
    expect(computer.count("queue.put")).toBe(5);
    const left = computer.machine.files.filter(({ driver, count }) => driver !== 0 && count > 0);
    expect(left).toEqual([]);
  });

  test("a child that inherited the descriptor keeps the queue", () => {
    const { computer, pid, mdev } = opened();
    computer.good(pid, "ioctl", mdev, GET_Q);
    const child = computer.good(pid, "fork", "child");
    computer.kill(pid);
    expect(computer.taken()).toBe(1);
    computer.kill(child);
    expect(computer.taken()).toBe(0);
  });
});

// biome-ignore format: one call a line: page, bytes
const MAPPINGS = [
  ["zip",   0,  4096,         "good"],
  ["zip",   0,  4097,         "EINVAL"],
  ["zip",   1,  147_456,      "good"],
  ["zip",   1,  4096,         "good"],
  ["zip",   1,  147_457,      "EINVAL"],
  ["zip",   2,  4096,         "EINVAL"],
  ["zip",   37, 4096,         "EINVAL"],
  ["dummy", 0,  4096,         "good"],
  ["dummy", 0,  4097,         "EINVAL"],
  ["dummy", 1,  4096,         "EINVAL"],
] as const;

test.each(MAPPINGS)(
  "mmap of a queue of %s at page %i, %i bytes: %s",
  (hardware, page, size, got) => {
    const computer = new Computer({ hardware: HEADERS[hardware] });
    const pid = hardware === "zip" ? computer.app : computer.root;
    const { mdev } = open(computer, pid, hardware === "zip" ? ZIP : DUMMY);
    const q = computer.good(pid, "ioctl", mdev, GET_Q);
    const result = computer.call(pid, "mmap", 0, size, 3, 1, q, page * 4096);
    expect(result.errno ?? "good").toBe(got);
  },
);

// biome-ignore format: one call a line
const UNKNOWN = [
  ["the mediated device", "mdev", "VFIO_DEVICE_RESET"],
  ["the mediated device", "mdev", "DUMMY_CMD_FLUSH"],
  ["the mediated device", "mdev", "VFIO_SPIMDEV_CMD_WAIT"],
  ["a queue of the ZIP engine", "q", "DUMMY_CMD_FLUSH"],
  ["a queue of the ZIP engine", "q", GET_Q],
  ["a queue: the posted header has no WAIT", "q", "VFIO_SPIMDEV_CMD_WAIT"],
] as const;

test.each(UNKNOWN)("an ioctl unknown to %s (%s, %s) is EINVAL", (_what, file, command) => {
  const { computer, pid, mdev } = opened();
  const q = computer.good(pid, "ioctl", mdev, GET_Q);
  expect(word(computer.ioctl(pid, file === "q" ? q : mdev, command))).toBe("EINVAL");
});

test("without an IOMMU it takes root, and the parent shares no domain", () => {
  const computer = new Computer({ hardware: HEADERS.dummy });
  const create = `${DUMMY.home}/device/mdev_supported_types/${DUMMY.type}/create`;
  computer.write(computer.root, create, UUID);
  expect(word(computer.call(computer.app, "open", DUMMY.group, 2))).toBe("EPERM");
  expect(computer.machine.domains).toEqual([]);
});
