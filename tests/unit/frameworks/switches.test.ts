/** Defects that a story shows: the code as it was posted beside the same with one switch the other way. */

import { describe, expect, test } from "vitest";
import { Iova, PAGE } from "../../../engine/core/index.ts";
import { JIFFY } from "../../../engine/frameworks/index.ts";
import { engineStep } from "../../../engine/hw/index.ts";
import { iovaToFrame } from "../../../engine/iommu/index.ts";
import { Computer, chain, HEADERS, open, type Wish, word } from "./computer.ts";

const HOME = "/sys/class/spimdev/hisi_zip-0";
const OTHER = "2ad9f208-7da3-11e8-8709-57742f618a29";
const ZIP = { home: HOME, type: "hisi_zip-zip", group: "/dev/vfio/1", iommu: 1 };
const DUMMY = {
  home: "/sys/class/sdmdev/dummy_wd.0",
  type: "dummy_wd-memcopy",
  group: "/dev/vfio/noiommu-0",
  iommu: 8,
};
const HELD = HEADERS.zip.replace("behind", "held behind");

/** A queue of the ZIP engine, opened by the user driver; a second process gets the same by `again`. */
function queue(wish: Wish = {}) {
  const on = new Computer(wish);
  const { container, mdev } = open(on, on.app, ZIP);
  const q = on.good(on.app, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  on.good(on.app, "drv_open", q, "hisi_qm_v1");
  const again = (name: string, uuid: string, group: string) => {
    const pid = on.task(name, false);
    const fd = on.good(pid, "open", group, 2);
    const theirs = on.good(pid, "open", "/dev/vfio/vfio", 2);
    on.good(pid, "ioctl", fd, "VFIO_GROUP_SET_CONTAINER", theirs);
    on.good(pid, "ioctl", theirs, "VFIO_SET_IOMMU", 1);
    const device = on.good(pid, "ioctl", fd, "VFIO_GROUP_GET_DEVICE_FD", uuid);
    const next = on.good(pid, "ioctl", device, "VFIO_SPIMDEV_CMD_GET_Q");
    return { pid, q: next };
  };
  return { on, machine: on.machine, app: on.app, container, mdev, q, again };
}

describe("D2: WAIT on the dummy device", () => {
  function dummy(more: string) {
    const on = new Computer({ framework: "sdmdev", hardware: HEADERS.dummy, more });
    const { mdev } = open(on, on.root, DUMMY);
    on.good(on.root, "drv_open", mdev, "wd_dummy_v1");
    const buf = on.good(on.root, "mmap", 0, 8192, 3, 0x22, -1, 0);
    const send = () => on.good(on.root, "wd_send", mdev, { src: buf, len: 8, dst: buf + PAGE });
    const wait = () => word(on.ioctl(on.root, mdev, "VFIO_SDMDEV_CMD_WAIT", 5));
    return { on, mdev, send, wait };
  }

  test.each([
    ["", ["0", "5", "5", "5"]],
    ["mended D2", ["0", "5", "0", "5"]],
  ])("%j: nothing sent, sent, nothing sent, sent: %j ticks are left", (more, left) => {
    const { send, wait } = dummy(more);
    const first = wait();
    send();
    const second = wait();
    const third = wait();
    send();
    expect([first, second, third, wait()]).toEqual(left);
  });

  test("who sleeps is woken by another's FLUSH, and works off nothing then", () => {
    const { on, mdev, send } = dummy("");
    const child = on.good(on.root, "fork", "child");
    const row = on.begin(child, "ioctl", mdev, "VFIO_SDMDEV_CMD_WAIT", 0);
    send();
    expect(word(on.result(row))).toBe("sleeps");
    on.good(on.root, "ioctl", mdev, "DUMMY_CMD_FLUSH");
    expect(word(on.result(row))).toBe("0");
    expect(on.machine.waits).toEqual([]);
  });

  test("the crash that the ring's length makes (D31) is the waiter's, too", () => {
    const { on, mdev } = dummy("");
    const page = on.good(on.root, "mmap", 0, PAGE, 3, 1, mdev, 0);
    on.good(on.root, "store", page + 648, "\xff");
    on.good(on.root, "store", page + 652, "\xc8");
    expect(on.ioctl(on.root, mdev, "VFIO_SDMDEV_CMD_WAIT", 1).bug).toMatch(/past the queue's page/);
  });
});

describe("D10: WAIT of the snapshot", () => {
  test("the posted header has none", () => {
    const { on, app, q } = queue();
    expect(chain(on.ioctl(app, q, "VFIO_SPIMDEV_CMD_WAIT", 1))).toMatch(
      /^EINVAL the queue's driver/,
    );
  });

  // biome-ignore format: one case a line
  const ROWS = [
    ["as posted", "",           65_535, 65_535],
    ["as posted", "",           65_537,      1],
    ["as posted", "",           65_536,   null],
    ["mended",    "mended D10", 65_536, 65_536],
    ["mended",    "mended D10",      0,   null],
  ] as const;

  test.each(ROWS)("%s %s: %i ms are %s", (_what, more, asked, ms) => {
    const { on, machine, app, q } = queue({ more: `what-if yes\n${more}` });
    const before = machine.agenda.now;
    const row = on.begin(app, "ioctl", q, "VFIO_SPIMDEV_CMD_WAIT", asked);
    expect(word(on.result(row))).toBe(ms === null ? "sleeps" : "0");
    if (ms !== null) {
      const took = machine.agenda.now - before;
      expect(took).toBeGreaterThanOrEqual((ms * JIFFY) / 4);
      expect(took).toBeLessThan(((ms + 1) * JIFFY) / 4);
    }
  });
});

describe("D14: one page of doorbells", () => {
  /** The program spy maps the doorbell of its own queue, number 1, and stores a word there. */
  function spying(more: string) {
    const one = queue({ more });
    const { on } = one;
    const create = `${HOME}/device/mdev_supported_types/${ZIP.type}/create`;
    on.write(on.root, create, OTHER);
    const spy = one.again("spy", OTHER, "/dev/vfio/2");
    const bell = on.good(spy.pid, "mmap", 0, PAGE, 3, 1, spy.q, 0);
    const ring = (qn: number) => {
      on.good(spy.pid, "store", bell + 0x340, `${String.fromCharCode(qn)}\0\0\0\x01\0\0\0`);
      return on.machine.queues.tail.subarray(0, 2).join();
    };
    return { ...one, ring };
  }

  test.each([
    ["", 0, "1,0"],
    ["", 1, "0,1"],
    ["mended D14", 0, "0,0"],
    ["mended D14", 1, "0,1"],
  ])("%j: who rings for queue %i moves %s", (more, qn, tails) => {
    expect(spying(more).ring(qn)).toBe(tails);
  });

  test.each([
    ["", "EIO"],
    ["mended D14", "EAGAIN"],
  ])("%j: the owner of queue 0, who sent nothing, receives %s", (more, got) => {
    const { on, app, q, ring } = spying(more);
    ring(0);
    expect(word(on.call(app, "wd_recv", q))).toBe(got);
  });

  test("eight bytes elsewhere are a store like any other", () => {
    const { on, app } = queue();
    const buf = on.good(app, "mmap", 0, 8192, 3, 0x22, -1, 0);
    on.good(app, "store", buf + PAGE - 4, "\xff23456\xfe8");
    expect(on.call(app, "load", buf + PAGE - 4, 8).written).toEqual({ data: "\xff23456\xfe8" });
    expect(word(on.call(app, "store", 64, "12345678"))).toBe("SIGSEGV");
  });
});

describe("D16: rings that are freed under the device", () => {
  /** A request is fetched, its program is killed, and the device goes on when it is stepped. */
  function killed(more: string) {
    const one = queue({ hardware: HELD, more });
    const { on, machine, app, q, container } = one;
    const buf = on.good(app, "mmap", 0, 8192, 3, 0x22, -1, 0);
    on.good(app, "store", buf, "a ring is a row of slots");
    const map = { argsz: 32, flags: 3, vaddr: buf, iova: buf, size: 8192 };
    on.good(app, "ioctl", container, "VFIO_IOMMU_MAP_DMA", map);
    on.good(app, "wd_send", q, { src: buf, len: 24, dst: buf + PAGE, room: PAGE });
    engineStep(machine, 0);
    const sq = Iova(machine.queues.sq[0] as number);
    const pfn = machine.queues.pfn[0] as number;
    on.kill(app);
    const finish = () => {
      for (let steps = 0; machine.jobs[0] !== undefined; steps += 1) {
        if (steps > 20) throw new Error("the device is never done");
        engineStep(machine, 0);
      }
    };
    const entry = () => iovaToFrame(machine, 0, sq);
    const isFree = () => machine.frames.refs[pfn] === 0;
    return { ...one, sq, pfn, finish, entry, isFree };
  }

  test("as posted they go at once, and the device's answer is refused three times", () => {
    const { on, entry, isFree, finish, machine } = killed("");
    expect([entry(), isFree(), on.taken()]).toEqual([-1, true, 0]);
    finish();
    expect(on.count("dma.fault")).toBe(3); // the page, the result, the completion
    expect(machine.jobs[0]).toBeUndefined();
  });

  test("mended they stay until it is done, and the number is free at once", () => {
    const { on, entry, isFree, finish, pfn } = killed("mended D16");
    expect([entry(), isFree(), on.taken()]).toEqual([pfn, false, 0]);
    finish();
    expect(on.count("dma.fault")).toBe(1);
    expect([entry(), isFree()]).toEqual([-1, true]);
  });

  test.each([
    ["", true, "EIO"],
    ["mended D16", false, "EAGAIN"],
  ])("%j: the next program has the same addresses (%s), and receives %s", (more, isSame, got) => {
    const { on, machine, again, sq, finish } = killed(more);
    const next = again("next", "2ad9f208-7da3-11e8-8709-57742f618a28", "/dev/vfio/1");
    on.good(next.pid, "drv_open", next.q, "hisi_qm_v1");
    expect(machine.queues.sq[1] === sq).toBe(isSame);
    finish();
    expect(word(on.call(next.pid, "wd_recv", next.q))).toBe(got);
    on.kill(next.pid);
    expect(machine.domains[0]?.ranges).toHaveLength(1); // what the driver has for itself
  });

  test("mended, a queue that is started anew meanwhile has rings of its own", () => {
    const on = new Computer({ framework: "sdmdev", hardware: HELD, more: "mended D16" });
    const { machine } = on;
    const home = "/sys/class/sdmdev/hisi_zip-0";
    const { group, mdev } = open(on, on.app, { ...ZIP, home });
    on.good(on.app, "drv_open", mdev, "hisi_qm_v1");
    on.good(on.app, "wd_send", mdev, { src: 0, len: 0, dst: 0, room: 0 });
    engineStep(machine, 0);
    const old = machine.queues.sq[0];
    on.kill(on.app);
    expect(group).toBeGreaterThan(2);
    const pid = on.task("next", false);
    const fd = on.good(pid, "open", "/dev/vfio/1", 2);
    const container = on.good(pid, "open", "/dev/vfio/vfio", 2);
    on.good(pid, "ioctl", fd, "VFIO_GROUP_SET_CONTAINER", container);
    on.good(pid, "ioctl", container, "VFIO_SET_IOMMU", 1);
    const uuid = "2ad9f208-7da3-11e8-8709-57742f618a28";
    const again = on.good(pid, "ioctl", fd, "VFIO_GROUP_GET_DEVICE_FD", uuid);
    on.good(pid, "drv_open", again, "hisi_qm_v1");
    expect(machine.queues.sq[0]).not.toBe(old);
    while (machine.jobs[0]) engineStep(machine, 0);
    expect([machine.queues.head[0], machine.queues.cqTail[0]]).toEqual([0, 0]);
    expect(word(on.call(pid, "wd_recv", again))).toBe("EAGAIN");
  });
});

describe("D20: mmap's failure", () => {
  /** The rings, or the doorbell page, cannot be mapped. */
  function unmapped(more: string) {
    const on = new Computer({ framework: "sdmdev", more: `fail allocate 1\n${more}` });
    const { mdev } = open(on, on.app, { ...ZIP, home: "/sys/class/sdmdev/hisi_zip-0" });
    return { on, app: on.app, mdev, opened: word(on.call(on.app, "drv_open", mdev, "hisi_qm_v1")) };
  }

  test.each([
    ["wd_send", { src: 0, len: 0, dst: 0, room: 0 }],
    ["wd_recv", null],
  ])("as posted it is not seen, and %s ends the program", (call, arg) => {
    const { on, app, mdev, opened } = unmapped("");
    expect(opened).toBe("0");
    expect(word(on.call(app, call, mdev, arg))).toBe("SIGSEGV");
  });

  test("mended it is -EIO, and there is no queue to send to", () => {
    const { on, app, mdev, opened } = unmapped("mended D20");
    expect(opened).toBe("EIO");
    expect(word(on.call(app, "wd_send", mdev, null))).toBe("EBADF");
  });
});

describe("D19: a completion that comes before another", () => {
  test.each([
    ["", [0, 1]],
    ["mended D19", [1, 0]],
  ])("%j: of slots 1 and 0, done in this order, the program hears %j", (more, heard) => {
    const { on, app, q } = queue({ hardware: HELD, more });
    for (const _ of [0, 1]) on.good(app, "wd_send", q, { src: 0, len: 0, dst: 0, room: 0 });
    const rings = on.good(app, "mmap", 0, 147_456, 3, 1, q, PAGE);
    for (const [place, slot] of [1, 0].entries()) {
      const entry = `${"\0".repeat(8)}${String.fromCharCode(slot)}\0\0\0\0\0\x01\0`;
      on.good(app, "store", rings + 131_072 + 16 * place, entry);
    }
    const got = [0, 1].map(() => on.call(app, "wd_recv", q).written?.request);
    expect(got).toEqual(heard);
  });
});
