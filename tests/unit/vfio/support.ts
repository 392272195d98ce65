import {
  addActor,
  type CallResult,
  corePart,
  type ErrnoName,
  type Failure,
  type Kernel,
  ok,
  PAGE,
  type Refusal,
  type Result,
  refuse,
  type Value,
} from "../../../engine/core/index.ts";
import { addIommu, addStream, iommuPart, makeGroup } from "../../../engine/iommu/index.ts";
import { type Backing, mapArea, mmPart, PROT, writeMemory } from "../../../engine/mm/index.ts";
import {
  createTask,
  DRIVER,
  FLAG,
  fileOf,
  findNode,
  fork,
  installFile,
  killTask,
  putFile,
  type Reply,
  taskPart,
} from "../../../engine/task/index.ts";
import {
  addGroupDev,
  CONTAINER_FILE,
  DEVICE_DRIVER,
  GROUP_FILE,
  ioctlBind,
  startVfio,
  UNMAP,
  VFIO_DEVICE_FILE,
  type VfioDeviceOps,
  type VfioOps,
  type VfioPart,
  type VfioSettings,
  vfioPart,
} from "../../../engine/vfio/index.ts";

export interface BenchOptions extends Partial<VfioSettings> {
  readonly kernel?: Kernel;
  readonly fails?: readonly Failure[];
  readonly mended?: readonly string[];
  readonly asids?: number;
}

/** A machine with VFIO, a root and a plain process, and the calls that they make. */
export class Bench {
  readonly machine: VfioPart;
  readonly ops: VfioOps<VfioPart>;
  readonly iommu: number;
  readonly root: number;
  readonly user: number;
  /** What the device driver's open refuses with, if it does. */
  openRefusal: Refusal | undefined;
  /** What was asked of the device driver. */
  readonly heard: string[] = [];
  /** What a vendor driver does when told that a mapping goes. */
  unmapping: (iova: number, size: number) => void = () => undefined;

  constructor(options: BenchOptions = {}) {
    const { kernel = "v4.18", fails = [], mended = [], asids, ...settings } = options;
    const core = corePart({ kernel, seed: 1, mended, fails });
    this.machine = {
      ...core,
      ...mmPart(),
      ...taskPart(),
      ...iommuPart(),
      ...vfioPart(settings),
    };
    this.machine.news.mask.fill(1);
    this.iommu = addIommu(this.machine, { name: "smmu0", ...(asids ? { asids } : {}) });
    startVfio(this.machine);
    this.root = createTask(this.machine, "root", { root: true });
    this.user = createTask(this.machine, "app", { root: false });
    this.limit(this.user, 1024 * PAGE);
    this.ops = {
      file: {
        [DRIVER.container]: CONTAINER_FILE,
        [DRIVER.group]: GROUP_FILE,
        [DRIVER.vfioDevice]: VFIO_DEVICE_FILE,
      },
      routines: {},
      bindContainer: ioctlBind,
      device: { [DEVICE_DRIVER.pci]: this.driver(-1), [DEVICE_DRIVER.mdev]: this.driver(0) },
    };
  }

  /** `shared` 0: the object is the parent's IOMMU group, or -1 for a stock mdev. */
  private driver(shared: number): VfioDeviceOps<VfioPart> {
    return {
      open: () => {
        this.heard.push("open");
        return this.openRefusal ?? { ok: true, value: undefined };
      },
      release: () => void this.heard.push("release"),
      idle: () => void this.heard.push("idle"),
      ...(shared < 0
        ? {}
        : {
            unmapping: (
              _machine: VfioPart,
              _ops: VfioOps<VfioPart>,
              _object: number,
              iova: number,
              size: number,
            ) => this.unmapping(iova, size),
            parentGroup: (
              _machine: VfioPart,
              _ops: VfioOps<VfioPart>,
              object: number,
            ): Result<number> =>
              object === -2 ? refuse("ENODEV", "the parent has no group") : ok(object),
          }),
    };
  }

  limit(pid: number, memlock: number): void {
    const task = this.machine.tasks[pid];
    if (task) this.machine.tasks[pid] = { ...task, limits: { ...task.limits, memlock } };
  }

  /** A device of the bus behind the IOMMU, bound to VFIO. @returns its IOMMU group */
  pci(name: string, iommu = this.iommu): number {
    const iommuGroup = this.parent(name, iommu);
    addGroupDev(this.machine, { iommuGroup, name, driver: DEVICE_DRIVER.pci, object: 0 });
    return iommuGroup;
  }

  /** A device of the host behind the IOMMU. @returns its IOMMU group */
  parent(name: string, iommu = this.iommu): number {
    const device = addActor(this.machine, { name, kind: "device", id: 0 });
    const stream = addStream(this.machine, { device, iommu });
    return this.machine.streams[stream]?.group ?? -1;
  }

  /** A mediated device: of spimdev where it has a parent group, else a stock one. */
  mdev(name: string, parent = -1, isFake = false): void {
    const iommuGroup = makeGroup(this.machine, isFake);
    addGroupDev(this.machine, { iommuGroup, name, driver: DEVICE_DRIVER.mdev, object: parent });
  }

  open(pid: number, path: string): Result<number> {
    const node = findNode(this.machine, path);
    if (!node) return refuse("ENOENT", "no such name");
    const { machine, ops } = this;
    const opened = ops.file[node.driver]?.open?.(machine, ops, node.object, pid, FLAG.O_RDWR);
    if (opened && !opened.ok) return opened;
    const object = opened ? opened.value : node.object;
    return installFile(this.machine, pid, { driver: node.driver, object, path });
  }

  /** open that is not refused. */
  fd(pid: number, path: string): number {
    const opened = this.open(pid, path);
    if (!opened.ok) throw new Error(`${path}: ${opened.why}`);
    return opened.value;
  }

  close(pid: number, fd: number): void {
    const file = fileOf(this.machine, pid, fd);
    if (!file.ok) throw new Error(`no descriptor ${fd}`);
    const task = this.machine.tasks[pid];
    if (task) this.machine.tasks[pid] = { ...task, fds: task.fds.with(fd, -1) };
    putFile(this.machine, this.ops, file.value);
  }

  ioctl(pid: number, fd: number, command: string, arg: Value = null): Reply {
    const file = fileOf(this.machine, pid, fd);
    if (!file.ok) return file;
    const open = this.machine.files[file.value];
    if (!open) throw new Error("no such file");
    const request = { file: file.value, object: open.object, pid, command, arg, call: -1 };
    const take = this.ops.file[open.driver]?.ioctl;
    if (!take) return refuse("ENOTTY", "no ioctl");
    return this.whole(take(this.machine, this.ops, request), pid);
  }

  /** A call of several steps, all of them at once. */
  whole(reply: Reply, pid: number): Reply {
    if (!("enter" in reply)) return reply;
    let { enter: frame } = reply;
    for (;;) {
      const next = UNMAP[frame.pc as keyof typeof UNMAP](this.machine, this.ops, { pid, frame });
      if (next.next === "done") return replyOf(next.result);
      if (next.next !== "to") throw new Error(`${frame.pc} does not go on`);
      frame = { ...frame, pc: next.pc, numbers: next.numbers ?? frame.numbers };
    }
  }

  /** Container and groups, joined, with an IOMMU set. @returns descriptors: container, then groups */
  ready(pid: number, type: number, ...paths: readonly string[]): number[] {
    const container = this.fd(pid, "/dev/vfio/vfio");
    const groups = paths.map((path) => this.fd(pid, path));
    for (const group of groups) {
      this.good(this.ioctl(pid, group, "VFIO_GROUP_SET_CONTAINER", container));
    }
    this.good(this.ioctl(pid, container, "VFIO_SET_IOMMU", type));
    return [container, ...groups];
  }

  good(reply: Reply): number {
    if ("enter" in reply || !reply.ok) throw new Error(`refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  /** An anonymous area, each page written with its own number. @returns its start */
  buffer(pid: number, pages: number): number {
    const mm = this.machine.tasks[pid]?.mm ?? -1;
    const start = this.area(pid, pages, { kind: "anonymous" });
    for (let page = 0; page < pages; page += 1) {
      writeMemory(this.machine, mm, start + page * PAGE, Uint8Array.of(page + 1));
    }
    return start;
  }

  area(
    pid: number,
    pages: number,
    backing: Backing,
    prot: number = PROT.READ | PROT.WRITE,
  ): number {
    const mm = this.machine.tasks[pid]?.mm ?? -1;
    const area = mapArea(this.machine, mm, { length: pages * PAGE, prot, flags: 0, backing });
    if (!area.ok) throw new Error(area.why);
    return area.value;
  }

  map(pid: number, container: number, vaddr: number, iova: number, size: number, flags = 3): Reply {
    const arg = {
      argsz: 32,
      flags,
      vaddr: BigInt(vaddr),
      iova: BigInt(iova),
      size: BigInt(size),
    };
    return this.ioctl(pid, container, "VFIO_IOMMU_MAP_DMA", arg);
  }

  unmap(pid: number, container: number, iova: number, size: number): Reply {
    const arg = { argsz: 24, flags: 0, iova: BigInt(iova), size: BigInt(size) };
    return this.ioctl(pid, container, "VFIO_IOMMU_UNMAP_DMA", arg);
  }

  /** A child of a process. @returns its pid */
  fork(pid: number): number {
    const child = fork(this.machine, this.ops, pid, "child");
    if (!child.ok) throw new Error(child.why);
    return child.value;
  }

  kill(pid: number): void {
    killTask(this.machine, this.ops, pid, "SIGKILL");
  }

  /** Pages that do not stand side by side in memory. @returns their start */
  scattered(pid: number, pages: number): number {
    const start = this.area(pid, pages, { kind: "anonymous" });
    const mm = this.machine.tasks[pid]?.mm ?? -1;
    for (let page = pages - 1; page >= 0; page -= 1) {
      writeMemory(this.machine, mm, start + page * PAGE, Uint8Array.of(page + 1));
    }
    return start;
  }

  lockedVm(pid: number): number {
    return this.machine.mms[this.machine.tasks[pid]?.mm ?? -1]?.lockedVm ?? -1;
  }

  /** Pins of all frames together. */
  pins(): number {
    return this.machine.frames.pins.reduce((sum, pins) => sum + pins, 0);
  }
}

/** What a routine gave back, as a verb gives it. */
function replyOf({ value, written, errno, bug }: CallResult): Reply {
  if (bug !== undefined) return { ok: false, errno: "BUG", why: bug };
  if (errno !== undefined) return refuse(errno as ErrnoName, "as the routine says");
  return written ? { ok: true, value, written } : { ok: true, value };
}

/** What a call came to, in one word. */
export function word(reply: Reply): string {
  if ("enter" in reply) return "enter";
  return reply.ok ? String(reply.value) : reply.errno;
}
