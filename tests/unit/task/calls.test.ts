import { describe, expect, test } from "vitest";
import type { Value } from "../../../engine/core/index.ts";
import { fileOf, MEMLOCK_DEFAULT } from "../../../engine/task/index.ts";
import { faultsOf } from "../mm/bench.ts";
import { type BenchPart, bench, call, callBy, driverFrames, outcome } from "./bench.ts";

const U64 = (1n << 64n) - 1n;
const SHARED = 1;
const PRIVATE = 2;
const FIXED = 16;
const ANONYMOUS = 32;
/** Where the first area goes. */
const BASE = 0x7f000000;

function holdsTogether(machine: BenchPart): void {
  expect(faultsOf(machine, { pins: [], frames: driverFrames(machine) })).toEqual([]);
}

/** Descriptor 3 is /dev/bench. What each call gives, one after another on machines of their own. */
// biome-ignore format: one case a line
const CALLS: readonly (readonly [call: string, args: readonly Value[], got: number | string])[] = [
  ["open",   ["/dev/bench", 2],                                  4],
  ["open",   ["/dev/nowhere", 2],                                "ENOENT"],
  ["open",   ["__proto__", 2],                                   "ENOENT"],
  ["open",   ["/dev/nobody", 2],                                 "ENXIO"],
  ["open",   ["/dev/taken", 2],                                  "EBUSY"],
  ["close",  [3],                                                0],
  ["close",  [4],                                                "EBADF"],
  ["close",  [-1],                                               "EBADF"],
  ["close",  [4294967299],                                       0], // an int: 3
  ["close",  [U64],                                              "EBADF"],
  ["read",   [3, 100],                                           10],
  ["read",   [3, 4],                                             4],
  ["read",   [3, 0],                                             0],
  ["read",   [9, 4],                                             "EBADF"],
  ["read",   [0, 4],                                             "EINVAL"], // a terminal: nobody types
  ["write",  [3, "abc", 2],                                      2],
  ["write",  [3, "abc"],                                         3],
  ["write",  [9, "abc"],                                         "EBADF"],
  ["ioctl",  [3, "GOOD", null],                                  1],
  ["ioctl",  [3, "BAD", null],                                   "EIO"],
  ["ioctl",  [0, "GOOD", null],                                  "ENOTTY"],
  ["ioctl",  [9, "GOOD", null],                                  "EBADF"],
  ["mmap",   [0, 4096, 3, PRIVATE | ANONYMOUS, -1, 0],           BASE],
  ["mmap",   [0, 0, 3, PRIVATE | ANONYMOUS, -1, 0],              "EINVAL"],
  ["mmap",   [0, U64, 3, PRIVATE | ANONYMOUS, -1, 0],            "ENOMEM"],
  ["mmap",   [0, 1n << 48n, 3, PRIVATE | ANONYMOUS, -1, 0],      "ENOMEM"],
  ["mmap",   [0, 1n << 46n, 3, PRIVATE | ANONYMOUS, -1, 0],      BASE],
  ["mmap",   [0, 1n << 46n, 3, SHARED | ANONYMOUS, -1, 0],       "ENOMEM"],
  ["mmap",   [0, 4096, 3, ANONYMOUS, -1, 0],                     "EINVAL"],
  ["mmap",   [0, 4096, 3, PRIVATE | ANONYMOUS, -1, 5],           "EINVAL"],
  ["mmap",   [BASE + 1, 4096, 3, FIXED | PRIVATE | ANONYMOUS, -1, 0], "EINVAL"],
  ["mmap",   [-4096, 4096, 3, FIXED | PRIVATE | ANONYMOUS, -1, 0], "ENOMEM"],
  ["mmap",   [0, 4096, 3, FIXED | PRIVATE | ANONYMOUS, -1, 0],   "EPERM"], // without CAP_SYS_RAWIO
  ["mmap",   [0, 4096, 3, SHARED, 3, 0],                         BASE],
  ["mmap",   [0, 4096, 3, SHARED, 9, 0],                         "EBADF"],
  ["mmap",   [0, 4096, 3, 0, 9, 0],                              "EBADF"], // before the flags
  ["mmap",   [0, 0, 3, SHARED, 9, 0],                            "EBADF"], // before the length
  ["mmap",   [0, 4096, 3, SHARED, 0, 0],                         "ENODEV"],
  ["mmap",   [0, 4096, 3, SHARED, 3, 4096],                      "EINVAL"], // the driver says so
  ["munmap", [BASE, 4096],                                       0],
  ["munmap", [BASE + 1, 4096],                                   "EINVAL"],
  ["munmap", [BASE, 0],                                          "EINVAL"],
  ["munmap", [-4096, 8192],                                      "EINVAL"],
  ["munmap", [U64, U64],                                         "EINVAL"],
  ["munmap", [0, 1n << 48n],                                     0],
  ["madvise", [BASE, 4096, 4],                                   "ENOMEM"],
  ["madvise", [BASE, 4096, 3],                                   "EINVAL"],
  ["madvise", [BASE, 0, 4],                                      0],
  ["madvise", [-8192, 4096, 4],                                  "ENOMEM"],
  ["madvise", [-4096, 4096, 4],                                  "EINVAL"], // the range wraps
  ["madvise", [-4096, 4096, 10],                                 "EINVAL"],
  ["setrlimit", [8, U64],                                        0],
  ["kill",   [9, 9],                                             "ESRCH"],
  ["kill",   [-1, 9],                                            "ESRCH"],
];

test.each(CALLS)("%s(%o) = %s", (name, args, got) => {
  const machine = bench();
  call(machine, "open", "/dev/bench", 2);
  expect(outcome(call(machine, name, ...args))).toBe(got);
  holdsTogether(machine);
});

test("a call that is refused says which check it was", () => {
  expect(call(bench(), "close", 9)?.chain).toEqual([{ errno: "EBADF", why: "no such descriptor" }]);
});

describe("MAP_FIXED", () => {
  const args = (at: number, fd: number, offset: number): Value[] => [
    at,
    4096,
    3,
    FIXED | SHARED,
    fd,
    offset,
  ];

  test("takes the place of what is there", () => {
    const machine = bench();
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 8192, 3, PRIVATE | ANONYMOUS, -1, 0);
    expect(outcome(call(machine, "mmap", ...args(BASE, 3, 0)))).toBe(BASE);
    expect(machine.mms[0]?.vmas.map(({ start, backing }) => [start, backing.kind])).toEqual([
      [BASE, "device"],
      [BASE + 4096, "anonymous"],
    ]);
    holdsTogether(machine);
  });

  test("of a driver that refuses leaves a hole, as in Linux", () => {
    const machine = bench();
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 4096, 3, PRIVATE | ANONYMOUS, -1, 0);
    expect(outcome(call(machine, "mmap", ...args(BASE, 3, 4096)))).toBe("EINVAL");
    expect(machine.mms[0]?.vmas).toEqual([]);
  });

  test("of a file that cannot be mapped leaves all as it was", () => {
    const machine = bench();
    call(machine, "mmap", 0, 4096, 3, PRIVATE | ANONYMOUS, -1, 0);
    expect(outcome(call(machine, "mmap", ...args(BASE, 0, 0)))).toBe("ENODEV");
    expect(machine.mms[0]?.vmas).toHaveLength(1);
  });

  test("over the last area of a file lets the file go", () => {
    const machine = bench();
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 4096, 3, SHARED, 3, 0);
    call(machine, "close", 3);
    expect(machine.log).toEqual(["open", "mmap 1"]);
    call(machine, "mmap", BASE, 4096, 3, FIXED | PRIVATE | ANONYMOUS, -1, 0);
    expect(machine.log).toEqual(["open", "mmap 1", "release 1"]);
  });
});

describe("descriptors", () => {
  test("are the lowest free ones, behind the terminal", () => {
    const machine = bench();
    const opened = () => outcome(call(machine, "open", "/dev/bench", 2));
    expect([opened(), opened(), opened()]).toEqual([3, 4, 5]);
    call(machine, "close", 4);
    call(machine, "close", 0);
    expect([opened(), opened(), opened()]).toEqual([0, 4, 6]);
  });

  test("run out at 1024, and then the driver is not asked", () => {
    const machine = bench();
    for (let fd = 3; fd < 1024; fd += 1) call(machine, "open", "/dev/bench", 2);
    expect(outcome(call(machine, "open", "/dev/bench", 2))).toBe("EMFILE");
    expect(outcome(call(machine, "open", "/dev/nowhere", 2))).toBe("EMFILE");
    expect(machine.log.filter((line) => line === "open")).toHaveLength(1021);
    call(machine, "close", 1000);
    expect(outcome(call(machine, "open", "/dev/bench", 2))).toBe(1000);
  });

  test("a file is released once, by its last holder: here the second of two areas", () => {
    const machine = bench();
    call(machine, "open", "/dev/bench", 2);
    for (const _time of [1, 2]) call(machine, "mmap", 0, 4096, 3, SHARED, 3, 0);
    call(machine, "close", 3);
    call(machine, "munmap", BASE, 4096);
    expect(machine.log).not.toContain("release 1");
    call(machine, "munmap", BASE + 4096, 4096);
    expect(machine.log.filter((line) => line.startsWith("release"))).toEqual(["release 1"]);
    expect(outcome(call(machine, "close", 3))).toBe("EBADF");
  });
});

describe("a call that is refused half-way", () => {
  /** Three pages of the driver's at BASE, and nothing behind them. */
  function withArea(): BenchPart {
    const machine = bench();
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 3 * 4096, 3, SHARED, 3, 0);
    return machine;
  }

  const count = (machine: BenchPart) => machine.files[machine.tasks[0]?.fds[3] ?? -1]?.count;

  test.each([
    ["mprotect", [BASE + 4096, 8 * 4096, 1]],
    ["madvise", [BASE + 4096, 8 * 4096, 10]],
  ] as const)("%s has cut an area, and each piece holds its file", (name, args) => {
    const machine = withArea();
    expect(outcome(call(machine, name, ...args))).toBe("ENOMEM");
    expect(machine.mms[0]?.vmas).toHaveLength(2);
    expect(count(machine)).toBe(3);
    call(machine, "close", 3);
    call(machine, "munmap", BASE, 4096);
    expect(machine.log).not.toContain("release 1");
    call(machine, "munmap", BASE, 3 * 4096);
    expect(machine.log.filter((line) => line.startsWith("release"))).toEqual(["release 1"]);
  });

  test("mremap has cleared its place, and the file that was there is let go", () => {
    const machine = withArea();
    call(machine, "close", 3);
    expect(outcome(call(machine, "mremap", 0, 4096, 3 * 4096, 3, BASE))).toBe("EFAULT");
    expect([machine.mms[0]?.vmas, machine.log.at(-1)]).toEqual([[], "release 1"]);
  });
});

test("limits are the process's own, and the child's copy", () => {
  const machine = bench();
  expect(machine.tasks[0]?.limits.memlock).toBe(MEMLOCK_DEFAULT);
  call(machine, "setrlimit", 8, 1 << 20);
  const child = Number(outcome(call(machine, "fork", "child")));
  callBy(machine, child, "setrlimit", 8, 1 << 21);
  expect(machine.tasks.map(({ limits }) => limits.memlock)).toEqual([1 << 20, 1 << 21]);
});

test("a system call takes its time half on the way in, half on the way out", () => {
  const machine = bench();
  call(machine, "close", 9);
  expect(machine.agenda.now).toBe(170_000);
});

test("fileOf tells a descriptor that was closed from one that never was", () => {
  const machine = bench();
  for (const fd of [3, -1, 1.5, Number.NaN]) {
    const file = fileOf(machine, 0, fd);
    expect(file.ok ? "ok" : file.errno, `${fd}`).toBe("EBADF");
  }
});
