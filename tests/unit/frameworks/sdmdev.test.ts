import { describe, expect, test } from "vitest";
import { JIFFY, STARTING_DRIVERS } from "../../../engine/frameworks/index.ts";
import { bindMm, enableFeature } from "../../../engine/iommu/index.ts";
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

const WAIT = "VFIO_SDMDEV_CMD_WAIT";
const BIND = "VFIO_SDMDEV_CMD_BIND_PASID";
const OTHER = "2ad9f208-7da3-11e8-8709-57742f618a29";

const ZIP: OpenWish = {
  home: "/sys/class/sdmdev/hisi_zip-0",
  type: "hisi_zip-zip",
  group: "/dev/vfio/1",
  iommu: 1,
};
const TYPE = `${ZIP.home}/device/mdev_supported_types/${ZIP.type}`;

function sdmdev(wish: Wish = {}): Computer {
  return new Computer({ framework: "sdmdev", ...wish });
}

function opened(wish: Wish = {}) {
  const computer = sdmdev(wish);
  return { computer, ...open(computer, computer.app, ZIP) };
}

/** A buffer of two pages, shared, and the user driver on the mediated device's own descriptor. */
function ready(wish: Wish = {}) {
  const all = opened(wish);
  const { computer, pid, container, mdev } = all;
  computer.good(pid, "drv_open", mdev, "hisi_qm_v1");
  const buf = computer.good(pid, "mmap", 0, 8192, 3, 0x22, -1, 0);
  const map = { argsz: 32, flags: 3, vaddr: buf, iova: buf, size: 8192 };
  computer.good(pid, "ioctl", container, "VFIO_IOMMU_MAP_DMA", map);
  computer.good(pid, "store", buf, "a ring is a row of slots, a ring is a row of slots");
  const send = () =>
    word(computer.call(pid, "wd_send", mdev, { src: buf, len: 50, dst: buf + 4096, room: 4096 }));
  return { ...all, buf, send };
}

describe("create and remove", () => {
  test("WARPDRIVE-001: creating takes a queue, removing gives it back", () => {
    const computer = sdmdev();
    computer.write(computer.root, `${TYPE}/create`, UUID);
    expect(computer.taken()).toBe(1);
    computer.write(computer.root, `${ZIP.home}/device/${UUID}/remove`, "1");
    expect(computer.taken()).toBe(0);
  });

  test("WARPDRIVE-003: what the driver refuses goes to the writer unchanged", () => {
    const computer = sdmdev({ hardware: `${HEADERS.zip} queues=1` });
    computer.write(computer.root, `${TYPE}/create`, UUID);
    const second = computer.write(computer.root, `${TYPE}/create`, OTHER);
    expect(chain(second)).toBe("EBUSY no free queue");
    expect(computer.has(`${ZIP.home}/device/${OTHER}/remove`)).toBe(false);
    computer.write(computer.root, `${ZIP.home}/device/${UUID}/remove`, "1");
    expect(word(computer.write(computer.root, `${TYPE}/create`, OTHER))).toBe("36");
  });

  test("the queue outlives its process: only root gives it back", () => {
    const { computer, pid } = ready();
    computer.kill(pid);
    expect(computer.taken()).toBe(1);
    expect(computer.machine.queues.started[0]).toBe(0);
    computer.write(computer.root, `${ZIP.home}/device/${UUID}/remove`, "1");
    expect(computer.taken()).toBe(0);
  });

  test("removed while it is open: the queue goes at once, the writer waits, and closing is fine", () => {
    const { computer, pid, group, mdev } = opened();
    const file = computer.good(computer.root, "open", `${ZIP.home}/device/${UUID}/remove`, 1);
    const row = computer.begin(computer.root, "write", file, "1");
    expect([word(computer.result(row)), computer.taken()]).toEqual(["sleeps", 0]);
    for (const fd of [mdev, group]) computer.good(pid, "close", fd);
    expect(word(computer.result(row))).toBe("1");
  });

  test("opened again while its removal waits: the queue that open starts is gone", () => {
    const { computer, pid, group } = opened();
    const file = computer.good(computer.root, "open", `${ZIP.home}/device/${UUID}/remove`, 1);
    computer.begin(computer.root, "write", file, "1");
    const again = computer.call(pid, "ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", UUID);
    expect(again.bug).toBe("a queue that is gone");
  });
});

describe("open and release", () => {
  test("WARPDRIVE-004: opening starts the queue, closing stops it", () => {
    const { computer, pid, mdev } = opened();
    const started = () => computer.machine.queues.started[0];
    expect(started()).toBe(1);
    computer.good(pid, "close", mdev);
    expect([started(), computer.taken()]).toEqual([0, 1]);
  });

  test("D25: a start that fails is passed over, and the queue has no rings", () => {
    const { computer, pid, mdev } = opened({ more: "fail allocate 1" });
    expect(computer.machine.queues.started[0]).toBe(0);
    const mapped = computer.call(pid, "mmap", 0, 4096, 3, 1, mdev, 4096);
    expect(chain(mapped)).toBe("EINVAL the queue has no rings");
  });

  test("D25 mended: the start's refusal is open's, and nothing stays open", () => {
    const computer = sdmdev({ more: "fail allocate 1\nmended D25" });
    const tried = () => open(computer, computer.app, ZIP);
    expect(tried).toThrow(/EBUSY the queue cannot be started|"errno":"EBUSY"/);
    expect(computer.machine.vfioDevices[0]?.opens).toBe(0);
  });

  test("after a second opening the rings are empty again", () => {
    const { computer, pid, group, mdev, send } = ready();
    expect([send(), word(computer.call(pid, "wd_recv", mdev))]).toEqual(["0", "0"]);
    computer.kill(pid);
    const again = computer.task("again", false);
    const path = "/dev/vfio/1";
    const fd = computer.good(again, "open", path, 2);
    const container = computer.good(again, "open", "/dev/vfio/vfio", 2);
    computer.good(again, "ioctl", fd, "VFIO_GROUP_SET_CONTAINER", container);
    computer.good(again, "ioctl", container, "VFIO_SET_IOMMU", 1);
    const device = computer.good(again, "ioctl", fd, "VFIO_GROUP_GET_DEVICE_FD", UUID);
    computer.good(again, "drv_open", device, "hisi_qm_v1");
    expect(group).toBeGreaterThan(2);
    expect(word(computer.call(again, "wd_recv", device))).toBe("EAGAIN");
  });
});

// biome-ignore format: one file a line
const FILES = [
  [`${TYPE}/name`,                              "hisi_zip"],
  [`${TYPE}/device_api`,                        "hisi_qm_v1"],
  [`${TYPE}/available_instances`,               "0"],
  [`${TYPE}/flags`,                             "0"],
  [`${ZIP.home}/device/params/iommu_type`,      "1\n"],
  [`${ZIP.home}/device/params/dma_flag`,        "1\n"],
] as const;

test.each(FILES)("WARPDRIVE-010, WARPDRIVE-011: %s", (path, data) => {
  const computer = sdmdev();
  expect(computer.read(computer.app, path).written).toEqual({ data });
});

describe("WAIT", () => {
  test("WARPDRIVE-005: a driver that cannot notify is ENODEV", () => {
    const silent = { ...STARTING_DRIVERS.zip, canNotify: false };
    const { computer, pid, mdev } = opened({ ops: { sdmdev: silent } });
    expect(word(computer.ioctl(pid, mdev, WAIT, 0))).toBe("ENODEV");
  });

  test("WARPDRIVE-006: 0 waits without limit, until the queue has moved; the answer is 0", () => {
    const { computer, pid, mdev, send } = ready({ more: "mended D15" });
    const child = computer.good(pid, "fork", "child");
    const row = computer.begin(child, "ioctl", mdev, WAIT, 0);
    expect(word(computer.result(row))).toBe("sleeps");
    send();
    expect(word(computer.result(row))).toBe("0");
  });

  test("all that wait wake", () => {
    const { computer, pid, mdev, send } = ready({ more: "mended D15" });
    const rows = ["one", "two"].map((name) => {
      const child = computer.good(pid, "fork", name);
      return computer.begin(child, "ioctl", mdev, WAIT, 0);
    });
    send();
    // Looking takes the news away: the second finds nothing new, and sleeps on.
    expect(rows.map((row) => word(computer.result(row)))).toEqual(["0", "sleeps"]);
    expect(computer.machine.waits).toHaveLength(1);
  });

  test("what was done before is not waited for", () => {
    const { computer, pid, mdev, send } = ready({ more: "mended D15" });
    send();
    expect(word(computer.ioctl(pid, mdev, WAIT, 0))).toBe("0");
  });

  test.each([
    ["ticks as posted (D25)", "", JIFFY * 10],
    ["milliseconds mended", "mended D25", JIFFY * 2.5],
  ])("the time counts %s, and running out is 0", (_what, more, span) => {
    const { computer, pid, mdev } = ready({ more });
    const before = computer.machine.agenda.now;
    expect(word(computer.ioctl(pid, mdev, WAIT, 10))).toBe("0");
    const took = computer.machine.agenda.now - before;
    expect(took).toBeGreaterThanOrEqual(span);
    expect(took).toBeLessThan(span + JIFFY);
  });

  test("woken in time it returns the ticks that were left, which the library takes for an error", () => {
    const { computer, pid, mdev, send } = ready({ more: "mended D15" });
    send();
    expect(word(computer.ioctl(pid, mdev, WAIT, 10))).toBe("10");
  });

  test("D15 as posted: the queue has moved, and WAIT sleeps until its time is up", () => {
    const { computer, pid, mdev, send } = ready();
    send();
    const before = computer.machine.agenda.now;
    expect(word(computer.ioctl(pid, mdev, WAIT, 5))).toBe("0");
    expect(computer.machine.agenda.now - before).toBeGreaterThanOrEqual(5 * JIFFY);
  });

  test("a signal ends the wait", () => {
    const { computer, pid, mdev } = ready();
    const row = computer.begin(pid, "ioctl", mdev, WAIT, 0);
    computer.kill(pid);
    expect(word(computer.result(row))).toBe("SIGKILL");
  });
});

describe("BIND_PASID", () => {
  const SVA: Wish = {
    kernel: "v4.18+sva-rfc",
    hardware: HEADERS.zip.replace("kind=smmuv3", "kind=smmuv3 pasid=8 faults=stall"),
  };

  test("without process page tables it is an unknown ioctl", () => {
    const { computer, pid, mdev } = opened();
    expect(chain(computer.ioctl(pid, mdev, BIND, 1))).toMatch(/knows no such ioctl/);
  });

  test("opening starts nothing then; WARPDRIVE-007: another's PASID, or none, is EINVAL", () => {
    const { computer, pid, mdev } = opened(SVA);
    expect(computer.machine.queues.started[0]).toBe(0);
    const words = [0, 1, 77].map((pasid) => word(computer.ioctl(pid, mdev, BIND, pasid)));
    expect(words).toEqual(["EINVAL", "EINVAL", "EINVAL"]);
  });

  test("the caller's own PASID starts the queue, which carries it from then on", () => {
    const { computer, pid, mdev } = opened(SVA);
    const { machine } = computer;
    expect(enableFeature(machine, 0, "sva").ok).toBe(true);
    for (const task of [computer.root, pid]) bindMm(machine, 0, machine.tasks[task]?.mm ?? -1);
    const words = [1, 2].map((pasid) => word(computer.ioctl(pid, mdev, BIND, pasid)));
    expect(words).toEqual(["EINVAL", "0"]);
    expect([machine.queues.started[0], machine.queues.pasid[0]]).toEqual([1, 2]);
    expect(machine.sdmdevQueues[0]?.pasid).toBe(2);
  });
});

test("an ioctl that nobody knows is EINVAL", () => {
  const { computer, pid, mdev } = opened();
  expect(word(computer.ioctl(pid, mdev, "VFIO_SPIMDEV_CMD_GET_Q"))).toBe("EINVAL");
});
