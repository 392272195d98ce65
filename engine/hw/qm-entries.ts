import type { Layout, Register } from "./register.ts";

/**
 * What the queue manager reads and writes in memory: queue entries, and the contexts that the
 * mailbox hands over. A word that holds several fields is spelt out in QM_WORDS.
 *
 * The phase bit of an entry says whether it is new: the device writes 1 on its first round through
 * the ring, 0 on the second, and so on; whoever reads flips what it expects at the last slot.
 */
const QM_C =
  "KL drivers/crypto/hisilicon/qm.c near RFCv1, L drivers/crypto/hisilicon/qm.c 00278564";

/** Completion: request `sq_head` of queue `sq_num` is done. */
export const CQE = {
  size: 16,
  fields: {
    rsvd0: { at: 0, bytes: 4 },
    cmd_id: { at: 4, bytes: 2 },
    rsvd1: { at: 6, bytes: 2 },
    sq_head: { at: 8, bytes: 2, notes: "slot of the request in the submission queue" },
    sq_num: { at: 10, bytes: 2 },
    rsvd2: { at: 12, bytes: 2 },
    w7: { at: 14, bytes: 2, notes: "CQE_W7" },
  },
  source: QM_C,
} as const satisfies Layout;

/** Event: completion queue `cqn` has news. */
export const EQE = {
  size: 4,
  fields: { dw0: { at: 0, bytes: 4, notes: "EQE_DW0" } },
  source: QM_C,
} as const satisfies Layout;

/** Abnormal event. */
export const AEQE = {
  size: 4,
  fields: { dw0: { at: 0, bytes: 4, notes: "AEQE_DW0" } },
  source: QM_C,
} as const satisfies Layout;

/** What every queue context begins with. */
const HEAD = {
  head: { at: 0, bytes: 2 },
  tail: { at: 2, bytes: 2 },
  base_l: { at: 4, bytes: 4, notes: "device address of the queue, low word" },
  base_h: { at: 8, bytes: 4 },
} as const;

/** Context of a submission queue. */
export const SQC = {
  size: 32,
  fields: {
    ...HEAD,
    dw3: { at: 12, bytes: 4, notes: "ENTRY_SIZE_DW3" },
    qes: { at: 16, bytes: 2, notes: "depth - 1" },
    rsvd0: { at: 18, bytes: 2 },
    pasid: { at: 20, bytes: 2 },
    w11: { at: 22, bytes: 2 },
    cq_num: { at: 24, bytes: 2, notes: "the queue's own index" },
    w13: { at: 26, bytes: 2, notes: "SQC_W13" },
    rsvd1: { at: 28, bytes: 4 },
  },
  source: QM_C,
} as const satisfies Layout;

/** Context of a completion queue. */
export const CQC = {
  size: 32,
  fields: {
    ...HEAD,
    dw3: { at: 12, bytes: 4, notes: "ENTRY_SIZE_DW3; entry_size 4, for 16 bytes" },
    qes: { at: 16, bytes: 2, notes: "depth - 1" },
    rsvd0: { at: 18, bytes: 2 },
    pasid: { at: 20, bytes: 2 },
    w11: { at: 22, bytes: 2 },
    dw6: { at: 24, bytes: 4, notes: "CQC_DW6" },
    rsvd1: { at: 28, bytes: 4 },
  },
  source: QM_C,
} as const satisfies Layout;

/** Context of the event queue. Leaves out: what the facts do not name, so the size is a floor. */
export const EQC = {
  size: 28,
  fields: {
    ...HEAD,
    dw3: { at: 12, bytes: 4, notes: "ENTRY_SIZE_DW3; entry_size 2, for 4 bytes" },
    dw6: { at: 24, bytes: 4, notes: "EQC_DW6" },
  },
  source: QM_C,
  notes: "places follow from the word numbers; the size is up to the last word named",
} as const satisfies Layout;

/** The words of the structures above that hold several fields. */
export const QM_WORDS = {
  CQE_W7: {
    offset: 14,
    width: 16,
    fields: { status: [15, 1], phase: [0, 0] },
    source: QM_C,
    within: "CQE.w7",
  },
  EQE_DW0: {
    offset: 0,
    width: 32,
    fields: { phase: [16, 16], cqn: [15, 0] },
    source: QM_C,
    within: "EQE.dw0",
  },
  AEQE_DW0: {
    offset: 0,
    width: 32,
    fields: { type: [31, 17], phase: [16, 16], qn: [15, 0] },
    source: QM_C,
    within: "AEQE.dw0",
    notes: "type from bit 17 up: AEQE_TYPE",
  },
  ENTRY_SIZE_DW3: {
    offset: 12,
    width: 32,
    fields: { entry_size: [31, 12] },
    source: QM_C,
    within: "SQC.dw3",
    notes: "also CQC.dw3, EQC.dw3; log2 of an entry's bytes, from bit 12 up",
  },
  SQC_W13: {
    offset: 26,
    width: 16,
    fields: { type: [11, 8], order: [4, 4], priority: [0, 0] },
    source: QM_C,
    within: "SQC.w13",
  },
  CQC_DW6: {
    offset: 24,
    width: 32,
    fields: { c_flag: [1, 1], phase: [0, 0] },
    source: QM_C,
    within: "CQC.dw6",
    notes: "phase starts as 1",
  },
  EQC_DW6: {
    offset: 24,
    width: 32,
    fields: { phase: [16, 16], depth: [15, 0] },
    source: QM_C,
    within: "EQC.dw6",
    notes: "depth - 1; phase starts as 1",
  },
} as const satisfies Record<string, Register>;

/** `type` of an abnormal event, as mainline numbers them. Source: L drivers/crypto/hisilicon/qm.c 00278564. */
export const AEQE_TYPE = { CQ_OVERFLOW: 0, EQ_OVERFLOW: 1, CQE_ERROR: 2 } as const;

/** `entry_size` of the contexts: log2 of 128, 64, 16 and 4 bytes. */
export const ENTRY_SIZE = { SQE: 7, HPRE_SQE: 6, CQE: 4, EQE: 2 } as const;

/** Every structure of this file by name, for the reference page. */
export const QM_ENTRIES = { CQE, EQE, AEQE, SQC, CQC, EQC } as const;
