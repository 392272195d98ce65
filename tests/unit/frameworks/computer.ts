import {
  absentIn,
  type CallResult,
  deaf,
  KIND_NAMES,
  type Kind,
  openCall,
  type Value,
} from "../../../engine/core/index.ts";
import { type Entry, parseFlow } from "../../../engine/flow/index.ts";
import type { SdmdevOps, UacceOps } from "../../../engine/frameworks/index.ts";
import { type Machine, stepBy } from "../../../engine/machine.ts";
import type { ParentOps } from "../../../engine/mdev/index.ts";
import { FAMILIES, OPS } from "../../../engine/ops.ts";
import { build } from "../../../engine/platform.ts";
import { begin, createTask, killTask } from "../../../engine/task/index.ts";
import { LIBRARY_CALLS } from "../../../engine/user/index.ts";

/** The headers that the tests build from: what a flow says above its first section. */
export const HEADERS = {
  zip: "iommu smmu0 kind=smmuv3\ndevice hisi_zip-0 kind=zip hw=v1 behind=smmu0",
  dummy: "device dummy_wd.0 kind=dummy",
} as const;

export interface Wish {
  readonly kernel?: string;
  readonly framework?: string;
  readonly hardware?: string;
  /** Further header lines. */
  readonly more?: string;
  /** Other ways up than the machine's own, where a test wants a driver that refuses. */
  readonly ops?: Partial<ParentOps<Machine> & UacceOps<Machine> & Pick<SdmdevOps, "sdmdev">>;
}

/** A machine without a story: its processes make system calls, one after another or asleep. */
export class Computer {
  readonly machine: Machine;
  readonly ops: ParentOps<Machine>;
  readonly root: number;
  readonly app: number;

  constructor(wish: Wish = {}) {
    const { kernel = "v4.18", framework = "spimdev", hardware = HEADERS.zip, more = "" } = wish;
    const head = `title a test\nkernel ${kernel}\nframework ${framework}\n${hardware}\n${more}\n`;
    const parsed = parseFlow(`${head}== it ==\nroot: wait 1ns\n`, "test");
    if (!parsed.ok) throw new Error(parsed.errors.map((error) => error.expected).join("; "));
    const nothing: readonly Entry[] = [];
    const family = FAMILIES[parsed.flow.header.framework];
    if (!family) throw new Error(`${framework} is not modelled`);
    this.machine = build(parsed.flow, nothing, {
      seed: 1,
      absent: absentIn(parsed.flow.header.framework),
      family,
    });
    this.ops = { ...OPS, ...wish.ops };
    this.root = this.task("root", true);
    this.app = this.task("app", false);
  }

  task(name: string, root: boolean): number {
    const pid = createTask(this.machine, name, { root });
    this.machine.names.push({});
    return pid;
  }

  /** Begins a call, and runs on until nothing more happens. @returns its row of the call table */
  begin(pid: number, call: string, ...args: readonly Value[]): number {
    const { actor } = this.machine.tasks[pid] as Machine["tasks"][number];
    const isLibrary = (LIBRARY_CALLS as readonly string[]).includes(call);
    const kind = isLibrary ? "library" : "syscall";
    const row = openCall(this.machine, { call, kind, actor, parent: -1, statement: -1, args });
    const routine = isLibrary ? "library" : call === "exit" ? "exit" : "syscall";
    const pc = isLibrary ? call : "enter";
    begin(this.machine, pid, { routine, pc, call: row, numbers: [] });
    this.run();
    return row;
  }

  /** Everything that is due, until the agenda is empty, or the kernel has crashed. */
  run(): void {
    for (let steps = 0; this.step(); steps += 1) {
      if (steps > 100_000) throw new Error("it never ends");
    }
  }

  /** @returns `false` where nothing is due */
  step(): boolean {
    return stepBy(this.ops, this.machine, deaf());
  }

  /** What a call came to; undefined while it sleeps. */
  result(row: number): CallResult | undefined {
    return this.machine.calls[row]?.result;
  }

  call(pid: number, name: string, ...args: readonly Value[]): CallResult {
    const result = this.result(this.begin(pid, name, ...args));
    if (!result) throw new Error(`${name} sleeps`);
    return result;
  }

  /** A call that is not refused. @returns its value */
  good(pid: number, name: string, ...args: readonly Value[]): number {
    const result = this.call(pid, name, ...args);
    if (result.errno ?? result.bug) throw new Error(`${name}: ${JSON.stringify(result)}`);
    return result.value;
  }

  ioctl(pid: number, fd: number, command: string, arg: Value = null): CallResult {
    return this.call(pid, "ioctl", fd, command, arg);
  }

  /** Reads a file whole. */
  read(pid: number, path: string): CallResult {
    const fd = this.good(pid, "open", path, 0);
    const result = this.call(pid, "read", fd, 4096);
    if (result.bug === undefined) this.good(pid, "close", fd);
    return result;
  }

  /** Writes a text to a file by a descriptor that is closed again. */
  write(pid: number, path: string, text: string): CallResult {
    const fd = this.good(pid, "open", path, 1);
    const result = this.call(pid, "write", fd, text);
    this.good(pid, "close", fd);
    return result;
  }

  kill(pid: number): void {
    const killed = killTask(this.machine, this.ops, pid, "SIGKILL");
    if (!killed.ok) throw new Error(killed.why);
    this.run();
  }

  /** How often a kind of event happened. */
  count(kind: Kind): number {
    return this.machine.counts[KIND_NAMES.indexOf(kind)] ?? 0;
  }

  /** Queues of the hardware that somebody has. */
  taken(): number {
    const { made, taken } = this.machine.queues;
    return taken.subarray(0, made).reduce((sum, one) => sum + one, 0);
  }

  has(path: string): boolean {
    return this.machine.nodes.some((node) => node.path === path);
  }
}

/** What a call came to, in one word: an errno, BUG, or its value. */
export function word(result: CallResult | undefined): string {
  if (!result) return "sleeps";
  if (result.bug !== undefined) return "BUG";
  return result.signal ?? result.errno ?? String(result.value);
}

/** errno and words of a refusal, outermost first. */
export function chain(result: CallResult): string {
  return (result.chain ?? []).map(({ errno, why }) => `${errno} ${why}`).join(" < ");
}

/** A mediated device's uuid, as good as any. */
export const UUID = "2ad9f208-7da3-11e8-8709-57742f618a28";

/** What a process has after the calls of the open sequence, up to the mediated device. */
export interface Opened {
  readonly pid: number;
  readonly group: number;
  readonly container: number;
  readonly mdev: number;
}

export interface OpenWish {
  /** Where its class lists it: /sys/class/spimdev/NAME. */
  readonly home: string;
  readonly type: string;
  readonly group: string;
  readonly iommu: number;
  readonly uuid?: string;
}

/** Root makes a mediated device, `pid` opens it through VFIO. */
export function open(computer: Computer, pid: number, wish: OpenWish): Opened {
  const { home, type, uuid = UUID } = wish;
  const create = `${home}/device/mdev_supported_types/${type}/create`;
  const made = computer.write(computer.root, create, uuid);
  if (made.errno) throw new Error(`create: ${made.errno}`);
  const group = computer.good(pid, "open", wish.group, 2);
  const container = computer.good(pid, "open", "/dev/vfio/vfio", 2);
  computer.good(pid, "ioctl", group, "VFIO_GROUP_SET_CONTAINER", container);
  computer.good(pid, "ioctl", container, "VFIO_SET_IOMMU", wish.iommu);
  const mdev = computer.good(pid, "ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", uuid);
  return { pid, group, container, mdev };
}
