import { describe, expect, test } from "vitest";
import { formatError, hash, type Run, runFlow } from "../../../engine/index.ts";
import { LIBRARY } from "./flows.ts";

/** Stories that push at a limit. Each ends with a result; none throws, none runs for ever. */

const SPIMDEV = `title T
kernel v4.18
framework spimdev
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip behind=smmu0
given open-a-queue
`;
const DUMMY = `title T
kernel v4.18
framework spimdev
device dummy_wd.0 kind=dummy
given open-dummy
`;
const IOCTL = `title T
kernel v4.18
framework ioctl
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip behind=smmu0
`;

function runOf(header: string, lines: readonly string[]): Run {
  const result = runFlow({ text: `${header}${lines.join("\n")}\n`, file: "f.flow" }, LIBRARY);
  if (!result.ok) throw new Error(result.errors.map(formatError).join("\n"));
  return result.run;
}

function mmap(name: string, size: string): string {
  return `app: ${name} = mmap(NULL, ${size}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)`;
}

function mapDma(name: string, size: string): string {
  return `app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: 3, vaddr: ${name}, iova: ${name}, size: ${size}})`;
}

const UNLIMITED = "app: setrlimit(RLIMIT_MEMLOCK, 100G) = 0";

describe("memory", () => {
  test("that nobody touched may be shared by the hundred megabytes, page by page", () => {
    const run = runOf(SPIMDEV, [
      UNLIMITED,
      mmap("buf", "100M"),
      mapDma("buf", "100M"),
      "expect app.locked_vm == 25600",
    ]);
    expect([run.failures, run.end]).toEqual([[], undefined]);
  });

  test("ends: what cannot be had is ENOMEM, and nothing of it stays", () => {
    const run = runOf(SPIMDEV, [
      UNLIMITED,
      mmap("buf", "10G"),
      `${mapDma("buf", "10G")} = -1 ENOMEM`,
      "expect app.locked_vm == 0",
    ]);
    expect([run.failures, run.end]).toEqual([[], undefined]);
  });

  // biome-ignore format: one case a line
  const HUGE: readonly (readonly [what: string, lines: readonly string[]])[] = [
    ["to grow past all addresses",   [mmap("buf", "8K"), "app: mremap(buf, 8K, 0xfffffffffffff000, 1) = -1 ENOMEM"]],
    ["to grow to all addresses",     [mmap("buf", "8K"), "app: mremap(buf, 8K, 281474976710656, 1) = -1 ENOMEM"]],
    ["to move past all addresses",   [mmap("buf", "8K"), "app: mremap(buf, 8K, 8K, 3, 281474976706560) = -1 EINVAL"]],
    ["to be protected, all of it",   [mmap("buf", "8K"), "app: mprotect(0, 281474976710656, 0) = -1 ENOMEM"]],
    ["to be locked, all of it",      [UNLIMITED, mmap("buf", "8K"), "app: mlock(0, 0xfffffffffffff000) = -1 ENOMEM"]],
    ["to be locked, all zero pages", ["app: setrlimit(RLIMIT_MEMLOCK, -1) = 0", "app: buf = mmap(NULL, 70368744177664, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", "app: mlock(buf, 70368744177664) = 0"]],
    ["to be dropped, all of it",     [mmap("buf", "8K"), "app: madvise(0, 281474976710656, MADV_DONTNEED)"]],
  ];

  test.each(HUGE)("asked %s is refused or done, at once", (_what, lines) => {
    const run = runOf(SPIMDEV, lines);
    expect([run.failures, run.end]).toEqual([[], undefined]);
  });

  test("of zero pages without end, shared with a device, ends", () => {
    const buf =
      "app: buf = mmap(NULL, 70368744177664, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
    const map =
      "app: ioctl(container, VFIO_IOMMU_MAP_DMA, {argsz: 32, flags: 1, vaddr: buf, iova: buf, size: 70368744177664})";
    const run = runOf(SPIMDEV, [buf, map]);
    expect(run.end).toBe("limit: more than 65536 pages in one mapping");
  });

  test("of many children ends the run at a limit", () => {
    const lines = [UNLIMITED, mmap("buf", "8M"), mapDma("buf", "8M")];
    for (let child = 0; child < 2000; child += 1) lines.push(`app: c${child} = fork()`);
    expect(runOf(SPIMDEV, lines).end).toMatch(/^limit: /);
  });
});

describe("text", () => {
  const ioctl = (texts: string) => `app: ioctl(3, WD_IOCTL_COMPRESS, [${texts}])`;

  test("is made eight times in a line, and no more", () => {
    const text = (count: number) =>
      `${IOCTL}${ioctl(new Array(count).fill("text(1M)").join(", "))}\n`;
    const eight = runFlow({ text: text(8), file: "f.flow" }, LIBRARY);
    expect(eight.ok && eight.run.end).toBe(undefined);
    const nine = runFlow({ text: text(9), file: "f.flow" }, LIBRARY);
    expect(nine.ok ? [] : nine.errors.map(formatError)).toEqual([
      "f.flow:6:1: expected at most 8 of text(), random(), repeat() in a line, found 9",
    ]);
  });

  test("is given to calls up to 64 MiB in a story, and no more", () => {
    const eight = ioctl(new Array(8).fill('repeat("x", 1M)').join(", "));
    const { failures } = runOf(IOCTL, new Array(10).fill(eight));
    expect(failures.map(({ line, got }) => [line, got])).toEqual([
      [13, "more"], // the command is text too
      [14, "more"],
      [15, "more"],
    ]);
  });
});

describe("time", () => {
  test("ends: waits of hours end the run at a limit", () => {
    const lines = Array.from({ length: 9_500 }, () => "app: wait 1000ms");
    const { end, machine, machineAt } = runOf(IOCTL, lines);
    expect(end).toMatch(/^limit: /);
    expect(hash(machineAt(machine.agenda.step))).toBe(hash(machine));
  });

  test("a driver's wait may be as long as it likes", () => {
    const header = `title T
kernel v4.18
framework sdmdev
iommu smmu0 kind=smmuv3
device hisi_zip-0 kind=zip behind=smmu0
given open-sdmdev
`;
    for (const mended of ["", "mended D25\n"]) {
      for (const timeout of ["-1", "0xffffffffffffffff", "4294967296", "100G"]) {
        const line = `app: ioctl(mdev, VFIO_SDMDEV_CMD_WAIT, ${timeout}) <unfinished ...>`;
        const { failures } = runOf(header + mended, [line, "root: wait 1us"]);
        expect(failures.filter(({ got }) => !got.includes("stuck"))).toEqual([]);
      }
    }
  });

  test("a wait for what never comes is over when it says", () => {
    const { failures, end } = runOf(IOCTL, ["app: wait until time() == 1 within 1ms"]);
    expect([failures.length, end]).toEqual([1, undefined]);
  });
});

describe("requests", () => {
  const BUF = [mmap("buf", "8K"), "app: store(buf, text(2K)) = 0", mapDma("buf", "8K")];

  // biome-ignore format: one case a line
  const REQUESTS: readonly (readonly [what: string, request: string, result: string])[] = [
    ["nothing at all",          "{}",                                                     "-EIO"],
    ["no bytes",                "{src: buf, len: 0, dst: buf+4K, room: 4K}",              "0"],
    ["no room",                 "{src: buf, len: 2K, dst: buf+4K, room: 0}",              "-EIO"],
    ["of 4 GiB",                "{src: buf, len: -1, dst: buf+4K, room: -1}",             "-EIO"],
    ["from the end of all",     "{src: -1, len: 64, dst: buf, room: 64}",                 "-EIO"],
    ["from past 48 bits",       "{src: 281474976710656, len: 64, dst: buf, room: 64}",    "-EIO"],
    ["to the end of all",       "{src: buf, len: 64, dst: 0xfffffffffffff000, room: 1K}", "-EIO"],
    ["of an unknown kind",      "{src: buf, len: 64, dst: buf+4K, room: 1K, type: 77}",   "-EIO"],
    ["of a kind beyond a byte", "{src: buf, len: 64, dst: buf+4K, room: 1K, type: 258}",  "0"],
    ["onto itself",             "{src: buf, len: 2K, dst: buf, room: 8K}",                "0"],
    ["across two pages",        "{src: buf+4000, len: 200, dst: buf+4K-10, room: 1K}",    "0"],
  ];

  test.each(REQUESTS)("%s: %s is answered with %s", (_what, request, result) => {
    const run = runOf(SPIMDEV, [
      ...BUF,
      `app: wd_send(q, ${request}) = 0`,
      `app: wait until wd_recv(q) == ${result} within 1ms`,
    ]);
    expect([run.failures, run.end]).toEqual([[], undefined]);
  });

  test("of more than a chip would take end the run at a limit", () => {
    const run = runOf(SPIMDEV, [
      UNLIMITED,
      mmap("buf", "100M"),
      mapDma("buf", "100M"),
      "app: wd_send(q, {src: buf, len: 100M, dst: buf, room: 100M}) = 0",
      "app: wait 1000ms",
    ]);
    expect(run.end).toMatch(/^limit: /);
  });

  test("to the dummy device, of any size and address, are answered by the next flush", () => {
    for (const request of [
      "{}",
      "{src: -1, dst: -1, len: -1}",
      "{src: 0, dst: 0, len: 4K}",
      "{len: 18446744073709551615}",
    ]) {
      const run = runOf(DUMMY, [
        `root: wd_send(q, ${request}) = 0`,
        "root: ioctl(q, DUMMY_CMD_FLUSH) = 0",
        "root: wd_recv(q)",
      ]);
      expect([run.failures, run.end], request).toEqual([[], undefined]);
    }
  });

  test("by one ioctl, of any size and address, are refused or answered", () => {
    for (const request of [
      "{}",
      "{len: -1}",
      '{src: "x", len: [1]}',
      "{src: -1, len: 1}",
      "{len: 0, room: -1}",
      "5",
      '"x"',
      "[1]",
    ]) {
      const run = runOf(IOCTL, [
        'app: zip = open("/dev/hisi_zip-0", O_RDWR)',
        `app: ioctl(zip, WD_IOCTL_COMPRESS, ${request})`,
      ]);
      expect([run.failures, run.end], request).toEqual([[], undefined]);
    }
  });
});

describe("things taken away meanwhile", () => {
  const SENT = [
    mmap("buf", "8K"),
    mapDma("buf", "8K"),
    "app: wd_send(q, {src: buf, len: 4K, dst: buf+4K, room: 4K}) = 0",
  ];

  // biome-ignore format: one case a line
  const TAKEN: readonly (readonly [what: string, lines: readonly string[]])[] = [
    ["the queue",                 ["app: close(q)", "app: wait 50us"]],
    ["the buffer",                ["app: munmap(buf, 8K)", "app: wait 50us"]],
    ["the mapping",               ["app: ioctl(container, VFIO_IOMMU_UNMAP_DMA, {argsz: 24, flags: 0, iova: buf, size: 8K})", "app: wait 50us"]],
    ["the container",             ["app: close(container)", "app: wait 50us"]],
    ["the group",                 ["app: close(group)", "app: wait 50us"]],
    ["the device",                ["app: close(mdev)", "app: wait 50us"]],
    ["the process, by exit",      ["app: exit(0)", "root: wait 50us"]],
    ["the process, by kill",      ["root: kill(1)", "root: wait 50us"]],
    ["all its descriptors",       [...[0, 1, 2, 3, 4, 5, 6, 7].map((fd) => `app: close(${fd})`), "app: wait 50us"]],
    ["all its memory",            ["app: munmap(0, 281474976710656)", "app: wait 50us"]],
    ["the rings, and then a send", ["app: munmap(0x7f000000, 1M)", "app: wd_send(q, {src: buf}) = SIGSEGV"]],
    ["the rings, and then a look", ["app: munmap(0x7f000000, 1M)", "app: wd_recv(q) = SIGSEGV"]],
  ];

  test.each(TAKEN)("%s, while the engine works", (_what, lines) => {
    const run = runOf(SPIMDEV, [...SENT, ...lines]);
    expect([run.failures, run.end]).toEqual([[], undefined]);
  });
});

test("a store to the page of registers that is no doorbell changes no memory", () => {
  const run = runOf(SPIMDEV, [
    mmap("buf", "4K"),
    'app: store(buf, "mine") = 0',
    "app: page = mmap(NULL, 4K, PROT_READ|PROT_WRITE, MAP_SHARED, q, 0)",
    'app: store(page+0x340, "not a word") = 0',
    'app: load(page+0x340, 4) = 0 {data: "\\x00\\x00\\x00\\x00"}',
    'app: load(buf, 4) = 0 {data: "mine"}',
  ]);
  expect([run.failures, run.end]).toEqual([[], undefined]);
});
