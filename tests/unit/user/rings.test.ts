import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallResult } from "../../../engine/core/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { Computer, HEADERS, open, word } from "../frameworks/computer.ts";
import { memory, ready, computer as uacce } from "../frameworks/uacce-bench.ts";

/**
 * The library's rings beside the plainest thing that could be right: a list that requests are put
 * in at one end and taken out at the other.
 */

interface Sent {
  readonly handle: number;
  readonly isGood: boolean;
}

type Op = "send" | "bad" | "recv";

/** Mostly as many in as out, so that the ring runs empty, and goes round. */
const someOps = fc.array(fc.constantFrom<Op>("send", "send", "bad", "recv", "recv", "recv"), {
  maxLength: 40,
});

/** A queue of the ZIP engine with two pages shared: bytes in the first, room in the second. */
function zip(more: string) {
  const computer = new Computer({ more });
  const pid = computer.app;
  const { container, mdev } = open(computer, pid, {
    home: "/sys/class/spimdev/hisi_zip-0",
    type: "hisi_zip-zip",
    group: "/dev/vfio/1",
    iommu: 1,
  });
  const q = computer.good(pid, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  computer.good(pid, "drv_open", q, "hisi_qm_v1");
  const buf = computer.good(pid, "mmap", 0, 8192, 3, 0x22, -1, 0);
  computer.good(pid, "store", buf, "text ".repeat(20));
  const map = { argsz: 32, flags: 3, vaddr: buf, iova: buf, size: 8192 };
  computer.good(pid, "ioctl", container, "VFIO_IOMMU_MAP_DMA", map);
  const send = (src: number) =>
    word(computer.call(pid, "wd_send", q, { src, len: 100, dst: buf + 4096, room: 4096 }));
  const recv = () => computer.call(pid, "wd_recv", q);
  return { computer, pid, q, buf, send, recv };
}

/** What a receive says of the oldest request: its handle, or -EIO. */
function said(result: CallResult): string {
  if (result.errno) return `-${result.errno}`;
  return `request ${(result.written as { readonly request: number }).request}`;
}

/** As posted the user driver never gets past a request that failed (D18). */
function agreesWithList(more: "" | "mended D18", ops: readonly Op[]): void {
  const { buf, send, recv } = zip(more);
  const waiting: Sent[] = [];
  let handle = 0;
  for (const op of ops) {
    if (op === "recv") {
      const [oldest] = waiting;
      const wanted = !oldest ? "-EAGAIN" : oldest.isGood ? `request ${oldest.handle}` : "-EIO";
      expect(said(recv())).toBe(wanted);
      if (oldest && (oldest.isGood || more !== "")) waiting.shift();
      continue;
    }
    const isGood = op === "send";
    expect(send(isGood ? buf : 0x1000)).toBe("0");
    waiting.push({ handle, isGood });
    handle += 1;
  }
}

test.each(["", "mended D18"] as const)(
  "queue manager, %j: what is sent is received once, in order, with its handle",
  (more) =>
    check(
      fc.property(someOps, (ops) => agreesWithList(more, ops)),
      { share: 0.2 },
    ),
  TIMEOUT,
);

describe("queue manager", () => {
  test("the ring goes round twice, and the phase bit tells new from old each time", () => {
    const { buf, send, recv } = zip("");
    const bursts = [1, 2, 7, 500, 1023];
    let handle = 0;
    let taken = 0;
    for (let round = 0; taken < 2100; round += 1) {
      const burst = bursts[round % bursts.length] as number;
      for (let count = 0; count < burst; count += 1) expect(send(buf)).toBe("0");
      handle += burst;
      while (taken < handle) {
        expect(said(recv())).toBe(`request ${taken}`);
        taken += 1;
      }
      expect(said(recv())).toBe("-EAGAIN");
    }
  });

  test("1024 requests fill the ring, and the next is refused", () => {
    const { computer, buf, send, recv } = zip("");
    const [device] = computer.machine.devices;
    computer.machine.devices[0] = { ...(device as NonNullable<typeof device>), held: true };
    for (let count = 0; count < 1024; count += 1) expect(send(buf)).toBe("0");
    expect([send(buf), send(buf)]).toEqual(["EBUSY", "EBUSY"]);
    expect(said(recv())).toBe("-EAGAIN");
    // The last doorbell named the head: as far as the device can tell the ring is empty.
    const [tail, head] = [computer.machine.queues.tail[0], computer.machine.queues.head[0]];
    expect([tail, head]).toEqual([0, 0]);
  });

  test("uacce's library keeps one slot free, and the device sees all that was sent", () => {
    const computer = uacce();
    const q = ready(computer);
    const buf = memory(computer, 2);
    const [device] = computer.machine.devices;
    computer.machine.devices[0] = { ...(device as NonNullable<typeof device>), held: true };
    const send = () => {
      const message = { src: buf, len: 10, dst: buf + 4096, room: 4096 };
      return word(computer.call(computer.app, "wd_send", q, message));
    };
    for (let count = 0; count < 1023; count += 1) expect(send()).toBe("0");
    expect(send()).toBe("EBUSY");
    expect(computer.machine.queues.tail[0]).toBe(1023);
  });

  test("drv_open maps the rings, then the doorbell, and no more", () => {
    const { computer, q } = zip("");
    const maps = computer.machine.calls.filter(
      ({ call, parent }) => call === "mmap" && parent >= 0,
    );
    expect(maps.map(({ args }) => args)).toEqual([
      [0, 36 * 4096, 3, 1, q, 4096],
      [0, 4096, 3, 1, q, 0],
    ]);
  });

  test("a send and a receive make no system call", () => {
    const { computer, buf, send, recv } = zip("");
    const before = computer.machine.calls.length;
    send(buf);
    recv();
    const kinds = computer.machine.calls.slice(before).map(({ kind }) => kind);
    expect(kinds).toEqual(["library", "request", "library"]);
  });

  test("a child has a copy of the parent's ring state, and goes on from it by itself", () => {
    const { computer, pid, q, buf, send, recv } = zip("");
    send(buf);
    send(buf);
    const child = computer.good(pid, "fork", "child");
    expect(computer.machine.tasks[child]?.fds[q]).toBe(computer.machine.tasks[pid]?.fds[q]);
    expect([said(recv()), said(recv()), said(recv())]).toEqual([
      "request 0",
      "request 1",
      "-EAGAIN",
    ]);
  });
});

/** The dummy device works when it is flushed, and not before. */
type DummyOp = "send" | "flush" | "recv";

function dummyAgrees(ops: readonly DummyOp[]): void {
  const computer = new Computer({ hardware: HEADERS.dummy });
  const pid = computer.root;
  const { mdev } = open(computer, pid, {
    home: "/sys/class/spimdev/dummy_wd.0",
    type: "dummy_wd-memcopy",
    group: "/dev/vfio/noiommu-0",
    iommu: 8,
  });
  const q = computer.good(pid, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  computer.good(pid, "drv_open", q, "wd_dummy_v1");
  const buf = computer.good(pid, "mmap", 0, 8192, 3, 0x22, -1, 0);
  computer.good(pid, "store", buf, "x");
  let [sent, flushed, received] = [0, 0, 0];
  for (const op of ops) {
    if (op === "send") {
      const isFull = sent - received === 15;
      const message = { src: buf, dst: buf + 4096, len: 64 };
      expect(word(computer.call(pid, "wd_send", q, message))).toBe(isFull ? "EBUSY" : "0");
      if (!isFull) sent += 1;
    } else if (op === "flush") {
      expect(word(computer.ioctl(pid, q, "DUMMY_CMD_FLUSH"))).toBe("0");
      flushed = sent;
    } else {
      const isThere = received < flushed;
      expect(word(computer.call(pid, "wd_recv", q))).toBe(isThere ? "0" : "EBUSY");
      if (isThere) received += 1;
    }
  }
}

test(
  "dummy device: 15 wait at most, a flush does them all, each is received once",
  () =>
    check(
      fc.property(
        fc.array(fc.constantFrom<DummyOp>("send", "send", "send", "send", "recv", "flush"), {
          maxLength: 80,
          size: "max",
        }),
        dummyAgrees,
      ),
      { share: 0.2 },
    ),
  TIMEOUT,
);

// biome-ignore format: one case a line
const REFUSED: readonly (readonly [what: string, call: string, args: readonly (number | string | object)[], errno: string])[] = [
  ["a driver that nobody wrote",         "drv_open", [5, "hisi_qm_v9"],        "ENODEV"],
  ["a name that every object has",       "drv_open", [5, "constructor"],       "ENODEV"],
  ["a descriptor that is not open",      "drv_open", [99, "hisi_qm_v1"],       "EIO"],
  ["a file that cannot be mapped",       "drv_open", [0, "hisi_qm_v1"],        "EIO"],
  ["a queue that was never opened",      "wd_send",  [99, {}],                 "EBADF"],
  ["the same to receive",                "wd_recv",  [99],                     "EBADF"],
  ["a negative descriptor",              "wd_recv",  [-1],                     "EBADF"],
];

test.each(REFUSED)("%s: %s is refused", (_what, call, args, errno) => {
  const computer = new Computer({ more: "mended D20" });
  expect(word(computer.call(computer.app, call, ...(args as never[])))).toBe(errno);
});

describe("a program's own memory", () => {
  const at = 0x7f000000;

  function withPage() {
    const computer = new Computer();
    const pid = computer.app;
    computer.good(pid, "mmap", 0, 8192, 3, 0x22, -1, 0);
    return { computer, pid };
  }

  test("is stored and loaded across pages, byte for byte", () => {
    const { computer, pid } = withPage();
    const text = Array.from({ length: 300 }, (_, byte) => String.fromCharCode(byte % 256)).join("");
    computer.good(pid, "store", at + 4000, text);
    expect(computer.call(pid, "load", at + 4000, 300).written).toEqual({ data: text });
    expect(computer.call(pid, "load", at + 3999, 2).written).toEqual({ data: "\0\0" });
  });

  // biome-ignore format: one case a line
  const BAD: readonly (readonly [what: string, call: string, va: number, what2: string | number])[] = [
    ["below",              "store", at - 1,          "x"],
    ["above",              "store", at + 8192,       "x"],
    ["across the end",     "store", at + 8191,       "xy"],
    ["nothing, far away",  "load",  0,               1],
    ["past all addresses", "load",  2 ** 48,         1],
    ["at the very end",    "load",  2 ** 64 - 4096,  1],
  ];

  test.each(BAD)("%s: SIGSEGV, and the process is gone", (_what, call, va, more) => {
    const { computer, pid } = withPage();
    expect(word(computer.call(pid, call, va, more))).toBe("SIGSEGV");
    expect(computer.machine.tasks[pid]).toMatchObject({ state: "dead", ended: "SIGSEGV" });
  });

  test("no bytes at a bad address are no access", () => {
    const { computer, pid } = withPage();
    expect([
      word(computer.call(pid, "store", 0, "")),
      word(computer.call(pid, "load", 0, 0)),
    ]).toEqual(["0", "0"]);
  });

  test("ends where no page can be had: -ENOMEM, and the process lives", () => {
    const computer = new Computer({ more: "fail allocate 1" });
    const pid = computer.app;
    computer.machine.asked.fill(0);
    computer.good(pid, "mmap", 0, 4096, 3, 0x22, -1, 0);
    expect(word(computer.call(pid, "store", at, "x"))).toBe("ENOMEM");
    expect(word(computer.call(pid, "store", at, "x"))).toBe("0");
  });
});
