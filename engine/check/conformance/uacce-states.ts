import { addActor, assert, PAGE, record } from "../../core/index.ts";
import {
  allocUacce,
  QM_UACCE,
  registerUacce,
  UACCE_Q,
  type UacceDriver,
  type UacceInterface,
  type UacceOps,
  zipInterface,
} from "../../frameworks/index.ts";
import { RING_PAGES } from "../../hw/index.ts";
import { addIommu, addStream, bindMm, type IommuOptions } from "../../iommu/index.ts";
import type { ParentOps } from "../../mdev/index.ts";
import { FLAG } from "../../task/index.ts";
import type { Bench, CheckMachine, Got, Process } from "../bench/index.ts";
import type { Lab } from "./lab.ts";

const ABLE = { ssidBits: 4, faults: "stall" } as const;

export const START = "UACCE_CMD_START_Q";
export const PUT = "UACCE_CMD_PUT_Q";
export const OTHER = "UACCE_CMD_QM_SET_QP_CTX";
export const CLASS = "/sys/class/uacce/hisi_zip-0";
export const NODE = "/dev/hisi_zip-0";

export interface UacceWish {
  readonly iommu?: Partial<IommuOptions>;
  /** What of the driver is otherwise; all of it where it is whole. */
  readonly driver?: UacceDriver;
  readonly wanted?: Partial<UacceInterface>;
}

/** A ZIP engine that uacce offers, and what its driver was asked to do. */
export interface Offering {
  readonly bench: Bench;
  readonly machine: CheckMachine;
  readonly app: Process;
  /** The place in `machine.uacces`. */
  readonly uacce: number;
  readonly device: number;
  /** Calls of the driver, by name. */
  readonly asked: string[];
}

type Ops = ParentOps<CheckMachine> & UacceOps<CheckMachine>;

export function offering(lab: Lab, wish: UacceWish = {}): Offering {
  const asked: string[] = [];
  const driver = wish.driver ?? told(asked);
  const bench = lab.bench({ ops: (ops) => ({ ...ops, uacce: driver }) as Ops });
  const { machine, app } = bench;
  const device = addZip(machine, addIommu(machine, { name: "smmu1", ...ABLE, ...wish.iommu }));
  const uacce = allocUacce(machine, device, { ...zipInterface(2), ...wish.wanted });
  assert(uacce.ok && registerUacce(machine, uacce.value).ok, "the device is offered");
  return { bench, machine, app, uacce: uacce.value, device, asked };
}

/** One more engine behind an IOMMU. @returns its place in `machine.devices` */
export function addZip(machine: CheckMachine, iommu: number): number {
  const id = machine.devices.length;
  const actor = addActor(machine, { name: `hisi_zip-${id}`, kind: "device", id });
  const stream = addStream(machine, { device: actor, iommu });
  const name = `hisi_zip-${id}`;
  const held = false;
  machine.devices.push({ name, kind: "zip", actor, stream, queueCount: 8, held, version: 2 });
  machine.jobs.push(undefined);
  return id;
}

/** The QM's driver, which notes what it is asked to do. */
function told(asked: string[]): UacceDriver {
  const { getQueue, startQueue, stopQueue, putQueue, ioctl } = QM_UACCE;
  const isWhole = startQueue && stopQueue && putQueue && ioctl;
  if (!isWhole) throw new Error("the QM's driver is whole");
  return {
    ...QM_UACCE,
    getQueue,
    startQueue: (machine, queue) => {
      asked.push("start_queue");
      return startQueue(machine, queue);
    },
    stopQueue: (machine, queue) => {
      asked.push("stop_queue");
      stopQueue(machine, queue);
    },
    putQueue: (machine, queue) => {
      asked.push("put_queue");
      putQueue(machine, queue);
    },
    ioctl: (machine, queue, request) => {
      asked.push("ioctl");
      return ioctl(machine, queue, request);
    },
  };
}

/** The state of the queue that was opened first, as the header calls it. */
export function stateOf(machine: CheckMachine, place = 0): string {
  const { state } = record(machine.uacceQueues, place);
  const name = Object.entries(UACCE_Q).find(([, number]) => number === state)?.[0];
  return `UACCE_Q_${name ?? state}`;
}

/** mmap of a region of a queue's file, in its whole size. */
export function mapRegion(process: Process, fd: number, region: number): Got {
  const bytes = region === 1 ? RING_PAGES * PAGE : PAGE;
  const prot = FLAG.PROT_READ | FLAG.PROT_WRITE;
  return process.call("mmap", 0, bytes, prot, FLAG.MAP_SHARED, fd, region * PAGE);
}

/** The plain process gets a PASID that is too large for this device: others came first elsewhere. */
export function tooLarge({ bench, machine, app }: Offering): void {
  const wide = addZip(machine, addIommu(machine, { name: "smmu2", ...ABLE, ssidBits: 8 }));
  allocUacce(machine, wide, zipInterface(2)); // enables its features
  const { stream } = record(machine.devices, wide);
  const others = Array.from({ length: 15 }, (_, n) => bench.process(`p${n}`));
  for (const { task } of [...others, app]) {
    assert(bindMm(machine, stream, task.mm).ok, "a wide device takes many processes");
  }
}
