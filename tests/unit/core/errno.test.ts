import { constants } from "node:os";
import { expect, test } from "vitest";
import {
  bug,
  type Check,
  ERRNO,
  type ErrnoName,
  firstRefusal,
  OK,
  ok,
  type Refusal,
  refuse,
  replace,
  ZERO,
} from "../../../engine/core/index.ts";

test.runIf(process.platform === "linux")("errnos have the numbers of Linux", () => {
  for (const [name, number] of Object.entries(ERRNO)) {
    expect(number, name).toBe(constants.errno[name as keyof typeof constants.errno]);
  }
});

test("no two errnos share a number", () => {
  expect(new Set(Object.values(ERRNO)).size).toBe(Object.keys(ERRNO).length);
});

interface Input {
  readonly size: number;
}

// biome-ignore format: one check a line
const CHECKS: readonly Check<Input>[] = [
  { errno: "EINVAL", source: "a", why: "size is 0",   refuses: ({ size }) => size === 0 },
  { errno: "ENOSPC", source: "b", why: "new limit",   refuses: ({ size }) => size > 4, kernels: ["v6.1"] },
  { errno: "E2BIG",  source: "c", why: "over 8",      refuses: ({ size }) => size > 8 },
  { errno: "EPERM",  source: "d", why: "never first", refuses: ({ size }) => size === 0 },
];

test.each([
  ["v4.18", 0, "EINVAL"],
  ["v4.18", 5, undefined],
  ["v6.1", 5, "ENOSPC"],
  ["v4.18", 9, "E2BIG"],
  ["v6.1", 9, "ENOSPC"],
  ["v5.7", 1, undefined],
] as const)(
  "on %s a size of %i is refused as %s: the first check speaks",
  (kernel, size, errno) => {
    expect(firstRefusal(CHECKS, kernel, { size })?.errno).toBe(errno);
  },
);

test("a check after the one that refuses is not asked", () => {
  const asked: string[] = [];
  const say = (why: string, refuses: boolean): Check<Input> => ({
    errno: "EIO",
    source: "x",
    why,
    refuses: () => asked.push(why) > 0 && refuses,
  });
  firstRefusal([say("a", false), say("b", true), say("c", true)], "v4.18", { size: 1 });
  expect(asked).toEqual(["a", "b"]);
});

test("another errno in place of one keeps what was refused further in", () => {
  const inner = refuse("EBUSY", "no free queue");
  const outer = replace(inner, "ENODEV", "driver refused") as Refusal;
  expect(outer).toEqual({ ok: false, errno: "ENODEV", why: "driver refused", from: inner });
  const outermost = replace(outer, "EIO", "it failed") as Refusal;
  expect(outermost.from?.from).toBe(inner);
});

test("a crash of the kernel is never replaced", () => {
  const crash = bug("NULL pointer");
  expect(replace(crash, "ENODEV", "driver refused")).toBe(crash);
});

test("results are values: nobody can write one", () => {
  const shared = [
    OK,
    ZERO,
    refuse("EIO", "x"),
    bug("x"),
    replace(refuse("EIO", "x"), "EPERM", "y"),
  ];
  for (const result of shared) expect(Object.isFrozen(result)).toBe(true);
  expect(ok(5)).toEqual({ ok: true, value: 5 });
  const errno: ErrnoName = refuse("EIO", "x").errno;
  expect(errno).toBe("EIO");
});
