import fc from "fast-check";
import { expect, test } from "vitest";
import { PAGE, type Value } from "../../../engine/core/index.ts";
import { removeUacce } from "../../../engine/frameworks/index.ts";
import { POLL } from "../../../engine/task/index.ts";
import { TIMEOUT } from "../core/fuzz.ts";
import type { Computer } from "./computer.ts";
import { computer, NAME, PUT, RINGS, RW, SET_CTX, START } from "./uacce-bench.ts";

const runs = Number(process.env.FUZZ_RUNS ?? 300);
const seed = Number(process.env.FUZZ_SEED ?? 57);
const BUF = 0x40000000;

/** One call: a row of CALLS, by one of the processes, with two small numbers. */
interface Op {
  readonly call: number;
  readonly who: number;
  readonly fd: number;
  readonly page: number;
}

type Make = (op: Op) => readonly [name: string, ...args: Value[]];

const send = (op: Op) => {
  const src = BUF + op.page * PAGE;
  return { src, len: (3 - op.page) * PAGE + 9, dst: BUF + (3 - op.page) * PAGE, room: PAGE };
};

/**
 * Calls that a program may make, good and bad, and how often. Descriptors are 3 to 5, addresses a few
 * pages. What ends a program, or takes its rings, is rare: else no request is ever done.
 */
// biome-ignore format: one call a line
const WEIGHED: readonly (readonly [weight: number, make: Make])[] = [
  [4, () => ["open", NAME, 2]],
  [1, ({ fd }) => ["close", fd]],
  [3, ({ fd }) => ["drv_open", fd, "hisi_qm_v2"]],
  [1, ({ fd }) => ["drv_open", fd, "hisi_qm_v1"]],
  [4, ({ fd }) => ["ioctl", fd, START]],
  [1, ({ fd }) => ["ioctl", fd, PUT]],
  [1, ({ fd, page }) => ["ioctl", fd, SET_CTX, { qc_type: page }]],
  [2, ({ fd, page }) => ["mmap", 0, page % 2 ? RINGS : PAGE, RW, 1, fd, (page % 3) * PAGE]],
  [4, ({ page }) => ["mmap", BUF + page * PAGE, PAGE, RW, 2 | 16 | 32, -1, 0]],
  [1, ({ page }) => ["mmap", BUF + page * PAGE, PAGE, 1, 2 | 16 | 32, -1, 0]],
  [2, ({ page }) => ["munmap", BUF + page * PAGE, PAGE]],
  [1, ({ page }) => ["munmap", 0x7f000000 + page * RINGS, RINGS]],
  [3, ({ page }) => ["madvise", BUF + page * PAGE, PAGE, 4]],
  [3, ({ page }) => ["store", BUF + page * PAGE, "some text, some text, some text"]],
  [9, (op) => ["wd_send", op.fd, send(op)]],
  [4, ({ fd, page }) => ["wd_send", fd, { src: BUF, len: 9, dst: BUF + page * PAGE + 4090, room: 99 }]],
  [6, ({ fd }) => ["wd_recv", fd]],
  [2, ({ fd }) => ["poll", [{ fd, events: POLL.POLLIN }], 1, 0]],
  [3, () => ["fork", "child"]],
  [1, () => ["exit", 0]],
];

const CALLS = WEIGHED.flatMap(([weight, make]) => Array<Make>(weight).fill(make));

const anOp: fc.Arbitrary<Op> = fc.record({
  call: fc.nat(CALLS.length), // one past the last: the device is taken away
  who: fc.constantFrom(0, 0, 0, 1, 2),
  fd: fc.constantFrom(3, 3, 3, 4, 5),
  page: fc.nat(3),
});

interface Setting {
  readonly kernel: "v5.7" | "v6.1";
  readonly faults: "none" | "pri" | "stall";
}

function held(on: Computer): number {
  return on.machine.frames.refs.reduce((sum, count) => sum + count, 0);
}

function act(on: Computer, op: Op): void {
  const living = [...on.machine.tasks.keys()].filter(
    (pid) => pid !== on.root && on.machine.tasks[pid]?.state !== "dead",
  );
  const pid = living[op.who % Math.max(1, living.length)];
  if (op.call === CALLS.length) {
    if (on.machine.uacces[0]?.isGone === false) removeUacce(on.machine, on.ops, 0);
    return;
  }
  const make = CALLS[op.call] as Make;
  const [name, ...args] = make(op);
  if (pid === undefined || (name === "fork" && living.length > 3)) return;
  on.begin(pid, name, ...args);
}

/** Bonds, queues, notifiers and page requests agree, whatever was called. */
function isSound(on: Computer): void {
  const { machine } = on;
  const open = machine.uacceQueues.filter(({ isClosed }) => !isClosed);
  for (const [place, { refs }] of machine.bonds.entries()) {
    expect(refs).toBe(open.filter(({ bond }) => bond === place).length);
  }
  for (const { queue, state } of machine.uacceQueues) {
    expect(machine.queues.taken[queue]).toBe(state === 0 ? 0 : 1);
    expect(machine.queues.started[queue]).toBe(state === 2 ? 1 : 0);
  }
  const bound = new Set(machine.bonds.filter(({ refs }) => refs > 0).map(({ mm }) => mm));
  expect(new Set(machine.notifiers.map(({ mm }) => mm))).toEqual(bound);
  expect([machine.unanswered, machine.faultGroups, machine.requests]).toEqual([[], [], []]);
  expect(machine.jobs[0]).toBeUndefined();
}

function play({ kernel, faults }: Setting, ops: readonly Op[]): void {
  const on = computer({
    kernel,
    iommu: `iotlb=4 pasid=8 faults=${faults}`,
    device: "hw=v2 queues=3",
  });
  const before = held(on);
  const fd = on.good(on.app, "open", NAME, 2);
  on.good(on.app, "drv_open", fd, "hisi_qm_v2");
  on.good(on.app, "ioctl", fd, START);
  on.good(on.app, "mmap", BUF, 4 * PAGE, RW, 2 | 16 | 32, -1, 0);
  for (const op of ops) {
    act(on, op);
    isSound(on);
  }
  for (const pid of on.machine.tasks.keys()) {
    if (pid !== on.root && on.machine.tasks[pid]?.state !== "dead") on.kill(pid);
  }
  isSound(on);
  expect(on.taken()).toBe(0);
  expect(held(on)).toBe(before);
  expect(on.machine.end).toBeUndefined();
}

const aSetting: fc.Arbitrary<Setting> = fc.record({
  kernel: fc.constantFrom("v5.7", "v6.1"),
  faults: fc.constantFrom("none", "pri", "stall"),
});

test(
  "whatever programs call on uacce, nothing is left when they are gone",
  () => {
    const ops = fc.array(anOp, { maxLength: 40, size: "max" });
    fc.assert(fc.property(aSetting, ops, play), { seed, numRuns: runs });
  },
  TIMEOUT,
);
