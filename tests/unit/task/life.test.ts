import { describe, expect, test } from "vitest";
import { type Kernel, ns, openCall, PAGE } from "../../../engine/core/index.ts";
import { MMAP_BASE, type Mm, readMemory, writeMemory } from "../../../engine/mm/index.ts";
import { begin, fork, type Task, wake } from "../../../engine/task/index.ts";
import { faultsOf } from "../mm/bench.ts";
import {
  type BenchPart,
  bench,
  call,
  callBy,
  driverFrames,
  kill,
  OPS,
  outcome,
  start,
  tick,
} from "./bench.ts";

/** How processes come and go: fork, exit, and kill at every place of a call. */

function opened(kernel: Kernel = "v4.18"): BenchPart {
  const machine = bench({ kernel });
  call(machine, "open", "/dev/bench", 2);
  call(machine, "mmap", 0, 8192, 3, 2 | 32, -1, 0);
  call(machine, "mmap", 0, 4096, 3, 1, 3, 0);
  return machine;
}

function forked(kernel: Kernel = "v4.18"): BenchPart {
  const machine = opened(kernel);
  expect(outcome(call(machine, "fork", "child"))).toBe(1);
  return machine;
}

function holdsTogether(machine: BenchPart): void {
  expect(faultsOf(machine, { pins: [], frames: driverFrames(machine) })).toEqual([]);
}

function releases(machine: BenchPart): string[] {
  return machine.log.filter((line) => line.startsWith("release"));
}

describe("fork", () => {
  test("gives the child the same open files, counted", () => {
    const machine = forked();
    expect(machine.tasks[1]?.fds).toEqual(machine.tasks[0]?.fds);
    const file = machine.tasks[0]?.fds[3] as number;
    expect(machine.files[file]?.count).toBe(4); // two descriptors, two areas
    holdsTogether(machine);
  });

  test("closing in one leaves the other's descriptor, and its file, open", () => {
    const machine = forked();
    call(machine, "close", 3);
    expect(outcome(callBy(machine, 1, "ioctl", 3, "GOOD", null))).toBe(1);
    expect(releases(machine)).toEqual([]);
    callBy(machine, 1, "close", 3);
    expect(releases(machine), "the areas still hold it").toEqual([]);
  });

  test.each([
    ["parent first", [0, 1]],
    ["child first", [1, 0]],
  ] as const)("the file goes with the last process: %s", (_order, order) => {
    const machine = forked();
    for (const pid of order) {
      expect(releases(machine)).toEqual([]);
      callBy(machine, pid, "exit", 0);
      holdsTogether(machine);
    }
    expect(releases(machine)).toEqual(["release 1"]);
    expect(machine.frames.free).toHaveLength(machine.frames.top - 1 - 4);
    expect(machine.tables.free).toHaveLength(machine.tables.made);
  });

  test("memory of the driver is one memory for both", () => {
    const machine = forked();
    const at = MMAP_BASE + 8192;
    writeMemory(machine, 0, at, Uint8Array.of(9));
    const read = readMemory(machine, 1, at, 1);
    expect(read.ok && read.value[0]).toBe(9);
  });

  test("locked memory is not the child's", () => {
    const machine = opened();
    machine.mms[0] = { ...(machine.mms[0] as Mm), lockedVm: 5 };
    call(machine, "fork", "child");
    expect([machine.mms[0]?.lockedVm, machine.mms[1]?.lockedVm]).toEqual([5, 0]);
  });

  test("that fails leaves nothing of the child", () => {
    // v6.1 copies the pinned page at fork, and that allocation fails.
    const machine = bench({ kernel: "v6.1", fails: [{ kind: "allocate", nth: 3 }] });
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 4096, 3, 1, 3, 0);
    call(machine, "mmap", 0, 4096, 3, 2 | 32, -1, 0);
    writeMemory(machine, 0, MMAP_BASE + 4096, Uint8Array.of(1));
    const pfn = machine.frames.top - 1;
    machine.frames.pins[pfn] = 1;
    machine.frames.refs[pfn] = 2;
    const files = structuredClone(machine.files);
    const result = fork(machine, OPS, 0, "child");
    expect(result.ok ? "ok" : result.errno).toBe("ENOMEM");
    expect(machine.tasks).toHaveLength(1);
    expect(machine.files).toEqual(files);
    expect(faultsOf(machine, { pins: [pfn], frames: driverFrames(machine) })).toEqual([]);
  });
});

describe("exit", () => {
  test("lets memory go first, then descriptors", () => {
    const machine = opened();
    call(machine, "open", "/dev/bench", 2);
    call(machine, "mmap", 0, 4096, 3, 1, 4, 0);
    call(machine, "close", 4);
    machine.log.length = 0;
    call(machine, "exit", 0);
    expect(machine.log, "the second file lived by its area").toEqual(["release 3", "release 1"]);
  });

  test("never returns, and others may come between its two halves", () => {
    const machine = opened();
    const row = start(machine, 0, "exit", [0]);
    tick(machine);
    expect([machine.mms[0]?.users, releases(machine)]).toEqual([0, []]);
    while (tick(machine));
    expect([releases(machine), machine.tasks[0]?.state]).toEqual([["release 1"], "dead"]);
    expect(machine.calls[row]?.result).toEqual({ value: 0 });
  });

  test("makes a pid that is not used again", () => {
    const machine = forked();
    callBy(machine, 1, "exit", 0);
    expect(outcome(call(machine, "fork", "other"))).toBe(2);
    expect(outcome(call(machine, "kill", 1, 9))).toBe(0); // nobody has waited for it
  });
});

/** Kills the process after so many steps of a call. @returns how the call ended, and what was done */
function killedAfter(
  steps: number,
  name: string,
  command: string,
): { ended: string; log: string[] } {
  const machine = opened();
  machine.log.length = 0;
  const row = start(machine, 0, name, [3, command, null]);
  for (let step = 0; step < steps; step += 1) tick(machine);
  expect(kill(machine, 0)).toBe("ok");
  for (let step = 0; step < 3; step += 1) while (tick(machine));
  holdsTogether(machine);
  const { result } = machine.calls[row] ?? {};
  return { ended: result ? `${outcome(result)}` : "unfinished", log: machine.log };
}

describe("kill", () => {
  test("of an idle process ends it at once, and releases its files once", () => {
    const machine = opened();
    expect([kill(machine, 0), kill(machine, 0)]).toEqual(["ok", "ESRCH"]);
    expect([machine.tasks[0]?.state, machine.tasks[0]?.ended]).toEqual(["dead", "SIGKILL"]);
    expect(releases(machine)).toEqual(["release 1"]);
    expect(machine.frames.free).toHaveLength(machine.frames.top - 1 - 4);
    holdsTogether(machine);
  });

  test("of one that is dead, or never was, is ESRCH", () => {
    const machine = opened();
    for (const pid of [7, -1]) expect(kill(machine, pid)).toBe("ESRCH");
  });

  test.each([1, 2])(
    "in the kernel, after %i steps of a call: the call is done, and never returns",
    (steps) => {
      const { ended, log } = killedAfter(steps, "ioctl", "GOOD");
      expect(ended).toBe("SIGKILL");
      expect(log).toEqual(["ioctl GOOD", "release 1"]);
    },
  );

  test("in a light sleep: the call is not done", () => {
    const { ended, log } = killedAfter(4, "ioctl", "SLOW");
    expect([ended, log]).toEqual(["SIGKILL", ["release 1"]]);
  });

  test("in a deep sleep: nothing, until somebody wakes it; then the call is done, and it ends", () => {
    const machine = opened();
    machine.log.length = 0;
    const row = start(machine, 0, "ioctl", [3, "DEAF", null]);
    while (tick(machine));
    kill(machine, 0);
    while (tick(machine));
    expect([machine.tasks[0]?.state, machine.calls[row]?.result, machine.log]).toEqual([
      "asleep",
      undefined,
      [],
    ]);
    wake(machine, 0, ns(1));
    while (tick(machine));
    expect([machine.tasks[0]?.state, machine.log]).toEqual(["dead", ["after", "release 1"]]);
    expect(outcome(machine.calls[row]?.result)).toBe("SIGKILL");
    holdsTogether(machine);
  });

  test("by oneself: the call that killed does not return", () => {
    const machine = opened();
    expect(outcome(call(machine, "kill", 0, 9))).toBe("SIGKILL");
    expect(machine.tasks[0]?.state).toBe("dead");
    expect(releases(machine)).toEqual(["release 1"]);
  });

  test("by another process", () => {
    const machine = forked();
    expect(outcome(call(machine, "kill", 1, 9))).toBe(0);
    expect(machine.tasks.map(({ state }) => state)).toEqual(["idle", "dead"]);
    expect(releases(machine), "the parent has it still").toEqual([]);
    holdsTogether(machine);
  });

  test("of one that runs its own program leaves nothing of it on the agenda", () => {
    const machine = forked();
    const { actor } = machine.tasks[1] as Task;
    const row = {
      call: "wd_recv",
      kind: "library" as const,
      actor,
      parent: -1,
      statement: -1,
      args: [],
    };
    const call = openCall(machine, row);
    begin(machine, 1, { routine: "library", pc: "start", call, numbers: [] });
    start(machine, 0, "close", [3]);
    kill(machine, 1);
    const { rows, size } = machine.agenda;
    expect(Array.from(rows.actor.subarray(0, size))).not.toContain(actor);
    while (tick(machine));
    expect([machine.tasks[1]?.state, outcome(machine.calls[call]?.result)]).toEqual([
      "dead",
      "SIGKILL",
    ]);
    expect(machine.tasks[0]?.state).toBe("idle");
  });
});

test("after any process has gone, memory is as before it came", () => {
  const machine = opened();
  const before = [
    machine.frames.free.length - machine.frames.top,
    machine.tables.free.length - machine.tables.made,
  ];
  for (let time = 0; time < 5; time += 1) {
    const child = Number(outcome(call(machine, "fork", `child${time}`)));
    writeMemory(
      machine,
      machine.tasks[child]?.mm as number,
      MMAP_BASE,
      new Uint8Array(2 * PAGE).fill(time),
    );
    if (time % 2) callBy(machine, child, "exit", 0);
    else kill(machine, child);
    const after = [
      machine.frames.free.length - machine.frames.top,
      machine.tables.free.length - machine.tables.made,
    ];
    expect(after).toEqual(before);
  }
});
