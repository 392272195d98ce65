import { ns, PAGE, record } from "../core/index.ts";
import { NOWHERE, V3_REGION } from "../frameworks/index.ts";
import { call, FLAG, fileOf, type Routine, to } from "../task/index.ts";
import { argsOf, failed, returned, systemCall } from "./call.ts";
import type { UserPart } from "./part.ts";

const RW = FLAG.PROT_READ | FLAG.PROT_WRITE;

/** First page of each region in the file, and where the next begins; the library knows them. */
function startsOf(machine: UserPart, pid: number, fd: number): readonly number[] {
  const file = fileOf(machine, pid, fd);
  if (!file.ok) return [];
  const { object } = record(machine.files, file.value);
  return record(machine.v3Devices, record(machine.v3Queues, object).uacce).starts;
}

function mapping(
  machine: UserPart,
  at: { readonly pid: number; readonly frame: Parameters<typeof systemCall>[1] },
  kind: number,
): Parameters<typeof call>[0] {
  const fd = Number(argsOf(machine, at.frame)[0]);
  const starts = startsOf(machine, at.pid, fd);
  const start = starts[kind] ?? 0;
  const end = starts.slice(kind + 1).find((next) => next !== NOWHERE) ?? start + 1;
  const args = [0, (end - start) * PAGE, RW, FLAG.MAP_SHARED, fd, start * PAGE];
  return systemCall(machine, at.frame, "mmap", args);
}

/**
 * drv_open, hisi_qm of the third RFC: the memory for the kernel only, where there is an IOMMU, then
 * the rings, then the doorbell page. The program calls START itself.
 *
 * Refuses: -EIO where one of them cannot be mapped.
 * Source: WD drv/hisi_qm_udrv.c 7f7e0c06
 */
export const V3_OPEN: Routine<UserPart, "v3Dko" | "v3Dus" | "v3Mmio" | "v3Opened"> = {
  v3Dko: (machine, _ops, at) => {
    const fd = Number(argsOf(machine, at.frame)[0]);
    if (startsOf(machine, at.pid, fd)[V3_REGION.DKO] === NOWHERE) return to("v3Dus", ns(0), [1]);
    return call(mapping(machine, at, V3_REGION.DKO), "v3Dus", [0]);
  },
  v3Dus: (machine, _ops, at) => {
    const isSkipped = at.frame.numbers[0] === 1;
    if (!isSkipped && returned(machine, at.pid).errno) {
      return failed("EIO", "the kernel's memory cannot be mapped");
    }
    return call(mapping(machine, at, V3_REGION.DUS), "v3Mmio", []);
  },
  v3Mmio: (machine, _ops, at) => {
    const rings = returned(machine, at.pid);
    if (rings.errno) return failed("EIO", "the rings cannot be mapped");
    return call(mapping(machine, at, V3_REGION.MMIO), "v3Opened", [rings.value]);
  },
  v3Opened: (machine, _ops, { pid, frame }) => {
    const doorbell = returned(machine, pid);
    if (doorbell.errno) return failed("EIO", "the doorbell page cannot be mapped");
    return to("qmOpened", ns(0), [frame.numbers[0] as number, doorbell.value]);
  },
};
