import fc from "fast-check";
import { expect, test } from "vitest";
import type { Kernel, Value } from "../../../engine/core/index.ts";
import { MMAP_BASE, VM } from "../../../engine/mm/index.ts";
import { check, TIMEOUT } from "../core/fuzz.ts";
import { faultsOf } from "../mm/bench.ts";
import { type BenchPart, bench, driverFrames, kill, start, tick } from "./bench.ts";

/**
 * Whatever processes call, and wherever they are killed: an open file has as many holders as are
 * counted, it is released once, with the last of them, and memory adds up.
 */

const addr = (index: number) => MMAP_BASE + index * 4096;

const aCall: fc.Arbitrary<readonly [string, Value[]]> = fc.oneof(
  fc.constant<readonly [string, Value[]]>(["open", ["/dev/bench", 2]]),
  fc.nat(6).map((fd): readonly [string, Value[]] => ["close", [fd]]),
  fc
    .tuple(fc.integer({ min: 3, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.option(fc.nat(5)))
    .map(([fd, pages, at]): readonly [string, Value[]] => [
      "mmap",
      [addr(at ?? 0), pages * 4096, 3, 1 | (at === null ? 0 : 16), fd, 0],
    ]),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.option(fc.nat(5)))
    .map(([pages, at]): readonly [string, Value[]] => [
      "mmap",
      [addr(at ?? 0), pages * 4096, 3, 2 | 32 | (at === null ? 0 : 16), -1, 0],
    ]),
  fc
    .tuple(fc.constantFrom("munmap", "madvise"), fc.nat(6), fc.integer({ min: 1, max: 3 }))
    .map(([name, at, pages]): readonly [string, Value[]] => [name, [addr(at), pages * 4096, 4]]),
  fc
    .tuple(fc.nat(6), fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 1, 3))
    .map(([at, pages, prot]): readonly [string, Value[]] => [
      "mprotect",
      [addr(at), pages * 4096, prot],
    ]),
  fc
    .tuple(fc.nat(6), fc.nat(3), fc.nat(4), fc.option(fc.nat(8)))
    .map(([from, old, length, at]): readonly [string, Value[]] => [
      "mremap",
      [addr(from), old * 4096, length * 4096, at === null ? 1 : 3, addr(at ?? 0)],
    ]),
  fc
    .tuple(fc.constantFrom("mlock", "munlock"), fc.nat(6), fc.integer({ min: 1, max: 3 }))
    .map(([name, at, pages]): readonly [string, Value[]] => [name, [addr(at), pages * 4096]]),
  fc
    .tuple(fc.nat(6), fc.integer({ min: 1, max: 3 }), fc.constantFrom(10, 11, 18, 19))
    .map(([at, pages, advice]): readonly [string, Value[]] => [
      "madvise",
      [addr(at), pages * 4096, advice],
    ]),
  fc.constantFrom<readonly [string, Value[]]>(
    ["fork", ["child"]],
    ["fork", ["child"]],
    ["exit", [0]],
    ["ioctl", [3, "GOOD", null]],
    ["ioctl", [3, "SLOW", null]],
    ["ioctl", [4, "DEAF", null]],
  ),
);

/** Begins a call, runs so many actions, kills somebody. */
const anOp = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant("call" as const), who: fc.nat(3), call: aCall }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("run" as const), actions: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("kill" as const), who: fc.nat(3) }) },
);

type Op = typeof anOp extends fc.Arbitrary<infer T> ? T : never;

/** Descriptors of all who live, and pieces of areas, also those on their way out, by file. */
function holders(machine: BenchPart): number[] {
  const counts = machine.files.map(() => 0);
  const hold = (file: number) => {
    counts[file] = (counts[file] as number) + 1;
  };
  for (const { fds } of machine.tasks) for (const file of fds) if (file >= 0) hold(file);
  for (const { vmas } of machine.mms) {
    for (const { backing } of vmas) if (backing.kind === "device") hold(backing.file);
  }
  for (const { files } of machine.leaving) for (const file of files) hold(file);
  return counts;
}

function holds(machine: BenchPart): void {
  const counts = holders(machine);
  expect(machine.files.map(({ count }) => count)).toEqual(counts);
  const gone = machine.files.filter(({ count, driver }) => count === 0 && driver !== 0);
  const released = machine.log.filter((line) => line.startsWith("release"));
  expect(released.toSorted()).toEqual(gone.map(({ object }) => `release ${object}`).toSorted());
  // At a cut of munmap pages are neither here nor there; the invariants of engine/check count those.
  if (machine.leaving.length > 0) return;
  expect(faultsOf(machine, { pins: [], frames: driverFrames(machine) })).toEqual([]);
  for (const { lockedVm, vmas, users } of machine.mms) {
    if (users === 0) continue;
    const locked = vmas.filter(({ flags }) => flags & VM.LOCKED);
    expect(lockedVm).toBe(locked.reduce((sum, { start, end }) => sum + (end - start) / 4096, 0));
  }
}

function apply(machine: BenchPart, op: Op): void {
  if (op.op === "run") {
    for (let action = 0; action < op.actions; action += 1) tick(machine);
    return;
  }
  const pid = op.who % machine.tasks.length;
  if (op.op === "kill") {
    kill(machine, pid);
    return;
  }
  const [name, args] = op.call;
  const isCrowded = name === "fork" && machine.tasks.length >= 4;
  if (machine.tasks[pid]?.state === "idle" && !isCrowded) start(machine, pid, name, args);
}

function addsUp(kernel: Kernel, ops: readonly Op[]): void {
  const machine = bench({ kernel });
  for (const op of ops) {
    apply(machine, op);
    holds(machine);
  }
  for (let round = 0; round < 3; round += 1) {
    while (tick(machine));
    for (const pid of machine.tasks.keys()) kill(machine, pid);
  }
  holds(machine);
  const deaf = machine.tasks.filter(({ state }) => state !== "dead");
  for (const { state, isDeaf } of deaf) expect([state, isDeaf]).toEqual(["asleep", true]);
  if (deaf.length > 0) return;
  expect(machine.frames.free).toHaveLength(machine.frames.top - 1 - 4);
  expect(machine.tables.free).toHaveLength(machine.tables.made);
}

test.each(["v4.18", "v6.1"] as const)(
  "%s: files and memory add up, whatever is called and wherever one is killed",
  (kernel) =>
    check(
      fc.property(fc.array(anOp, { maxLength: 60, size: "max" }), (ops) => addsUp(kernel, ops)),
    ),
  TIMEOUT,
);
