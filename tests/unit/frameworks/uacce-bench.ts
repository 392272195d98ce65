import { PAGE, type Value } from "../../../engine/core/index.ts";
import type { UacceDriver } from "../../../engine/frameworks/index.ts";
import { RING_PAGES } from "../../../engine/hw/index.ts";
import { FLAG } from "../../../engine/task/index.ts";
import { Computer, word } from "./computer.ts";

export const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;
export const NAME = "/dev/hisi_zip-0";
export const CLASS = "/sys/class/uacce/hisi_zip-0";
export const RINGS = RING_PAGES * PAGE;
export const START = "UACCE_CMD_START_Q";
export const PUT = "UACCE_CMD_PUT_Q";
export const SET_CTX = "UACCE_CMD_QM_SET_QP_CTX";

export interface UacceWish {
  readonly kernel?: "v5.7" | "v6.1";
  /** What stands behind `kind=smmuv3`. */
  readonly iommu?: string;
  readonly device?: string;
  readonly driver?: UacceDriver;
  readonly more?: string;
}

/** A computer whose ZIP engine is offered by uacce. */
export function computer(wish: UacceWish = {}): Computer {
  const { kernel = "v6.1", iommu = "pasid=8 faults=stall", device = "hw=v2", driver } = wish;
  const hardware = `iommu smmu0 kind=smmuv3 ${iommu}\ndevice hisi_zip-0 kind=zip ${device} behind=smmu0`;
  return new Computer({
    kernel,
    framework: "uacce",
    hardware,
    ...(wish.more === undefined ? {} : { more: wish.more }),
    ...(driver ? { ops: { uacce: driver } } : {}),
  });
}

export function open(on: Computer, pid = on.app): number {
  return on.good(pid, "open", NAME, FLAG.O_RDWR);
}

/** mmap of a region: its number, and how many bytes. */
export function map(on: Computer, fd: number, region: number, bytes: number, pid = on.app): string {
  const mapped = on.call(pid, "mmap", 0, bytes, RW, FLAG.MAP_SHARED, fd, region * PAGE);
  return mapped.errno ?? "ok";
}

export function ioctl(on: Computer, fd: number, command: string, arg: Value = null): string {
  return word(on.ioctl(on.app, fd, command, arg));
}

/** Opened, mapped and started: ready for wd_send. */
export function ready(on: Computer, pid = on.app, api = "hisi_qm_v2"): number {
  const fd = open(on, pid);
  on.good(pid, "drv_open", fd, api);
  on.good(pid, "ioctl", fd, START);
  return fd;
}

/** Anonymous memory of a process. */
export function memory(on: Computer, pages: number, pid = on.app): number {
  const flags = FLAG.MAP_PRIVATE | FLAG.MAP_ANONYMOUS;
  return on.good(pid, "mmap", 0, pages * PAGE, RW, flags, -1, 0);
}

/** "INIT", "STARTED", "ZOMBIE": what the record of the first queue says. */
export function state(on: Computer, place = 0): string {
  return ["ZOMBIE", "INIT", "STARTED"][on.machine.uacceQueues[place]?.state ?? -1] ?? "none";
}
