import {
  after,
  append,
  type Bug,
  type CallRow,
  type Events,
  events,
  type Failure,
  type Kernel,
  KIND_NAMES,
  type Kind,
  PAGE,
  Pfn,
  record,
  type Span,
} from "../../core/index.ts";
import { addIommu, type IommuOptions, iovaToFrame } from "../../iommu/index.ts";
import type { ParentOps } from "../../mdev/index.ts";
import { isKnownPinned, kernelRefcount, peek } from "../../mm/index.ts";
import { createTask } from "../../task/index.ts";
import { bindHost, startVfio, type VfioSettings } from "../../vfio/index.ts";
import { type Offered, setUp } from "./devices.ts";
import type { CheckMachine, Engine } from "./engine.ts";
import { type Got, Process } from "./process.ts";

export interface BenchOptions extends Partial<VfioSettings> {
  readonly kernel: Kernel;
  readonly fails?: readonly Failure[];
  readonly mended?: readonly string[];
  readonly iommu?: Partial<IommuOptions>;
  /** Pages that a process may lock; many where left out. */
  readonly memlock?: number;
  /** Drivers of the row's own behind the names. */
  readonly ops?: (ops: ParentOps<CheckMachine>) => ParentOps<CheckMachine>;
}

/** One event by name, with its arguments. */
export interface Seen {
  readonly kind: Kind;
  readonly args: readonly number[];
}

const PAGES = 1024;

/** A machine with VFIO behind one IOMMU, a root, a plain process, and all that happens to them. */
export class Bench {
  readonly machine: CheckMachine;
  readonly ops: ParentOps<CheckMachine>;
  readonly iommu: number;
  readonly root: Process;
  readonly app: Process;
  readonly #engine: Engine;
  readonly #sink: Events = events();
  readonly #memlock: number;

  constructor(engine: Engine, options: BenchOptions) {
    const { kernel, fails = [], mended = [], iommu = {}, memlock = PAGES, ops, ...vfio } = options;
    this.#engine = engine;
    this.#memlock = memlock;
    this.ops = ops ? ops(engine.ops) : engine.ops;
    this.machine = engine.emptyMachine({ kernel, seed: 1, mended, fails }, [], vfio);
    this.machine.news.mask.fill(1);
    startVfio(this.machine);
    this.iommu = addIommu(this.machine, { name: "smmu0", ...iommu });
    this.root = this.process("root", true);
    this.app = this.process("app");
  }

  process(name: string, root = false): Process {
    const pid = createTask(this.machine, name, { root });
    const task = record(this.machine.tasks, pid);
    this.machine.tasks[pid] = {
      ...task,
      limits: { ...task.limits, memlock: this.#memlock * PAGE },
    };
    this.machine.names[pid] = {};
    return new Process(this, pid);
  }

  /** Lets happen what is due. */
  run(): void {
    this.#hear();
    while (this.#engine.stepBy(this.ops, this.machine, this.#sink));
    this.machine.news.count = 0; // each step put its own in the sink
  }

  /** Takes the next step. @returns false when nothing is left to do */
  step(): boolean {
    this.#hear();
    const isTaken = this.#engine.stepBy(this.ops, this.machine, this.#sink);
    this.machine.news.count = 0;
    return isTaken;
  }

  /** Lets happen what is due within a span: for what never ends by itself. */
  runFor(span: Span): void {
    const { agenda } = this.machine;
    const end = after(agenda.now, span);
    while (agenda.size > 0 && (agenda.rows.at[0] as number) <= end && this.step());
    agenda.now = end;
  }

  /** Runs on, and tells what became of a call. */
  settle(row: number): Got {
    this.run();
    const { result } = record(this.machine.calls, row) as CallRow;
    return result ?? { value: Number.NaN, isAsleep: true };
  }

  /** How many events there have been: a place to look from. */
  get mark(): number {
    this.#hear();
    return this.#sink.count;
  }

  /** What happened since a mark, of these kinds, in order. */
  seen(since: number, ...kinds: readonly Kind[]): Seen[] {
    this.#hear();
    const seen: Seen[] = [];
    for (let at = since; at < this.#sink.count; at += 1) {
      const kind = KIND_NAMES[this.#sink.kind[at] as number] as Kind;
      if (kinds.length > 0 && !kinds.includes(kind)) continue;
      seen.push({ kind, args: Array.from(this.#sink.args.subarray(4 * at, 4 * at + 4)) });
    }
    return seen;
  }

  /** The names of what happened since a mark, of these kinds, in order. */
  order(since: number, ...kinds: readonly Kind[]): string {
    return this.seen(since, ...kinds)
      .map(({ kind }) => kind)
      .join(" ");
  }

  /** What verbs called outside a step have said so far goes to the sink too. */
  #hear(): void {
    append(this.machine.news, this.#sink);
    this.machine.news.count = 0;
  }

  /** The plain process has a device open, through a container of its own. */
  hold(offered: Offered): { container: number; group: number; device: number } {
    const { container, groups } = setUp(this.app, [offered]);
    const group = groups[0] ?? -1;
    const device = this.app.must("ioctl", group, "VFIO_GROUP_GET_DEVICE_FD", offered.name);
    return { container, group, device };
  }

  /** A driver of the host takes a device of a VFIO group. @returns the crash, where there is one */
  bindHost(group: number): Bug | undefined {
    return bindHost(this.machine, group, 1);
  }

  /** The frame behind an address of a process; -1 for none. */
  page(process: Process, at: number): number {
    return peek(this.machine, process.task.mm, at)?.pfn ?? -1;
  }

  refs(pfn: number): number {
    return this.machine.frames.refs[pfn] ?? 0;
  }

  mapcount(pfn: number): number {
    return this.machine.frames.mapcount[pfn] ?? 0;
  }

  /** The reference count as the kernel keeps it. */
  refcount(pfn: number): number {
    return kernelRefcount(this.machine, Pfn(pfn));
  }

  /** Does this kernel know that the page is pinned (page_maybe_dma_pinned)? */
  isPinned(pfn: number): boolean {
    return isKnownPinned(this.machine, Pfn(pfn));
  }

  isDirty(pfn: number): boolean {
    return this.machine.frames.dirty[pfn] === 1;
  }

  /** References to the zero page that nobody drops. */
  get zeroHeld(): number {
    return this.machine.frames.zeroHeld;
  }

  /** locked_vm of an address space, also of one that is gone. */
  lockedVmOf(mm: number): number {
    return record(this.machine.mms, mm).lockedVm;
  }

  /** The frame that a device address leads to in a domain; -1 for none. */
  translate(domain: number, iova: number): number {
    return iovaToFrame(this.machine, domain, iova);
  }

  /** Pins of all frames together. */
  get pins(): number {
    return this.machine.frames.pins.reduce((sum, pins) => sum + pins, 0);
  }
}
