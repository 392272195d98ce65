import { OK, PAGE, Pfn, type Result, record } from "../core/index.ts";
import { dmaAlloc } from "../iommu/index.ts";
import { writeFrame } from "../mm/index.ts";
import type { HwPart } from "./part.ts";
import { CQC, ENTRY_SIZE, QM_WORDS, SQC } from "./qm-entries.ts";
import { packWord, write, writePair } from "./register.ts";

/** Memory of the queue manager's own: contexts of submission queues, of completion queues, events. */
export const TABLE_PAGES = 3;

/** Where such memory is: the device's address of its first page, and the page frames. */
export interface QmTables {
  readonly iova: number;
  readonly frames: readonly number[];
}

/** From here on the queue manager's tables are there. */
export function setTables(machine: HwPart, device: number, tables: QmTables): void {
  machine.devices[device] = { ...record(machine.devices, device), tables };
}

/** The memory of the tables goes: the device has none until it is given some. */
export function dropTables(machine: HwPart, device: number): void {
  const { tables: _tables, ...rest } = record(machine.devices, device);
  machine.devices[device] = rest;
}

/**
 * The kernel driver gives the queue manager memory for its tables, in the kernel's own address
 * space of the device (__hisi_qm_start).
 *
 * Refuses: as `dmaAlloc` does.
 * Leaves out: more than 128 queues' contexts; the event queue, which holds zeros.
 * Source: KL drivers/crypto/hisilicon/qm.c near RFCv1
 */
export function startQm(machine: HwPart, device: number): Result<void> {
  const { group } = record(machine.streams, record(machine.devices, device).stream);
  const memory = dmaAlloc(machine, group, TABLE_PAGES);
  if (!memory.ok) return memory;
  const { iova, pfn } = memory.value;
  const frames = Array.from({ length: TABLE_PAGES }, (_, page) => pfn + page);
  setTables(machine, device, { iova, frames });
  return OK;
}

/**
 * Writes the two contexts of a queue: where its rings are, and how long. The model's device knows
 * what they say, and does not read them; a request may.
 *
 * Source: KL drivers/crypto/hisilicon/qm.c INIT_QC, hisi_qm_start_qp near RFCv1
 */
export function writeContexts(machine: HwPart, queue: number): void {
  const { queues } = machine;
  const { kind, tables } = record(machine.devices, queues.device[queue] as number);
  const qn = queues.qn[queue] as number;
  if (!tables || (qn + 1) * SQC.size > PAGE) return;
  const qes = (queues.depth[queue] as number) - 1;
  const sqc = new Uint8Array(SQC.size);
  writePair(SQC, sqc, 0, "base", queues.sq[queue] as number);
  const entry_size = kind === "rsa" ? ENTRY_SIZE.HPRE_SQE : ENTRY_SIZE.SQE;
  write(SQC, sqc, 0, "dw3", packWord(QM_WORDS.ENTRY_SIZE_DW3, { entry_size }));
  write(SQC, sqc, 0, "qes", qes);
  write(SQC, sqc, 0, "pasid", queues.pasid[queue] as number);
  write(SQC, sqc, 0, "cq_num", qn);
  write(SQC, sqc, 0, "w13", packWord(QM_WORDS.SQC_W13, { type: 0, order: 1, priority: 0 }));
  const cqc = new Uint8Array(CQC.size);
  writePair(CQC, cqc, 0, "base", queues.cq[queue] as number);
  write(CQC, cqc, 0, "dw3", packWord(QM_WORDS.ENTRY_SIZE_DW3, { entry_size: ENTRY_SIZE.CQE }));
  write(CQC, cqc, 0, "qes", qes);
  write(CQC, cqc, 0, "pasid", queues.pasid[queue] as number);
  write(CQC, cqc, 0, "dw6", packWord(QM_WORDS.CQC_DW6, { c_flag: 1, phase: 1 }));
  writeFrame(machine, Pfn(tables.frames[0] as number), qn * SQC.size, sqc);
  writeFrame(machine, Pfn(tables.frames[1] as number), qn * CQC.size, cqc);
}
