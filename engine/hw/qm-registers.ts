import type { DeviceKind } from "./part.ts";
import type { Layout, Register } from "./register.ts";

/**
 * The HiSilicon queue manager (QM): registers, commands and limits.
 *
 * Sources are the keys of docs/sources.md: `KL` is the author's kernel tree near RFC v1, `L` is
 * torvalds/linux. All registers lie in BAR 2.
 */
const QM_C =
  "KL drivers/crypto/hisilicon/qm.c near RFCv1, L drivers/crypto/hisilicon/qm.c 00278564";
const QM_C_RFC = "KL drivers/crypto/hisilicon/qm.c near RFCv1";

export const QM = {
  DOORBELL_V1: {
    offset: 0x340,
    width: 64,
    fields: { priority: [63, 48], index: [47, 32], cmd: [31, 16], qn: [15, 0] },
    source: QM_C,
    within: "BAR 2",
    notes: "written by user space, one store of 64 bits; the page is shared by all queues (D14)",
  },
  DOORBELL_V2: {
    offset: 0x1000, // QM_DBELL_OFFSET_V2
    width: 64,
    fields: { priority: [63, 48], index: [47, 32], cmd: [15, 12], sqn: [9, 0] },
    source: "uadk 97d643e4 drv/hisi_qm_udrv.c hacc_db_v2",
    within: "BAR 2",
    notes: "one page",
  },
  MAILBOX_W0: {
    offset: 0x300,
    width: 16,
    fields: { op: [14, 14], busy: [13, 13], status: [9, 9], event: [8, 8], cmd: [7, 0] },
    source: QM_C,
    within: "BAR 2",
    notes: "op 0 writes a context; polled until not busy, before and after",
  },
} as const satisfies Record<string, Register>;

/** The mailbox as the kernel writes it, at 0x300 of BAR 2: 16 bytes in one store pair. */
export const MAILBOX = {
  size: 16,
  fields: {
    w0: { at: 0, bytes: 2, notes: "QM.MAILBOX_W0" },
    queue_num: { at: 2, bytes: 2 },
    base_l: { at: 4, bytes: 4, notes: "device address of the context, low word" },
    base_h: { at: 8, bytes: 4 },
    rsvd: { at: 12, bytes: 4 },
  },
  source: QM_C,
} as const satisfies Layout;

/** `cmd` of a doorbell: which index moves. Source: QM_C. */
export const DOORBELL_CMD = { SQ: 0, CQ: 1, EQ: 2, AEQ: 3 } as const;

/** `cmd` of the mailbox: which context, or which table of contexts. Source: QM_C. */
export const MAILBOX_CMD = { SQC: 0, CQC: 1, EQC: 2, AEQC: 3, SQC_BT: 4, CQC_BT: 5 } as const;

/** Times the kernel asks the mailbox before it says -EBUSY. Source: QM_C_RFC. */
export const MAILBOX_TRIES_MAX = 10;

/** A number with its unit and where it stands. */
export interface Limit {
  readonly value: number;
  readonly unit: "entries" | "queues" | "functions" | "vectors" | "bytes" | "pages";
  readonly source: string;
  readonly notes?: string;
}

const ZIP_MAIN = "Linux drivers/crypto/hisilicon/hisi_acc_qm.h, zip/zip_main.c";
const HPRE_H = "KL drivers/crypto/hisilicon/hpre/hpre.h b06ba7098339";
const UDRV = "KL samples/warpdrive/drv/hisi_qm_udrv.c near RFCv1";

// biome-ignore format: one limit a line
export const QM_LIMITS = {
  QM_Q_DEPTH: { value: 1024, unit: "entries", source: QM_C_RFC, notes: "SQ, CQ and EQ; later EQ 2048; all slots usable" },
  QM_DEF_Q_NUM: { value: 128, unit: "queues", source: QM_C_RFC },
  HPRE_PF_DEF_Q_NUM: { value: 64, unit: "queues", source: HPRE_H },
  HZIP_QUEUE_NUM_V1: { value: 4096, unit: "queues", source: ZIP_MAIN, notes: "PF and VFs together" },
  HZIP_QUEUE_NUM_V2: { value: 1024, unit: "queues", source: ZIP_MAIN, notes: "PF and VFs together" },
  HZIP_VF_NUM: { value: 63, unit: "functions", source: ZIP_MAIN },
  MSI_VECTORS: { value: 2, unit: "vectors", source: QM_C_RFC, notes: "required; vector 0 is the EQ, shared by all queues of a function" },
  SQE_SIZE: { value: 128, unit: "bytes", source: UDRV, notes: "ZIP; others 64 or 128" },
  HPRE_SQE_SIZE: { value: 64, unit: "bytes", source: HPRE_H, notes: "the RSA engine" },
  CQE_SIZE: { value: 16, unit: "bytes", source: QM_C_RFC },
} as const satisfies Record<string, Limit>;

/** Queues that a function has where nobody says otherwise. */
export const QM_DEF_Q_NUM = QM_LIMITS.QM_DEF_Q_NUM.value;
/** The same for the RSA engine. */
export const HPRE_PF_DEF_Q_NUM = QM_LIMITS.HPRE_PF_DEF_Q_NUM.value;
/** Entries of a submission, completion or event queue. */
export const QM_Q_DEPTH = QM_LIMITS.QM_Q_DEPTH.value;
export const SQE_SIZE = QM_LIMITS.SQE_SIZE.value;
export const CQE_SIZE = QM_LIMITS.CQE_SIZE.value;
/** Bytes of a submission queue, after which its completion queue begins: 131 072. */
export const SQ_BYTES = SQE_SIZE * QM_Q_DEPTH;
/** Bytes of a completion queue: 16 384. */
export const CQ_BYTES = CQE_SIZE * QM_Q_DEPTH;

/** Bytes of one request, by the engine that it is for. */
export function sqeSize(kind: DeviceKind): number {
  return kind === "rsa" ? QM_LIMITS.HPRE_SQE_SIZE.value : SQE_SIZE;
}

/** Bytes of a submission queue of such requests, after which its completion queue begins. */
export function sqBytes(kind: DeviceKind): number {
  return sqeSize(kind) * QM_Q_DEPTH;
}

/** Bytes of both rings of a queue: 36 pages for ZIP, 20 for RSA. */
export function ringBytes(kind: DeviceKind): number {
  return sqBytes(kind) + CQ_BYTES;
}

/** One region of a queue's file: what mmap gives at which page of it. */
export interface Region {
  /** Page of the file, 4 KiB each: the offset of mmap. */
  readonly page: number;
  /** Most bytes that may be mapped there. */
  readonly bytes: number;
  readonly source: string;
  readonly notes: string;
}

/** What a queue fd of spimdev and sdmdev maps. Facts 3.4. */
export const QM_REGIONS = {
  doorbell: {
    page: 0,
    bytes: 4096,
    source: QM_C_RFC,
    notes: "page 0 of BAR 2, uncached",
  },
  rings: {
    page: 1,
    bytes: SQ_BYTES + CQ_BYTES,
    source: QM_C_RFC,
    notes: "submission queue, completion queue: 36 pages, dma_mmap_coherent",
  },
} as const satisfies Record<string, Region>;

/** Flags of a queue's mappings: no VM_DONTCOPY, so a forked child inherits rings and doorbell. */
export const QM_VMA_FLAGS = ["VM_IO", "VM_LOCKED", "VM_DONTEXPAND", "VM_DONTDUMP"] as const;
