import { expect, test } from "vitest";
import { KIND_NAMES, PAGE } from "../../../engine/core/index.ts";
import { removeUacce } from "../../../engine/frameworks/index.ts";
import { engineStep } from "../../../engine/hw/index.ts";
import { POLL } from "../../../engine/task/index.ts";
import type { Computer } from "./computer.ts";
import { computer, memory, ready } from "./uacce-bench.ts";

const { POLLIN, POLLOUT, POLLNVAL } = POLL;
const MS = 1_000_000_000;

/** A held engine: it moves when the test says so. @returns the queue, and a request that waits */
function waiting(kernel: "v5.7" | "v6.1" = "v6.1"): { on: Computer; fd: number } {
  const on = computer({ kernel, device: "hw=v2 held" });
  const fd = ready(on);
  const buf = memory(on, 2);
  on.good(on.app, "store", buf, "a".repeat(64));
  on.good(on.app, "store", buf + PAGE, "b");
  on.good(on.app, "wd_send", fd, { src: buf, len: 64, dst: buf + PAGE, room: PAGE });
  return { on, fd };
}

function work(on: Computer): void {
  while (on.machine.jobs[0]) engineStep(on.machine, 0);
  on.run();
}

// biome-ignore format: one case a line
const ROWS: readonly (readonly [why: string, list: (fd: number) => readonly { fd: number; events: number }[], got: object])[] = [
  ["nothing is done yet",                    (fd) => [{ fd, events: POLLIN }],                              { value: 0 }],
  ["a descriptor that is closed",            () => [{ fd: 77, events: POLLIN }],                            { value: 1, written: { revents: POLLNVAL } }],
  ["a negative one is passed over",          () => [{ fd: -1, events: POLLIN }],                            { value: 0 }],
  ["a file without a poll is always ready",  () => [{ fd: 0, events: POLLIN | POLLOUT }],                   { value: 1, written: { revents: 5 } }],
  ["only what was asked for is said",        () => [{ fd: 0, events: POLLOUT }],                            { value: 1, written: { revents: 4 } }],
  ["two, one of them ready",                 (fd) => [{ fd, events: POLLIN }, { fd: 0, events: POLLIN }],   { value: 1, written: { revents: [0, 1] } }],
  ["none at all",                            () => [],                                                      { value: 0 }],
];

test.each(ROWS)("without a timeout: %s", (_why, list, got) => {
  const { on, fd } = waiting();
  const all = list(fd);
  expect(on.call(on.app, "poll", all, all.length, 0)).toMatchObject(got);
  expect(on.machine.waits).toEqual([]);
});

test("only as many as the call says are looked at", () => {
  const { on } = waiting();
  const all = [
    { fd: -1, events: POLLIN },
    { fd: 0, events: POLLIN },
  ];
  expect(on.call(on.app, "poll", all, 1, 0).value).toBe(0);
});

test("with one it sleeps that long, and says 0", () => {
  const { on, fd } = waiting();
  const before = on.machine.agenda.now;
  expect(on.call(on.app, "poll", [{ fd, events: POLLIN }], 1, 3).value).toBe(0);
  const slept = on.machine.agenda.now - before;
  expect(slept).toBeGreaterThanOrEqual(3 * MS);
  expect(slept).toBeLessThan(4 * MS);
  expect(on.machine.waits).toEqual([]);
});

test("without end it sleeps until the engine is done", () => {
  const { on, fd } = waiting();
  const row = on.begin(on.app, "poll", [{ fd, events: POLLIN }], 1, -1);
  expect(on.result(row)).toBeUndefined();
  work(on);
  expect(on.result(row)).toMatchObject({ value: 1, written: { revents: POLLIN } });
});

test("UACCE-019: v6.1 never says yes for a queue that is gone, v5.7 asks its driver still", () => {
  for (const [kernel, value] of [
    ["v5.7", 1],
    ["v6.1", 0],
  ] as const) {
    const { on, fd } = waiting(kernel);
    work(on);
    removeUacce(on.machine, on.ops, 0);
    expect(on.call(on.app, "poll", [{ fd, events: POLLIN }], 1, 0).value).toBe(value);
  }
});

test("a killed sleeper is nobody that the engine could wake", () => {
  const { on, fd } = waiting();
  const other = on.good(on.app, "fork", "child");
  on.begin(on.app, "poll", [{ fd, events: POLLIN }], 1, -1);
  on.kill(on.app);
  const raised = () => on.machine.counts[KIND_NAMES.indexOf("irq.raise")];
  const before = raised();
  work(on);
  expect([raised(), on.machine.waits], "no interrupt for a dead one").toEqual([before, []]);
  expect(on.call(other, "poll", [{ fd, events: POLLIN }], 1, 0).value).toBe(1);
});
