import {
  ACTION,
  type CallResult,
  corePart,
  type Failure,
  type Kernel,
  ns,
  ok,
  openCall,
  Pfn,
  record,
  refuse,
  take,
  type Value,
} from "../../../engine/core/index.ts";
import { allocateRun, mmPart } from "../../../engine/mm/index.ts";
import {
  AREA_CALLS,
  addNode,
  advance,
  answer,
  begin,
  createTask,
  DRIVER,
  done,
  EXIT,
  type FileOps,
  killTask,
  type Ops,
  type Routine,
  SYSCALL,
  sleep,
  sleepDeaf,
  type TaskPart,
  taskPart,
  to,
  ZAP,
} from "../../../engine/task/index.ts";

/** A machine with processes, and one driver that writes down what it is asked. */
export interface BenchPart extends TaskPart {
  readonly log: string[];
  /** First frame of the driver's memory, 4 of them. */
  readonly memory: number;
}

/** /dev/bench: an object of its own for each open. */
const FILE: FileOps<BenchPart> = {
  open(machine, _ops, node) {
    if (node === 1) return refuse("EBUSY", "the second name is always taken");
    machine.log.push("open");
    return ok(machine.log.length);
  },
  ioctl(machine, _ops, { object, command, call }) {
    if (command === "SLOW" || command === "DEAF") {
      return { enter: { routine: "slow", pc: command.toLowerCase(), call, numbers: [object] } };
    }
    machine.log.push(`ioctl ${command}`);
    return command === "BAD" ? refuse("EIO", "asked to fail") : ok(object);
  },
  mmap(machine, _ops, { file, page, length }) {
    if (page > 0) return refuse("EINVAL", "the driver maps from page 0 only");
    machine.log.push(`mmap ${length / 4096}`);
    return ok({ kind: "device", file, pfn: machine.memory, registers: false });
  },
  read: () => ok("some text\n"),
  write(machine, _ops, { text }) {
    machine.log.push(`write ${text}`);
    return ok(text.length);
  },
  release(machine, _ops, object) {
    machine.log.push(`release ${object}`);
  },
};

/** Two rows, a sleep between them: lightly, or where no signal is heard. */
const SLOW: Routine<BenchPart, "slow" | "deaf" | "after"> = {
  slow: () => sleep("after"),
  deaf: () => sleepDeaf("after"),
  after: (machine) => {
    machine.log.push("after");
    return done(answer(ok(7)));
  },
};

/** A program's own call around two system calls, as a library makes them. */
const LIBRARY: Routine<BenchPart, "start" | "end"> = {
  start: (_machine) => to("end", ns(1)),
  end: () => done({ value: 0 }),
};

export const OPS: Ops<BenchPart> = {
  file: { [DRIVER.ioctlDevice]: FILE },
  syscalls: AREA_CALLS,
  routines: { syscall: SYSCALL, exit: EXIT, slow: SLOW, zap: ZAP, library: LIBRARY },
};

export interface BenchOptions {
  readonly kernel?: Kernel;
  readonly fails?: readonly Failure[];
}

export function bench({ kernel = "v4.18", fails = [] }: BenchOptions = {}): BenchPart {
  const core = corePart({ kernel, seed: 1, mended: [], fails });
  const parts = { ...core, ...mmPart(), ...taskPart() };
  const memory = allocateRun(parts, 4);
  const machine: BenchPart = { ...parts, log: [], memory: memory.ok ? memory.value : -1 };
  machine.news.mask.fill(1);
  addNode(machine, { path: "/dev/bench", driver: DRIVER.ioctlDevice, object: 0 });
  addNode(machine, { path: "/dev/taken", driver: DRIVER.ioctlDevice, object: 1 });
  addNode(machine, { path: "/dev/nobody", driver: DRIVER.none, object: 0 });
  createTask(machine, "app", { root: false });
  return machine;
}

/** Puts a process on the first step of a system call. @returns the row of the call */
export function start(
  machine: BenchPart,
  pid: number,
  name: string,
  args: readonly Value[],
): number {
  const { actor } = record(machine.tasks, pid);
  machine.agenda.actor = actor;
  const row = { call: name, kind: "syscall" as const, actor, parent: -1, statement: -1, args };
  const call = openCall(machine, row);
  const routine = name === "exit" ? "exit" : "syscall";
  begin(machine, pid, { routine, pc: "enter", call, numbers: [] });
  return call;
}

/** Takes what is due, one action. @returns false when nothing is */
export function tick(machine: BenchPart): boolean {
  machine.news.count = 0;
  if (!take(machine.agenda)) return false;
  if (machine.agenda.doing === ACTION.task) advance(machine, OPS, machine.agenda.arg);
  return true;
}

/** A whole system call, until it has returned or sleeps. */
export function call(machine: BenchPart, name: string, ...args: Value[]): CallResult | undefined {
  return callBy(machine, 0, name, ...args);
}

export function callBy(
  machine: BenchPart,
  pid: number,
  name: string,
  ...args: Value[]
): CallResult | undefined {
  const row = start(machine, pid, name, args);
  while (tick(machine));
  return record(machine.calls, row).result;
}

/** What came of it: the value, or the errno. */
export function outcome(result: CallResult | undefined): number | string {
  if (!result) return "unfinished";
  return result.signal ?? result.errno ?? result.value;
}

export function kill(machine: BenchPart, pid: number): string {
  const killed = killTask(machine, OPS, pid, "SIGKILL");
  return killed.ok ? "ok" : killed.errno;
}

/** The driver's own memory, by frame. */
export function driverFrames(machine: BenchPart): number[] {
  return [0, 1, 2, 3].map((index) => Pfn(machine.memory + index));
}
