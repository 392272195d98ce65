import {
  type CallResult,
  deaf,
  enabled,
  openCall,
  type Value,
} from "../../../engine/core/index.ts";
import { arrive, type NicRing, NO_PORT } from "../../../engine/hw/index.ts";
import { stepBy } from "../../../engine/machine.ts";
import { readMemory } from "../../../engine/mm/index.ts";
import { begin } from "../../../engine/task/index.ts";
import { bytesOf, LIBRARY_CALLS, type NicState, textOf } from "../../../engine/user/index.ts";
import { Computer, open } from "../frameworks/computer.ts";

export const LENT = 3;
export const PORT = 443;
const RW = 3;

export interface CardWish {
  readonly hardware?: string;
  /** Buffers of the pool; none where the test sets them up itself. */
  readonly buffers?: number;
}

/** A card with four pairs of rings, and a program that has the one that is lent. */
export class Card {
  readonly computer: Computer;
  readonly app: number;
  readonly container: number;
  readonly mdev: number;
  readonly q: number;
  /** Where the pool is. */
  readonly pool: number;

  constructor({ hardware = "hw=v1", buffers = 16 }: CardWish = {}) {
    const header = `iommu smmu0 kind=smmuv3\ndevice eth0 kind=nic ${hardware} behind=smmu0`;
    this.computer = new Computer({ hardware: header });
    const { computer } = this;
    this.app = computer.app;
    this.rule(`${PORT} ${LENT}`);
    const home = "/sys/class/spimdev/eth0";
    const wish = { home, type: "nic-ring", group: "/dev/vfio/1", iommu: 1 };
    const { container, mdev } = open(computer, this.app, wish);
    [this.container, this.mdev] = [container, mdev];
    this.q = computer.good(this.app, "ioctl", mdev, "VFIO_SPIMDEV_CMD_GET_Q");
    computer.good(this.app, "drv_open", this.q, "nic_ring_v1");
    this.pool = computer.good(this.app, "mmap", 0, 65_536, RW, 0x22, -1, 0);
    this.share("MAP");
    if (buffers > 0) computer.good(this.app, "rx_queue_setup", this.q, this.pool, buffers);
  }

  /** Memory of the pool, for the card to use or not any more. */
  share(what: "MAP" | "UNMAP"): void {
    const range = { iova: this.pool, size: 65_536 };
    const arg =
      what === "MAP"
        ? { argsz: 32, flags: RW, vaddr: this.pool, ...range }
        : { argsz: 24, flags: 0, ...range };
    this.computer.good(this.app, "ioctl", this.container, `VFIO_IOMMU_${what}_DMA`, arg);
  }

  rule(text: string, pid = this.computer.root): CallResult {
    const fd = this.computer.good(pid, "open", "/sys/class/net/eth0/rules", 1);
    const result = this.computer.call(pid, "write", fd, text);
    this.computer.good(pid, "close", fd);
    return result;
  }

  count(name: string): string {
    const path = `/sys/class/net/eth0/statistics/${name}`;
    return String(this.computer.read(this.computer.root, path).written?.data);
  }

  ring(number: number): NicRing {
    return this.computer.machine.nicRings[number] as NicRing;
  }

  state(): NicState {
    const queue = this.computer.machine.userQueues.find(({ pid }) => pid === this.app);
    return queue?.state as NicState;
  }

  /** A packet arrives; nothing else happens yet. */
  send(data: string, port = PORT): void {
    const { machine } = this.computer;
    machine.agenda.span = -1;
    arrive(machine, 0, port, bytesOf(data));
  }

  ping(data: string): void {
    this.send(data, NO_PORT);
  }

  call(name: string, ...args: readonly Value[]): CallResult {
    return this.computer.call(this.app, name, this.q, ...args);
  }

  /** One action, by its place among those that may come next. @returns false where none is left */
  step(pick: number): boolean {
    const { machine, ops } = this.computer;
    const choices: number[] = [];
    enabled(machine, choices);
    return stepBy(ops, machine, deaf(), choices.length === 0 ? 0 : pick % choices.length);
  }

  /** A call of the program, with what else is due in any order; then nothing runs on. */
  slowly(picks: readonly number[], name: string, ...args: readonly Value[]): CallResult {
    const { machine } = this.computer;
    const { actor } = machine.tasks[this.app] as (typeof machine.tasks)[number];
    const isLibrary = (LIBRARY_CALLS as readonly string[]).includes(name);
    const kind = isLibrary ? "library" : "syscall";
    const all = [this.q, ...args];
    const row = openCall(machine, {
      call: name,
      kind,
      actor,
      parent: -1,
      statement: -1,
      args: all,
    });
    const [routine, pc] = isLibrary ? ["library", name] : ["syscall", "enter"];
    begin(machine, this.app, { routine, pc, call: row, numbers: [] });
    for (let at = 0; machine.calls[row]?.result === undefined; at += 1) {
      if (at > 10_000 || !this.step(picks[at % picks.length] ?? 0))
        throw new Error("it never ends");
    }
    return machine.calls[row].result;
  }

  /** What is in a buffer of the program. */
  text(at: number, size: number): string {
    const { machine } = this.computer;
    const bytes = readMemory(machine, machine.tasks[this.app]?.mm ?? -1, at, size);
    return bytes.ok ? textOf(bytes.value) : "";
  }

  seen({ at, len }: Packet): string {
    return this.text(at, len);
  }
}

export interface Packet {
  readonly at: number;
  readonly len: number;
}

/** The packets of a burst. */
export function packetsOf({ value, written }: CallResult): readonly Packet[] {
  if (value <= 0 || !written) return [];
  return (written.packets ?? [written]) as unknown as readonly Packet[];
}

export function lastOf(ring: NicRing): string {
  return textOf(ring.last);
}
