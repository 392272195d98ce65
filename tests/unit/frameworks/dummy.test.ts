import { expect, test } from "vitest";
import { Computer, HEADERS, open, word } from "./computer.ts";

/** A queue of the dummy device, opened, and 16 KiB of memory: 8 to copy from, 8 to copy to. */
function dummy(more = "") {
  const computer = new Computer({ hardware: HEADERS.dummy, more });
  const pid = computer.root;
  const { mdev } = open(computer, pid, {
    home: "/sys/class/spimdev/dummy_wd.0",
    type: "dummy_wd-memcopy",
    group: "/dev/vfio/noiommu-0",
    iommu: 8,
  });
  const q = computer.good(pid, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  const page = computer.good(pid, "mmap", 0, 4096, 3, 1, q, 0);
  computer.good(pid, "drv_open", q, "wd_dummy_v1");
  const src = computer.good(pid, "mmap", 0, 16_384, 3, 0x22, -1, 0);
  const dst = src + 8192;
  computer.good(pid, "store", src, "x".repeat(8192));
  computer.good(pid, "store", dst, "y".repeat(8192));
  const send = (len: number, from = src) =>
    word(computer.call(pid, "wd_send", q, { src: from, dst, len }));
  const flush = () => word(computer.ioctl(pid, q, "DUMMY_CMD_FLUSH"));
  const recv = () => computer.call(pid, "wd_recv", q).value;
  const load = (at: number, size: number) => computer.call(pid, "load", at, size).written?.data;
  return { computer, pid, mdev, q, page, dst, send, flush, recv, load };
}

test("15 of 16 fit, the 16th is -EBUSY; a flush alone makes no room, a receive does", () => {
  const { send, flush, recv } = dummy();
  const words = Array.from({ length: 16 }, () => send(4096));
  expect(words).toEqual([...new Array(15).fill("0"), "EBUSY"]);
  flush();
  expect(send(4096)).toBe("EBUSY");
  expect(recv()).toBe(0);
  expect([send(4096), send(4096)]).toEqual(["0", "EBUSY"]);
});

test("nothing is copied before a flush; then all that waits is, and the ring goes round", () => {
  const { send, flush, recv, load, dst } = dummy();
  for (let round = 0; round < 40; round += 1) {
    send(4096);
    if (round === 0) expect(load(dst, 2)).toBe("yy");
    flush();
    expect([recv(), recv()]).toEqual([0, -16]);
  }
  expect(load(dst + 4094, 4)).toBe("xxyy");
});

// biome-ignore format: one request a line
const RESULTS = [
  ["4096 bytes, as posted",         "",          4096, undefined, 0,   "x"],
  ["4097 bytes, as posted",         "",          4097, undefined, 0,   "y"],
  ["4097 bytes, D1 mended",         "mended D1", 4097, undefined, -22, "y"],
  ["a bad address, as posted",      "",          64,   4096,      0,   "y"],
  ["a bad address, D1 mended",      "mended D1", 64,   4096,      -14, "y"],
  ["past all addresses, D1 mended", "mended D1", 64,   2 ** 48,   -14, "y"],
  ["no bytes",                      "mended D1", 0,    undefined, 0,   "y"],
] as const;

test.each(RESULTS)("%s", (_what, more, len, from, result, mark) => {
  const { send, flush, recv, load, dst } = dummy(more);
  send(len, from);
  expect(flush()).toBe("0");
  expect(recv()).toBe(result);
  expect(load(dst, 1)).toBe(mark);
});

test.each([16, 17, 255])("a head past the ring (%i) is passed over, and nothing moves", (head) => {
  const { computer, pid, page, send, flush, recv, load, dst } = dummy();
  send(4096);
  computer.good(pid, "store", page + 652, String.fromCharCode(head));
  expect(flush()).toBe("0");
  expect(recv()).toBe(-16);
  expect(load(dst, 1)).toBe("y");
  computer.good(pid, "store", page + 652, "\x01");
  flush();
  expect([recv(), load(dst, 1)]).toEqual([0, "x"]);
});

test("the page says what it is: tag, 16 descriptors", () => {
  const { load, page } = dummy();
  expect(load(page, 8)).toBe("WDDUMMY\0");
  expect(load(page + 648, 12)).toBe("\x10\0\0\0\0\0\0\0\0\0\0\0");
});

test("another tag and drv_open is -EIO", () => {
  const { computer, pid, page, q } = dummy();
  computer.good(pid, "store", page, "X");
  expect(word(computer.call(pid, "drv_open", q, "wd_dummy_v1"))).toBe("EIO");
});

test("four queues, and the fifth is ENODEV, which is what the driver said too", () => {
  const { computer, pid, mdev } = dummy();
  const get = () => computer.ioctl(pid, mdev, "VFIO_SPIMDEV_CMD_GET_Q");
  const words = [1, 2, 3].map(() => word(get()));
  expect(words).not.toContain("ENODEV");
  const errnos = get().chain?.map(({ errno }) => errno);
  expect(errnos).toEqual(["ENODEV", "ENODEV"]);
});

test("the driver remembers where it is: a tail that the program writes changes nothing", () => {
  const { computer, pid, page, send, flush, recv } = dummy();
  send(64);
  flush();
  computer.good(pid, "store", page + 656, "\x07");
  send(64);
  expect([flush(), recv(), recv(), recv()]).toEqual(["0", 0, 0, -16]);
});

test("D31 as posted: the length of the ring is what the program says; mended it is 16", () => {
  const words = ["", "mended D31"].map((more) => {
    const { computer, pid, page, flush } = dummy(more);
    computer.good(pid, "store", page + 648, "\xff");
    computer.good(pid, "store", page + 652, "\xc8");
    return flush();
  });
  expect(words).toEqual(["BUG", "0"]);
});

test("a copy into the ring itself is seen by the next descriptor", () => {
  const { computer, pid, page, send, flush, recv, load, dst } = dummy();
  const buffer = dst - 8192;
  // The first copies a size of 8 over the size of the second.
  computer.good(pid, "store", buffer, "\x08\0\0\0\0\0\0\0");
  computer.good(pid, "store", buffer + 8, "abcdefghijkl");
  computer.call(pid, "wd_send", 6, { src: buffer, dst: page + 8 + 40 + 16, len: 8 });
  send(12, buffer + 8);
  flush();
  expect([recv(), recv(), load(dst, 12)]).toEqual([0, 0, "abcdefghyyyy"]);
});
